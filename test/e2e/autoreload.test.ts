// --autoreload: what runs is the code of now, and code that does not run is never let in.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { SteadyClients } from '../helpers/changing-app.ts';
import { placeOf, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const broker = shareRabbitmq();

interface Folder {
  readonly cwd: string;
  readonly write: (name: string, text: string) => void;
}

function useFolder(t: TestContext, files: Readonly<Record<string, string>>): Folder {
  const cwd = useTempDir(t);
  const write = (name: string, text: string): void => {
    mkdirSync(join(cwd, name, '..'), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { cwd, write };
}

/** Answers every request with the word. */
const app = (word: string): string => `
import { createServer } from 'node:http';
createServer((_, res) => res.end('${word}')).listen(process.env.PORT, '127.0.0.1');
`;

forEachArtefact(
  'A15 a burst of changes is one new app, one that does not run is told and not let in, and nobody notices',
  async (t, artefact) => {
    const { cwd, write } = useFolder(t, { 'app.mjs': app('one'), 'node_modules/x/i.js': '' });
    const args = ['--autoreload', '--media', '/media=media', '--log-app', 'json'];
    const command = ['--', process.execPath, 'app.mjs'];
    const hurricane = await startHurricane(t, [...args, ...command], { artefact, cwd });
    await hurricane.up();
    await hurricane.sees(/^Watching path/);
    const clients = new SteadyClients(t, hurricane);
    for (const name of ['app.log', '.env', 'node_modules/x/i.js', 'media/a.json', '.git/HEAD']) {
      write(name, 'changed');
    }
    // The changes of a writer that is not held up itself, by whatever else the machine does.
    hurricane.signal('SIGSTOP');
    for (let n = 0; n < 200; n += 1) write(`lib/deep/${n}.mjs`, `export default ${n};`);
    write('app.mjs', app('two'));
    hurricane.signal('SIGCONT');
    const replaced = await hurricane.sees('app.replaced');
    assert.equal(replaced['cause'], 'autoreload');
    assert.equal((await hurricane.get('/')).text, 'two');

    write('app.mjs', 'this is no code');
    const failed = await hurricane.sees('app.replacement-failed');
    assert.partialDeepStrictEqual(failed, { level: 'error', cause: 'autoreload' });
    assert.match(String(failed['output']), /SyntaxError/);
    assert.equal((await hurricane.get('/')).text, 'two');

    write('app.mjs', app('three'));
    await hurricane.seesNth(2, 'app.replaced');
    assert.equal((await hurricane.get('/')).text, 'three');
    const asked = hurricane.logs.filter(({ event }) => event === 'app.replacing').length;
    assert.equal(asked, 3);
    const { answered, lost } = await clients.stop();
    assert.deepEqual(lost, []);
    assert.ok(answered > 20, `${answered}`);
  },
);

forEachArtefact(
  'a worker is replaced when a file changes that a glob names, and not for any other',
  async (t, artefact) => {
    const work = (word: string): string => `echo ${word}; sleep 1000 & wait`;
    const { cwd, write } = useFolder(t, { 'src/work.sh': work('one'), 'src/notes.txt': '' });
    const args = ['--start-after', '10ms', '--autoreload', '--watch', 'src/**/*.sh'];
    const options = { artefact, cwd, command: 'worker' } as const;
    const hurricane = await startHurricane(t, [...args, '--', 'sh', 'src/work.sh'], options);
    await hurricane.up();
    await hurricane.sees(/^Watching path/);
    write('src/notes.txt', 'changed');
    write('src/work.sh', work('two'));
    const changed = await hurricane.sees(/^files have changed$/);
    assert.partialDeepStrictEqual(changed, { count: 1, path: join(cwd, 'src/work.sh') });
    await hurricane.sees('app.replaced');
    await eventually(() => assert.deepEqual(hurricane.output, ['one', 'two']));
  },
);

forEachArtefact(
  'R05 a handler module is loaded anew between messages, and one that does not load never is',
  async (t, artefact) => {
    const queue = `r05-${artefact}`;
    const handler = (word: string): string => `
      import { setTimeout as sleep } from 'node:timers/promises';
      import { writeFileSync } from 'node:fs';
      export const teardown = () => writeFileSync('ended', '${word}');
      export default async ({ body }) => { await sleep(body.ms); console.log('${word}', body.n); };
    `;
    const { cwd, write } = useFolder(t, { 'handler.mjs': handler('one') });
    const words = ['handler.mjs', '--queue', queue, ...placeOf(broker), '--autoreload'];
    const options = { artefact, cwd, command: 'consume' } as const;
    const hurricane = await startHurricane(t, words, options);
    await hurricane.up();
    await hurricane.sees(/^Watching path/);
    const client = await useClient(t, broker);
    // One in hand ends where it began.
    await client.send(queue, [{ n: 1, ms: 1500 }]);
    await eventually(async () => assert.equal(await client.count(queue), 0));
    write('handler.mjs', handler('two'));
    await hurricane.sees('handler.reloaded');
    await client.send(queue, [{ n: 2, ms: 0 }]);
    await eventually(() => assert.deepEqual(hurricane.output, ['two 2', 'one 1']));

    await eventually(() => assert.equal(readFileSync(join(cwd, 'ended'), 'utf8'), 'one'));

    write('handler.mjs', 'this is no code');
    const failed = await hurricane.sees('handler.reload-failed');
    assert.match(String(failed['reason']), /SyntaxError|Unexpected/);
    await client.send(queue, [{ n: 3, ms: 0 }]);
    await eventually(() => assert.equal(hurricane.output.at(-1), 'two 3'));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    assert.partialDeepStrictEqual(await hurricane.sees('drain.ended'), { completed: 3, failed: 0 });
  },
);

/** Speaks the words of --handler-exec. */
const program = (word: string): string => `
import { createInterface } from 'node:readline';
const say = (told) => process.stdout.write(JSON.stringify(told) + '\\n');
say({ t: 'ready' });
createInterface({ input: process.stdin }).on('line', (line) => {
  const { t, id } = JSON.parse(line);
  if (t !== 'msg') return;
  setTimeout(() => {
    console.error('${word}');
    say({ id, r: 'ack' });
  }, 700);
});
`;

forEachArtefact(
  'programs that handle messages are started anew one by one, behind what they have in hand',
  async (t, artefact) => {
    const queue = `reloads-program-${artefact}`;
    const { cwd, write } = useFolder(t, { 'handler.mjs': program('one') });
    const exec = ['--handler-exec', `${process.execPath} handler.mjs`, '--handler-processes', '2'];
    const words = [...exec, '--queue', queue, ...placeOf(broker), '--autoreload'];
    const options = { artefact, cwd, command: 'consume' } as const;
    const hurricane = await startHurricane(t, words, options);
    await hurricane.up();
    await hurricane.sees(/^Watching path/);
    const client = await useClient(t, broker);
    await client.send(queue, [1, 2, 3]);
    await eventually(async () => assert.equal(await client.count(queue), 0));
    write('handler.mjs', program('two'));
    await hurricane.sees('handler.reloaded');
    await client.send(queue, [4, 5]);
    await eventually(() => assert.deepEqual(hurricane.output, ['one', 'one', 'one', 'two', 'two']));
    write('handler.mjs', 'this is no code');
    await hurricane.sees('handler.reload-failed');
    await client.send(queue, [6]);
    await eventually(() => assert.equal(hurricane.output.filter((w) => w === 'two').length, 3));
    assert.ok(!hurricane.logs.some(({ event }) => event === 'handler.restarted'));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    assert.partialDeepStrictEqual(await hurricane.sees('drain.ended'), { completed: 6, failed: 0 });
  },
);
