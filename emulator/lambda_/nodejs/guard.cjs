'use strict';
// Nothing of Node.js reaches AWS: connections and look-ups of names are refused, in the handler's process, in its worker
// threads, and in the Node.js processes that it starts.
//
// Node.js loads this file before any other (NODE_OPTIONS), also in workers and child processes, whose environment is
// completed on its way. The runtime is told of refusals by `tell`; others leave them in a file, where the emulator looks.

const child = require('child_process');
const dgram = require('dgram');
const dns = require('dns');
const fs = require('fs');
const net = require('net');
const util = require('util');
const workers = require('worker_threads');

// As in emulator/aws/guard/hosts.py.
const SUFFIXES = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazonaws.cn',
  '.amazonaws.eu',
  '.amazonaws-eusc.eu',
  '.amazonaws-us-gov.com',
  '.amazonwebservices.com.cn',
  '.amazonwebservices.eu',
  '.aws',
  '.aws.dev',
  '.aws.amazon.com',
  '.api.aws.ic.gov',
  '.api.aws.hci.ic.gov',
  '.api.aws.scloud',
  '.api.cloud-aws.adc-e.uk',
  '.c2s.ic.gov',
  '.c2shome.ic.gov',
  '.sc2s.sgov.gov',
  '.sc2shome.sgov.gov',
  '.cloud.adc-e.uk',
  '.csp.hci.ic.gov',
  '.csphome.adc-e.uk',
  '.csphome.hci.ic.gov',
  '.amazoncognito.com',
  '.awsapps.com',
];
const ADDRESSES = [
  '169.254.169.254',
  'fd00:ec2::254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::23',
  '169.254.169.253',
  'fd00:ec2::253',
  '169.254.169.123',
  'fd00:ec2::123',
];

const KEPT = [
  'AWS_ACCESS_KEY_ID',
  'AWS_CONFIG_FILE',
  'AWS_EC2_METADATA_DISABLED',
  'AWS_ENDPOINT_URL',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SHARED_CREDENTIALS_FILE',
  'ASL_EMULATOR_REFUSALS',
];
const FORBIDDEN = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'];
const OURS = Object.fromEntries(KEPT.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
const REQUIRE = `--require=${JSON.stringify(__filename)}`;

// What is AWS's ----------------------------------------------------------------------------------------------------------

function isAws(host) {
  if (typeof host !== 'string' || host === '') return false;
  const plain = canonical(host);
  return SUFFIXES.some((each) => `.${plain}`.endsWith(each)) || ADDRESSES.some((each) => isSame(each, plain));
}

// The URL parser reads every notation of an IPv4 address, and writes an IPv6 address in the shortest one.
function canonical(host) {
  const text = host.replace(/^\[|\]$|%.*$/g, '').replace(/\.+$/, '');
  try {
    return new URL(`http://${text.includes(':') ? `[${text}]` : text}/`).hostname.replace(/^\[|\]$|\.+$/g, '');
  } catch (_) {
    return text.toLowerCase();
  }
}

function isSame(address, host) {
  if (address === host) return true;
  if (!net.isIPv4(address) || !host.includes(':')) return false;
  const [high, low] = [0, 2].map((at) => address.split('.').slice(at, at + 2).map(Number));
  const hex = [high, low].map(([a, b]) => (a * 256 + b).toString(16)).join(':');
  return [`::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`].includes(host) || host.startsWith(`2002:${hex}:`);
}

function hostOf(url) {
  try {
    return new URL(url).hostname;
  } catch (_) {
    return '';
  }
}

exports.isAws = isAws;

// Refusals ---------------------------------------------------------------------------------------------------------------

exports.tell = (host, at) => {
  const who = workers.isMainThread ? 'a process that a Node.js handler started' : 'a worker thread of a Node.js handler';
  const text = `Blocked: a connection of ${who} to ${host}${at}. While an emulator is active, no request is sent to AWS.`;
  try {
    fs.appendFileSync(OURS.ASL_EMULATOR_REFUSALS, `${text}\0`, { mode: 0o600 });
  } catch (_) {
    // the error itself is seen all the same
  }
};

// The innermost line that is neither ours nor Node.js's nor a package's, as a suffix of a message.
function caller() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const places = new Error().stack.split('\n').map((line) => /(?:\(|at )((?:file:\/\/)?\/[^()]*:\d+):\d+\)?$/.exec(line));
  Error.stackTraceLimit = stackTraceLimit;
  const found = places.filter(Boolean).map(([, place]) => place.replace('file://', ''));
  const place = found.find((each) => !each.includes('/node_modules/') && !each.startsWith(`${__dirname}/`));
  return place ? ` (called at ${place})` : '';
}

function refusal(host) {
  exports.tell(String(host), caller());
  const error = new Error(
    `Blocked: a connection to ${host}. While an emulator is active, no request is sent to AWS. The emulator answers ` +
      'at AWS_ENDPOINT_URL; pass it to clients that do not read it (endpoint: process.env.AWS_ENDPOINT_URL)',
  );
  error.name = 'RealAwsBlockedError';
  return error;
}

// Sockets and names ------------------------------------------------------------------------------------------------------

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0];
  // The SDK puts this before the host of StartSyncExecution, the emulator's own included, which no name server knows.
  if (first !== null && typeof first === 'object' && first.host === 'sync-127.0.0.1') first.host = '127.0.0.1';
  const host = first !== null && typeof first === 'object' ? first.host : given[1];
  if (!isAws(host)) return connect.apply(this, given);
  const error = refusal(host);
  process.nextTick(() => this.destroy(error));
  return this;
};

// A socket of fetch is opened later, when the caller's line is not known any more.
const { fetch } = globalThis;
if (fetch) {
  globalThis.fetch = function (input, init) {
    const url = typeof input === 'string' || input instanceof URL ? String(input) : input && input.url;
    const host = hostOf(url);
    return isAws(host) ? Promise.reject(refusal(host)) : fetch(input, init);
  };
}

for (const name of ['connect', 'send']) {
  const original = dgram.Socket.prototype[name];
  dgram.Socket.prototype[name] = function (...given) {
    const host = given.slice(1).find(isAws);
    if (host !== undefined) throw refusal(host);
    return original.apply(this, given);
  };
}

function guardNames(owner, answers) {
  for (const name of Object.getOwnPropertyNames(owner)) {
    const original = owner[name];
    if (typeof original !== 'function' || !/^(lookup|resolve|reverse)/.test(name)) continue;
    const guarded = function (...given) {
      return isAws(given[0]) ? answers(refusal(given[0]), given) : original.apply(this, given);
    };
    owner[name] = Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original));
    if (original[util.promisify.custom]) {
      const later = original[util.promisify.custom];
      const own = (...given) => (isAws(given[0]) ? Promise.reject(refusal(given[0])) : later(...given));
      Object.defineProperty(guarded, util.promisify.custom, { value: own, configurable: true });
    }
  }
}

function byCallback(error, given) {
  const callback = given[given.length - 1];
  if (typeof callback !== 'function') throw error;
  process.nextTick(callback, error);
}

guardNames(dns, byCallback);
guardNames(dns.Resolver.prototype, byCallback);
guardNames(Object.getPrototypeOf(dns.Resolver.prototype), byCallback);
guardNames(dns.promises, (error) => Promise.reject(error));
guardNames(dns.promises.Resolver.prototype, (error) => Promise.reject(error));

// Worker threads and child processes -------------------------------------------------------------------------------------

function completed(given) {
  const env = { ...given };
  for (const name of FORBIDDEN) delete env[name];
  for (const name of Object.keys(env)) if (name.startsWith('AWS_ENDPOINT_URL') && isAws(hostOf(env[name]))) delete env[name];
  for (const name of KEPT) if (!(name in env) && name in OURS) env[name] = OURS[name];
  const options = env.NODE_OPTIONS || '';
  if (!options.includes(REQUIRE)) env.NODE_OPTIONS = `${REQUIRE} ${options}`.trim();
  return env;
}

// The arguments of a function of child_process, with an environment: command, arguments, options, callback.
function withEnvironment(given) {
  const all = given.filter((each, at) => at === 0 || (each !== undefined && each !== null));
  const at = all.findIndex((each, place) => place > 0 && typeof each === 'object' && !Array.isArray(each));
  const options = at < 0 ? {} : all[at];
  const changed = { ...options, env: completed(options.env || process.env) };
  if (at >= 0) all[at] = changed;
  else all.splice(typeof all[all.length - 1] === 'function' && all.length > 1 ? all.length - 1 : all.length, 0, changed);
  return all;
}

for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
  const original = child[name];
  child[name] = function (...given) {
    return original.apply(this, withEnvironment(given));
  };
  const later = original[util.promisify.custom];
  if (later) {
    const own = (...given) => later(...withEnvironment(given));
    Object.defineProperty(child[name], util.promisify.custom, { value: own, configurable: true });
  }
}

workers.Worker = class Worker extends workers.Worker {
  constructor(file, options = {}) {
    const { env, execArgv } = options;
    const own = { ...options };
    if (env !== null && typeof env === 'object') own.env = completed(env);
    if (Array.isArray(execArgv)) own.execArgv = [...execArgv, '--require', __filename];
    super(file, own);
  }
};

require('module').syncBuiltinESMExports();
