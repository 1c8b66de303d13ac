// Runs the program once, from its start to the end of an app, and keeps what V8 compiled on the way:
//   compile.ts <program.js> <program.cache>

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

type Program = (require: NodeJS.Require) => void;

const [programPath = '', cachePath = ''] = process.argv.slice(2);
const source = readFileSync(programPath, 'latin1');
const build = source.slice(0, source.indexOf('\n') + 1);
const script = new Script(source, { filename: programPath });

process.argv = [process.execPath, programPath, ...typicalRun()];
process.on('exit', () => {
  writeFileSync(cachePath, Buffer.concat([Buffer.from(build), script.createCachedData()]));
});
(script.runInThisContext() as Program)(createRequire(programPath));

/** What nearly every start needs, and no port or file of this machine that another may have. */
function typicalRun(): readonly string[] {
  const own = ['--termination-log', '/dev/null', '--control-socket', `${cachePath}.sock`];
  const ports = ['--port', '0', '--no-probe'];
  return ['serve', ...ports, ...own, '--log-level', 'fatal', '--', 'true'];
}
