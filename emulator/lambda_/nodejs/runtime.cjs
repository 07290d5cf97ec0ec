'use strict';
// Lambda's Node.js runtime for the emulator: loads a handler, then answers one event after another.
//
//     node runtime.cjs IN OUT CLOCK HANDLER ENDPOINT_PORT
//
// IN, OUT and CLOCK are open file descriptors. Events and answers are lines of JSON on separate channels, so they do not
// mix with a handler's output. Between two calls the process is suspended, as on Lambda: it blocks in a read, and nothing
// else runs. The answers follow aws-lambda-ric 3.3.0.

const fs = require('fs');
const net = require('net');
const path = require('path');
const util = require('util');
const { pathToFileURL } = require('url');
const guard = require('./guard.cjs');
const layers = require('./layers.cjs');
const time = require('./time.cjs');

const { readSync, writeSync } = fs;
const { setImmediate: soon } = require('timers');
const { exit } = process;
const [IN, OUT, CLOCK] = process.argv.slice(2, 5).map(Number);
const [HANDLER, PORT] = process.argv.slice(5);
process.argv.length = 2;

const OURS = [__filename, ...['guard.cjs', 'layers.cjs', 'time.cjs'].map((name) => path.join(__dirname, name))];
const THEIRS = '/var/runtime/index.mjs';

// The channel ------------------------------------------------------------------------------------------------------------

function send(message) {
  const bytes = Buffer.from(JSON.stringify(message) + '\n');
  for (let at = 0; at < bytes.length; ) at += writeSync(OUT, bytes, at);
}

const chunk = Buffer.alloc(65536);

function receive() {
  const parts = [];
  for (;;) {
    const size = readSync(IN, chunk, 0, chunk.length, null);
    if (size === 0) exit(0); // the emulator is closed
    const whole = chunk[size - 1] === 10;
    parts.push(Buffer.from(chunk.subarray(0, whole ? size - 1 : size)));
    if (whole) return JSON.parse(Buffer.concat(parts).toString());
  }
}

// Send the message, then block until the emulator ends the process.
function standStill(message) {
  send(message);
  for (;;) receive();
}

// Output is written synchronously, so that none is left when the process is suspended or ends.
for (const stream of [process.stdout, process.stderr]) {
  if (stream._handle && stream._handle.setBlocking) stream._handle.setBlocking(true);
}

// The two streams keep their order: before the other one is written to, the emulator reads what the first one has.
let printing;

for (const name of ['stdout', 'stderr']) {
  const { write } = process[name];
  process[name].write = function (...given) {
    if (printing !== name) {
      if (printing !== undefined) {
        send({ kind: 'other stream' });
        readSync(IN, chunk, 0, 1, null); // it has read
      }
      printing = name;
    }
    return write.apply(this, given);
  };
}

// Errors -----------------------------------------------------------------------------------------------------------------

const causes = new WeakMap();

// An error with one of Lambda's own names; its text is that of the error it wraps.
function named(type, cause) {
  const error = new Error(cause);
  causes.set(error, cause);
  Object.defineProperty(error, 'name', { value: `Runtime.${type}` });
  error.stack = [`${error.name}: ${error.message}`, ...error.stack.split('\n').filter(isFrame)].join('\n');
  return error;
}

function isFrame(line) {
  return /^ {4}at /.test(line);
}

function looksLikeError(value) {
  return util.types.isNativeError(value) || ['name', 'message', 'stack'].every((key) => value && isText(value[key]));
}

function isText(value) {
  return typeof value === 'string' && value !== '';
}

function shown(text) {
  return OURS.reduce((all, file) => all.split(pathToFileURL(file).href).join(THEIRS).split(file).join(THEIRS), text);
}

// The stack down to the point where this file called the user's code; Lambda's continues with its runtime's frames.
function trace(error) {
  const lines = String(error.stack).split('\n');
  const ours = lines.findIndex((line) => isFrame(line) && OURS.some((file) => line.includes(file)));
  return lines.slice(0, ours < 0 ? undefined : ours).map(shown);
}

function report(kind, what, error) {
  const cause = causes.get(error);
  return {
    kind,
    payload: JSON.stringify(payload(error)),
    log: logged(what, error),
    stack: looksLikeError(cause || error) ? trace(cause || error) : [],
  };
}

function payload(error) {
  try {
    if (looksLikeError(error)) {
      return { errorType: error.name, errorMessage: shown(error.message), trace: trace(error) };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch (_) {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, ' +
        'name, and stack',
    };
  }
}

// Lambda's log entry: the error with all its properties.
function logged(what, error) {
  try {
    const whole = error instanceof Error ? error : new Error(error);
    const members = { errorType: whole.name, errorMessage: shown(whole.message), code: whole.code };
    const stack = trace(whole);
    return `${what} \t${JSON.stringify({ ...members, ...whole, stack })}`;
  } catch (_) {
    return `${what} \t${JSON.stringify(payload(error))}`;
  }
}

// The call in progress, and how it ends ------------------------------------------------------------------------------------

let runtime;
let deadline = Infinity;
let inCall = false;
let whenIdle = () => exit(13); // a module awaits something that never happens; Node.js exits with this status, too

const clock = time.install(CLOCK, {
  deadline: () => deadline,
  atDeadline: () => standStill({ kind: 'timed out' }),
  standsStill: () => standStill({ kind: 'time stands still' }),
  busy: () => asking.some((socket) => !socket.destroyed && socket._handle && socket._handle.hasRef()),
});

// The answer is written after the handler's pending callbacks have run; then the process is suspended.
function finish(answer) {
  whenIdle = () => {};
  soon(() => {
    send(answer);
    inCall = false;
    takeCall();
  });
}

function succeed(result) {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch (_) {
    throw new Error('Unable to stringify response body');
  }
  finish({ kind: 'result', text: text === undefined ? 'null' : text });
}

function fail(error) {
  finish(report('error', 'Invoke Error', error));
}

function isError(value) {
  return value !== undefined && value !== null;
}

// The ways a handler can end its call; the first one wins.
function endings() {
  let ended = false;
  let waits = true;
  function once(end) {
    return (...given) => {
      if (ended) return;
      end(...given);
      ended = true;
    };
  }
  const done = once((error, result) => (isError(error) ? fail(error) : succeed(result)));
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    succeed: (result) => done(null, result),
    fail: (error) => done(isError(error) ? error : 'handled'),
    done,
  };
  const callback = once((error, result) => {
    if (isError(error)) fail(error);
    else if (!waits) succeed(result);
    else whenIdle = () => soon(() => succeed(result));
  });
  return [context, callback];
}

function parsed(text, name) {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

class Runtime {
  constructor(handler) {
    this.handler = handler;
  }

  call(message) {
    const [context, callback] = endings();
    whenIdle = () => succeed(null);
    try {
      Object.assign(context, {
        functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
        functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
        memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
        logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
        clientContext: parsed(message.client_context, 'ClientContext'),
        identity: parsed(message.cognito_identity, 'CognitoIdentity'),
        invokedFunctionArn: message.arn,
        awsRequestId: message.request_id,
        getRemainingTimeInMillis() {
          clock.countQuestion();
          return Math.max(0, Math.floor(deadline / 1000) - clock.milliseconds());
        },
      });
      const result = this.handler(JSON.parse(message.event), context, callback);
      if (result && typeof result.then === 'function') {
        result.then(context.succeed, context.fail).catch(context.fail);
      }
    } catch (error) {
      callback(error);
    }
  }
}

function takeCall() {
  const message = receive();
  deadline = message.deadline;
  printing = undefined; // the emulator has read everything before the answer
  inCall = true;
  process.env._X_AMZN_TRACE_ID = message.trace;
  clock.begin();
  soon(() => runtime.call(message));
}

function die(status, what, error) {
  send(report(inCall ? 'last error' : 'not loaded', what, error));
  exit(status);
}

process.on('uncaughtException', (error) => die(129, 'Uncaught Exception', error));
process.on('unhandledRejection', (reason) => {
  die(128, 'Unhandled Promise Rejection', named('UnhandledPromiseRejection', reason));
});
process.on('beforeExit', () => {
  if (!clock.jump()) whenIdle();
});

// Requests to AWS: they come to the emulator, or are refused --------------------------------------------------------------

guard.tell = (host, at) => send({ kind: 'blocked', host, at });

const asking = [];
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0];
  const port = first !== null && typeof first === 'object' ? first.port : first;
  if (String(port) === PORT) {
    asking.push(this);
    this.once('close', () => asking.splice(asking.indexOf(this), 1));
  }
  return connect.apply(this, given);
};

// Loading ------------------------------------------------------------------------------------------------------------------

const load = async (file) => import(pathToFileURL(file).href);
const isFile = (file) => fs.existsSync(file) && fs.statSync(file).isFile();

// Whether the nearest package.json says "type": "module".
function isModulePackage(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
    } catch (_) {
      return false;
    }
  }
  return folder !== path.dirname(folder) && isModulePackage(path.dirname(folder));
}

// The module that Lambda finds for a handler's name: the file itself, .js, .mjs, .cjs, or a package.
async function findModule(root, folder, name) {
  const place = path.resolve(root, folder, name);
  if (isFile(place)) return require(place);
  if (isFile(place + '.js')) return isModulePackage(path.dirname(place)) ? load(place + '.js') : require(place + '.js');
  if (isFile(place + '.mjs')) return load(place + '.mjs');
  if (isFile(place + '.cjs')) return require(place + '.cjs');
  return require(require.resolve(name, { paths: [root, path.join(root, folder)] }));
}

async function loadModule(root, [folder, name], file) {
  try {
    if (file === undefined) return await findModule(root, folder, name);
    if (!isFile(file)) throw Object.assign(new Error(`Cannot find module '${file}'`), { code: 'MODULE_NOT_FOUND' });
    return await load(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw named('UserCodeSyntaxError', error);
    if (error && error.code === 'MODULE_NOT_FOUND') throw named('ImportModuleError', error);
    throw error;
  }
}

// The names of a module's functions, with dots for nested ones.
function functionsOf(value, before = '', depth = 0) {
  if (value === null || !['object', 'function'].includes(typeof value) || depth > 2) return [];
  return Object.keys(value).flatMap((key) => {
    const inner = functionsOf(value[key], `${before}${key}.`, depth + 1);
    return typeof value[key] === 'function' ? [before + key, ...inner] : inner;
  });
}

let exported = [];

// "folder/file.name.of.function" in Lambda's notation, or "folder/file.mjs#name.of.function".
async function loadHandler(root, text) {
  const [file, hash] = text.includes('#') ? text.split('#') : [];
  let place;
  let names = hash;
  if (file === undefined) {
    if (text.includes('..')) {
      throw named(
        'MalformedHandlerName',
        `'${text}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
      );
    }
    const last = path.basename(text);
    const match = /^([^.]*)\.(.*)$/.exec(last);
    if (!match) throw named('MalformedHandlerName', 'Bad handler');
    place = [text.slice(0, text.length - last.length), match[1]];
    names = match[2];
  }
  layers.find();
  const found = await loadModule(root, place || [], file === undefined ? undefined : path.resolve(root, file));
  exported = functionsOf(found);
  const handler = names.split('.').reduce((value, key) => value && value[key], found);
  if (!handler) throw named('HandlerNotFound', `${text} is undefined or not exported`);
  if (typeof handler !== 'function') throw named('HandlerNotFound', `${text} is not a function`);
  return handler;
}

globalThis.awslambda = {
  streamifyResponse() {
    throw Object.assign(new Error('response streaming is not emulated: return the response'), {
      name: 'NotEmulatedError',
    });
  },
};

loadHandler(process.cwd(), HANDLER).then(
  (handler) => {
    runtime = new Runtime(handler);
    send({ kind: 'ready' });
    soon(takeCall);
  },
  (error) => {
    send({ ...report('not loaded', 'Uncaught Exception', error), exports: exported });
    exit(1);
  },
);
