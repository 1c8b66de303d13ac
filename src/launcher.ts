// What Node starts: runs the program (main.ts and all that it imports) from code that the build has already
// compiled. Compiling the whole source anew would take as long as the start of an empty Node.

import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { Script } from 'node:vm';

type Require = (name: string) => unknown;
type Program = (require: Require) => void;
type Library = (require: Require, module: { exports: unknown }, exports: unknown) => void;

const NEEDED = 26;
/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `hurricane needs Node ${NEEDED} or newer, and this is ${process.versions.node}: ` +
      'start it with a newer one, or use the executable, which needs none',
  );
  process.exit(UNAVAILABLE);
}

const source = readPart('program.js').toString('latin1');
const cache = readPart('program.cache');
// V8 compares nothing but the length of a source with its code: both parts begin with the name of their build.
const build = source.slice(0, source.indexOf('\n') + 1);
const isOfThisBuild = cache.toString('latin1', 0, build.length) === build;
const script = new Script(source, {
  filename: join(import.meta.dirname, 'program.js'),
  // Code of another V8 is ignored: then the source is compiled.
  cachedData: isOfThisBuild ? cache.subarray(build.length) : undefined,
});
const requireBuiltin = createRequire(import.meta.url);
const libraries = new Map<string, unknown>();
(script.runInThisContext() as Program)(load);

/** A module of Node's, or a library that is a file of its own because few starts need it. */
function load(name: string): unknown {
  if (isBuiltin(name)) return requireBuiltin(name);
  if (!libraries.has(name)) libraries.set(name, loadLibrary(`program.${name}.js`));
  return libraries.get(name);
}

function loadLibrary(file: string): unknown {
  const text = new Script(readPart(file).toString(), { filename: join(import.meta.dirname, file) });
  const module = { exports: {} };
  (text.runInThisContext() as Library)(load, module, module.exports);
  return module.exports;
}

function readPart(name: string): Buffer {
  return isSea() ? Buffer.from(getRawAsset(name)) : readFileSync(join(import.meta.dirname, name));
}
