// The code that runs inside a worker thread and calls the user's module there. A text and not a function,
// since neither a bundle nor a single executable has a file that a worker could be started from.

/** What the worker says; the only other thing it can do is end. */
export type WorkerMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly reason: string }
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly reason: string };

/** Plain CommonJS; `workerData` is `{ port, url }`. */
export const MODULE_BOOTSTRAP = `'use strict';
const { readFileSync } = require('node:fs');
const { stripTypeScriptTypes } = require('node:module');
const { getPriority, setPriority } = require('node:os');
const { fileURLToPath } = require('node:url');
const { port, url } = require('node:worker_threads').workerData;

// On Linux a priority belongs to a thread: code that loops must not take the processor from the proxy and
// the probes. Elsewhere it would be the whole process.
if (process.platform === 'linux' && getPriority() < 10) setPriority(10);

import(url).then(serve, (error) => say('unloadable', { reason: describe(located(error)) }));

function serve(module) {
  const run = module.default;
  if (typeof run !== 'function') {
    say('unloadable', { reason: 'its default export must be a function' });
    return;
  }
  port.on('message', async (args) => {
    try {
      say('returned', { value: await run(...args) });
    } catch (error) {
      say('failed', { reason: describe(error) });
    }
  });
  say('loaded', {});
}

function say(kind, content) {
  port.postMessage({ kind, ...content });
}

// V8 keeps the place of a syntax error in JavaScript to itself; the parser of type stripping tells it.
function located(error) {
  if (!(error instanceof SyntaxError) || /file:\\/\\//.test(error.stack)) return error;
  try {
    stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'), { sourceUrl: url });
  } catch (found) {
    return Object.assign(new SyntaxError(error.message), { stack: found.stack });
  }
  return error;
}

function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const place = /file:\\/\\/[^\\s)]+:\\d+/.exec(error.stack ?? '');
  const where = place === null ? '' : ' (' + fileURLToPath(place[0]) + ')';
  return error.name + ': ' + error.message.replace(/ imported from .*\\[worker eval\\]$/, '') + where;
}
`;
