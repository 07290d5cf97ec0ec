// A DynamoDB client in ten lines, so that the example needs no package. Your own code uses the AWS SDK, which reads
// AWS_ENDPOINT_URL by itself.

export async function dynamodb(operation, request) {
  const response = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.message), { name: answer.__type.split('#').pop() });
  return answer;
}
