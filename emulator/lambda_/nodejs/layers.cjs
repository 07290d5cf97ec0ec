// Lambda has the contents of a function's layers at /opt. Here they lie in folders of their own, of which the first that
// has the file counts. A layer that SAM builds has the contents of /opt/nodejs alone.
'use strict';

const path = require('path');

const VARIABLE = 'ASL_EMULATOR_LAYERS';

// Let the handler's require find what it names below /opt; the variable with the folders is not shown to it.
function find() {
  const folders = (process.env[VARIABLE] || '').split(path.delimiter).filter(Boolean);
  delete process.env[VARIABLE];
  if (folders.length === 0) return;
  const Module = require('module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...more) {
    if (typeof request === 'string' && request.startsWith('/opt/')) {
      const name = request.slice('/opt/'.length);
      for (const folder of folders) {
        for (const each of [name, name.replace(/^nodejs\//, '')]) {
          try {
            return resolve.call(this, path.join(folder, each), ...more);
          } catch (_) {
            // the next one may have it
          }
        }
      }
    }
    return resolve.call(this, request, ...more);
  };
}

module.exports = { find };
