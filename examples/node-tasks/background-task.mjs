// The Lambda function of background tasks in Node.js: it takes the state machine's event and returns its responses.
//
// A task imports the pages of a blog, one in each run. After each page it asks to be called again in 45 seconds, because
// of the blog's rate limit; its progress is an item in DynamoDB.

import { dynamodb } from './dynamodb.mjs';

const PAGES = 3;
const TableName = 'imports';

export async function handler({ payload }, context) {
  const { webinyTaskId, webinyTaskDefinitionId, tenant, locale, delay } = payload;
  const task = { webinyTaskId, webinyTaskDefinitionId, tenant, locale };
  if (delay > 0) return { ...task, status: 'continue', input: {}, wait: delay, delay: -1 };
  try {
    return { ...task, ...(await run(webinyTaskId, context)) };
  } catch (error) {
    return { ...task, status: 'error', error: { message: error.message, code: error.name } };
  }
}

async function run(id, context) {
  const page = await takePage(id);
  await fetchPage(page);
  console.log(`page ${page} is imported, ${context.getRemainingTimeInMillis()} ms are left`);
  if (page < PAGES) return { status: 'continue', input: { page: page + 1 }, wait: 45, delay: -1 };
  return { status: 'done', message: 'All pages are imported.', output: { pages: page, at: new Date() } };
}

// The number of the next page, counted in the table.
async function takePage(id) {
  const { Attributes } = await dynamodb('UpdateItem', {
    TableName,
    Key: { id: { S: id } },
    UpdateExpression: 'ADD pages :one',
    ExpressionAttributeValues: { ':one': { N: '1' } },
    ReturnValues: 'UPDATED_NEW',
  });
  return Number(Attributes.pages.N);
}

// A slow blog: each page takes two seconds, which cost the test nothing.
function fetchPage() {
  return new Promise((done) => setTimeout(done, 2000));
}
