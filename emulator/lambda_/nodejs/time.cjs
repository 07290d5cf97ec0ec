'use strict';
// The time that a handler sees: Date, and timers that take no real time while the handler waits for nothing else.
//
// The time is a number of microseconds since 1970 in a file that the emulator and this process share, so each side
// immediately sees changes by the other. The time moves when a timer fires. When only timers are awaited (Node.js emits
// 'beforeExit'), the next one fires immediately; while something real is awaited, such as a socket to another server,
// it fires after its length in real time. Requests to the emulator take no time: no timer fires meanwhile.
//
// performance.now(), process.hrtime(), setImmediate, AbortSignal.timeout and Node.js's internal timers stay real.

const { AsyncResource } = require('async_hooks');
const fs = require('fs');
const promises = require('timers/promises');
const timers = require('timers');
const util = require('util');

const { readSync, writeSync } = fs;
const { clearTimeout: clearReal, setImmediate: soon, setTimeout: setReal } = timers;
const RealDate = Date;

const LONGEST = 2 ** 31 - 1;
const LOOK_AGAIN_MS = 5;

exports.install = function install(clock, handler) {
  // handler: deadline() in microseconds, atDeadline(), standsStill(), busy(): whether the emulator has an open request
  const word = Buffer.alloc(8);
  let calls = 0;

  function now() {
    readSync(clock, word, 0, 8, 0);
    return word.readDoubleLE(0);
  }

  function moveTo(at) {
    word.writeDoubleLE(at, 0);
    writeSync(clock, word, 0, 8, 0);
  }

  function milliseconds() {
    return Math.floor(now() / 1000);
  }

  // Only a timer moves the time, so code that reads it again and again within one call would loop forever.
  function counter(mostQuestions) {
    let asked = 0;
    let askedIn = -1;
    let askedAt = -1;
    return () => {
      const at = now();
      asked = at === askedAt && askedIn === calls ? asked + 1 : 1;
      askedIn = calls;
      askedAt = at;
      if (asked >= mostQuestions) handler.standsStill();
    };
  }

  // Date -------------------------------------------------------------------------------------------------------------

  const VirtualDate = new Proxy(RealDate, {
    apply: () => new RealDate(milliseconds()).toString(),
    construct(target, given, made) {
      const values = given.length ? given : [milliseconds()];
      return Reflect.construct(target, values, made === VirtualDate ? target : made);
    },
  });
  const countDate = counter(1000000);
  RealDate.now = function now() {
    countDate();
    return milliseconds();
  };
  RealDate.prototype.constructor = VirtualDate;
  globalThis.Date = VirtualDate;

  // Timers -----------------------------------------------------------------------------------------------------------

  const pending = new Map();
  let lastId = 0;
  let armed;

  class Timeout {
    constructor(callback, delay, given, repeats) {
      if (typeof callback !== 'function') {
        const error = new TypeError(
          `The "callback" argument must be of type function. Received ${callback === null ? 'null' : typeof callback}`,
        );
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      const length = Number(delay);
      this._length = length >= 1 && length <= LONGEST ? Math.trunc(length) : 1;
      this._callback = callback;
      this._given = given;
      this._repeats = repeats;
      this._holds = true;
      this._id = ++lastId;
      this._resource = new AsyncResource('Timeout');
      this.refresh();
    }

    refresh() {
      this._due = now() + this._length * 1000;
      pending.delete(this._id);
      pending.set(this._id, this);
      arm();
      return this;
    }

    ref() {
      this._holds = true;
      return this;
    }

    unref() {
      this._holds = false;
      return this;
    }

    hasRef() {
      return this._holds;
    }

    close() {
      pending.delete(this._id);
      return this;
    }

    [Symbol.toPrimitive]() {
      return this._id;
    }
  }
  if (Symbol.dispose) Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;

  function next() {
    let first;
    for (const each of pending.values()) if (!first || each._due < first._due) first = each;
    return first;
  }

  // The real timer for the next one. It does not keep the process alive: if nothing else is awaited, 'beforeExit' wins.
  function arm() {
    clearReal(armed);
    const first = next();
    if (first) armed = setReal(fireInRealTime, Math.min(LONGEST, Math.max(0, (first._due - now()) / 1000))).unref();
  }

  function fireInRealTime() {
    if (handler.busy()) armed = setReal(fireInRealTime, LOOK_AGAIN_MS).unref();
    else fire();
  }

  function fire() {
    const first = next();
    if (!first) return;
    if (first._due > now()) {
      if (first._due >= handler.deadline()) handler.atDeadline();
      moveTo(first._due);
    }
    pending.delete(first._id);
    if (first._repeats) first.refresh();
    arm();
    first._resource.runInAsyncScope(first._callback, first, ...first._given);
  }

  function setTimeout(callback, delay, ...given) {
    return new Timeout(callback, delay, given, false);
  }

  function setInterval(callback, delay, ...given) {
    return new Timeout(callback, delay, given, true);
  }

  function clear(timer) {
    if (timer instanceof Timeout) timer.close();
    else if (typeof timer === 'number' || typeof timer === 'string') pending.delete(Number(timer));
    else clearReal(timer);
  }

  function after(delay, value, options = {}) {
    const { signal, ref = true } = options;
    return new Promise((resolve, reject) => {
      if (signal && signal.aborted) {
        reject(aborted(signal));
        return;
      }
      const timer = setTimeout(() => {
        if (signal) signal.removeEventListener('abort', stop);
        resolve(value);
      }, delay);
      if (!ref) timer.unref();
      function stop() {
        timer.close();
        reject(aborted(signal));
      }
      if (signal) signal.addEventListener('abort', stop, { once: true });
    });
  }

  async function* every(delay, value, options) {
    for (;;) yield await after(delay, value, options);
  }

  function aborted(signal) {
    const error = new Error('The operation was aborted', { cause: signal.reason });
    error.name = 'AbortError';
    error.code = 'ABORT_ERR';
    return error;
  }

  Object.defineProperty(setTimeout, util.promisify.custom, { enumerable: true, get: () => after });
  const ours = { setTimeout, setInterval, clearTimeout: clear, clearInterval: clear };
  Object.assign(globalThis, ours);
  Object.assign(timers, ours);
  Object.assign(promises, { setTimeout: after, setInterval: every });
  if (promises.scheduler) promises.scheduler.wait = (delay, options) => after(delay, undefined, options);
  require('module').syncBuiltinESMExports();

  return {
    milliseconds,
    countQuestion: counter(100000),
    // A call begins, perhaps long after the previous one.
    begin() {
      calls += 1;
      arm();
    },
    // Nothing else is awaited: let the next timer fire. Returns whether any timer is one that keeps the process alive.
    jump() {
      if (![...pending.values()].some((each) => each._holds)) return false;
      soon(fire);
      return true;
    },
  };
};
