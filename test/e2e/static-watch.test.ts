// --static-watch and --static-command: static files are made anew when their sources change.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { serveExample } from '../helpers/example.ts';
import { eventually } from '../helpers/eventually.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

function useSources(t: TestContext): string {
  const cwd = useTempDir(t);
  mkdirSync(join(cwd, 'src/deep/er'), { recursive: true });
  return cwd;
}

const watched = (path: string, command: string): readonly string[] => [
  ...['--static-watch', path, '--static-command', command],
];

forEachArtefact('A44 a path that exists is watched, and it is said', async (t, artefact) => {
  const hurricane = await serveExample(t, watched('src', 'true'), { artefact, cwd: useSources(t) });
  await hurricane.sees(/^Watching path .*\/src\.$/);
  assert.equal((await hurricane.probe('alive')).status, 200);
});

forEachArtefact(
  'A45 a path that does not exist is an error line and no reason to stop',
  async (t, artefact) => {
    const args = watched('nothing', 'true');
    const hurricane = await serveExample(t, args, { artefact, cwd: useSources(t) });
    const line = await hurricane.sees(/^Tried to watch .*\/nothing, but it does not exist\.$/);
    assert.equal(line.level, 'error');
    assert.equal((await hurricane.probe('alive')).status, 200);
  },
);

// Two at once would find the folder of the other.
const COLLECT = `#!/bin/sh
mkdir running || { echo "two at once" >&2; exit 9; }
echo run >> runs
echo "collected $(cat src/deep/er/a.css)"
sleep 0.3
rmdir running
[ "$(cat src/deep/er/a.css)" != broken ]
`;

forEachArtefact(
  'A46 a change deep inside runs the command, once for a burst and never two at once',
  async (t, artefact) => {
    const cwd = useSources(t);
    writeFileSync(join(cwd, 'collect.sh'), COLLECT);
    const args = watched('src', 'sh collect.sh');
    const hurricane = await serveExample(t, args, { artefact, cwd });
    await hurricane.sees(/^Watching path/);
    const write = (name: string, text: string): void =>
      writeFileSync(join(cwd, 'src/deep/er', name), text);
    const runs = (): number => readFileSync(join(cwd, 'runs'), 'utf8').split('\n').length - 1;

    for (let n = 0; n < 200; n += 1) write(`${n}.css`, 'x');
    write('a.css', 'one');
    const output = await hurricane.sees(({ line }) => line === 'collected one');
    assert.equal(output.msg, 'static command output');
    await hurricane.sees(/^static command ended$/);
    assert.equal(runs(), 1);

    // Changes during a run are the reason for one more.
    write('a.css', 'two');
    await hurricane.sees(({ line }) => line === 'collected two');
    for (const n of [1, 2, 3]) write(`${n}.css`, 'y');
    write('a.css', 'broken');
    const failed = await hurricane.sees(/^static command "sh collect.sh" exited with code 1/);
    assert.equal(failed.level, 'error');
    write('a.css', 'mended');
    await hurricane.sees(({ line }) => line === 'collected mended');
    await eventually(() =>
      assert.equal(hurricane.logs.filter(({ msg }) => msg === 'static command ended').length, 3),
    );
    assert.equal(runs(), 4);
    assert.ok(!hurricane.logs.some(({ line }) => line === 'two at once'));
    assert.equal((await hurricane.get('/')).status, 200);
  },
);
