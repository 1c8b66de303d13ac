// The code that runs inside a worker thread and loads the user's module there. A text and not a function,
// since neither a bundle nor a single executable has a file that a worker could be started from.

import type { LoadStage } from './module-remedy.ts';

/** What every thread may say first. */
export type LoadMessage =
  | { readonly kind: 'loaded'; readonly facts: unknown }
  | {
      readonly kind: 'unloadable';
      readonly reason: string;
      readonly trace?: string | undefined;
      readonly stage?: LoadStage | undefined;
    };

/** A line of a stack that is Node's or ours. */
export const FOREIGN_FRAME = /^\s+at .*(node:|\[worker eval\])/;

/**
 * On Linux a priority belongs to a thread: code that loops must not take the processor from the proxy and
 * the probes. Elsewhere it would be the whole process.
 */
const LOWER_PRIORITY = `
const { getPriority, setPriority } = require('node:os');
if (process.platform === 'linux' && getPriority() < 10) setPriority(10);
`;

/**
 * Plain CommonJS. `serve` is the text of `async function serve(module)`, which may use `port`, `given`,
 * `say(kind, content)`, `describe(error)`, `textOf(value)`, `traceOf(error)` and `stage`, which it may set; the module has loaded when it returns, and
 * what it throws says why it cannot be used. `workerData` is `{ port, url, given }`. In the background it
 * gives way to us.
 */
export function moduleBootstrap(serve: string, background: boolean): string {
  return `'use strict';
const { readFileSync } = require('node:fs');
const { stripTypeScriptTypes } = require('node:module');
const { fileURLToPath } = require('node:url');
const { port, url, given } = require('node:worker_threads').workerData;
const foreign = ${FOREIGN_FRAME};
let stage = 'import';

${background ? LOWER_PRIORITY : ''}
import(url)
  .catch((error) => {
    throw located(error);
  })
  .then(usable)
  .then(serve)
  .then(
    (facts) => say('loaded', { facts }),
    (error) => {
      if (error?.code === 'ERR_MODULE_NOT_FOUND') stage = 'missing';
      say('unloadable', { reason: describe(error), trace: traceOf(error), stage });
    },
  );

function usable(module) {
  stage = 'export';
  if (typeof module.default !== 'function') throw 'its default export must be a function';
  if (/^class\\b/.test(module.default)) throw 'its default export must be a function, and is a class';
  return module;
}

function say(kind, content) {
  port.postMessage({ kind, ...content });
}

// V8 keeps the place of a syntax error in JavaScript to itself; the parser of type stripping tells it, of
// the module or of what it imports by a relative path.
function located(error) {
  if (!(error instanceof SyntaxError) || /file:\\/\\//.test(error.stack)) return error;
  const files = new Set([url]);
  for (const file of files) {
    const source = sourceOf(file);
    try {
      stripTypeScriptTypes(source, { sourceUrl: file });
    } catch (found) {
      const stack = found.stack.replace(/^SyntaxError .*$/m, () => 'SyntaxError: ' + error.message);
      return Object.assign(new SyntaxError(error.message), { stack });
    }
    for (const [, path] of source.matchAll(imports)) files.add(new URL(path, file).href);
  }
  return error;
}

const imports = /\\b(?:from|import)[\\s(]*['"](\\.\\.?\\/[^'"]+\\.m?[jt]s)['"]/g;

// What is not there cannot be wrong.
function sourceOf(file) {
  try {
    return readFileSync(fileURLToPath(file), 'utf8');
  } catch {
    return '';
  }
}

// One that only holds others has no message of its own.
function wordsOf({ message, errors }) {
  if (message !== '' || !Array.isArray(errors)) return String(message);
  return errors.map((each) => (each instanceof Error ? each.message : textOf(each))).join('; ');
}

function describe(error) {
  if (!(error instanceof Error)) return textOf(error);
  const place = /file:\\/\\/[^\\s)]+:\\d+/.exec(String(error.stack));
  const where = place === null ? '' : ' (' + fileURLToPath(place[0]) + ')';
  return error.name + ': ' + wordsOf(error).replace(/ imported from .*\\[worker eval\\]$/, '') + where;
}

function textOf(value) {
  try {
    const text = String(value);
    return text === '[object Object]' ? JSON.stringify(value) : text;
  } catch {
    return 'something that cannot be shown';
  }
}

// The code frame of a syntax error, and the frames of the user's modules; undefined when there is neither.
function traceOf(error) {
  if (!(error instanceof Error)) return undefined;
  const lines = String(error.stack).split('\\n').filter((line) => !foreign.test(line));
  return /file:/.test(lines) ? lines.join('\\n').trimEnd() : undefined;
}

${serve}
`;
}
