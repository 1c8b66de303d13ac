// Runs the program once and keeps what V8 compiled until the app was spawned: every start reads it.
//   compile.ts <program.js> <program.cache>

import { ChildProcess, type SpawnOptions } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

type Program = (require: NodeJS.Require) => void;

const [programPath = '', cachePath = ''] = process.argv.slice(2);
const source = readFileSync(programPath, 'latin1');
const build = source.slice(0, source.indexOf('\n') + 1);
const script = new Script(source, { filename: programPath });

process.argv = [process.execPath, programPath, ...typicalRun()];
const spawning = ChildProcess.prototype as unknown as { spawn: (options: SpawnOptions) => number };
const { spawn } = spawning;
spawning.spawn = function (...args) {
  const fault = spawn.apply(this, args);
  writeFileSync(cachePath, Buffer.concat([Buffer.from(build), script.createCachedData()]));
  return fault;
};
(script.runInThisContext() as Program)(createRequire(programPath));

/** What nearly every start needs, and no port or file of this machine that another may have. */
function typicalRun(): readonly string[] {
  const own = ['--termination-log', '/dev/null', '--control-socket', `${cachePath}.sock`];
  const ports = ['--port', '0', '--no-probe'];
  return ['serve', ...ports, ...own, '--log-level', 'fatal', '--', 'true'];
}
