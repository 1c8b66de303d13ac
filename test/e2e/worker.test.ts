// `hurricane worker`: a program that serves nobody, from its start to its end.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { ctl, statusOf } from '../helpers/control.ts';
import { runHurricane, startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

interface WorkerOptions {
  readonly artefact: Artefact;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The program is a line of shell, which ends on SIGTERM when it does not say otherwise. */
function startWorker(
  t: TestContext,
  args: readonly string[],
  program: string,
  options: WorkerOptions,
): Promise<Hurricane> {
  const words = [...args, '--', 'sh', '-c', program];
  return startHurricane(t, words, { ...options, command: 'worker' });
}

const alive = 'sleep 1000 & wait';
/** Notes in `journal` when it starts and when it ends, for which it takes its time. */
const journalling = `trap 'sleep 1.2; echo end $$ >> journal; exit 0' TERM; echo start $$ >> journal; ${alive}`;
const quick = ['--start-after', '10ms'];

forEachArtefact(
  'a worker is up when it has lived for --start-after, and no port is there for it',
  async (t, artefact) => {
    const program = `echo "port $PORT, $1"; ${alive}`;
    const args = ['--start-after', '1s', '--', 'sh', '-c', program, 'sh', '{port}'];
    const hurricane = await startHurricane(t, args, { artefact, command: 'worker' });
    await hurricane.sees('app.started');
    for (const name of ['startup', 'ready', 'alive']) {
      assert.equal((await hurricane.probe(name)).status, 400, name);
    }
    const { duration_s: seconds } = await hurricane.up();
    assert.ok(Number(seconds) >= 1, String(seconds));
    const answers = ['startup', 'ready', 'alive'].map((name) => hurricane.probe(name));
    assert.deepEqual(
      (await Promise.all(answers)).map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal((await hurricane.probe('alive')).text, 'alive');
    assert.match((await hurricane.probe('metrics')).text, /^hurricane_app_state{state="up"} 1$/m);
    assert.deepEqual(hurricane.output, ['port , {port}']);
    assert.equal((await statusOf(t, hurricane, { artefact })).requests, null);
    assert.equal(
      hurricane.logs.find(({ event }) => event === 'app.listening'),
      undefined,
    );
  },
);

forEachArtefact(
  'with startup checks a worker is up when they pass, however long that takes',
  async (t, artefact) => {
    const folder = useTempDir(t);
    const beat = join(folder, 'beat');
    const sink = await useWebhookSink(t);
    const checks = ['--check', `startup,readiness,liveness:heartbeat=file:${beat}?max-age=60s`];
    const args = [...quick, ...checks, '--check-interval', '100ms', '--webhook-url', sink.url];
    const hurricane = await startWorker(t, args, alive, { artefact });
    await hurricane.sees('check.changed');
    assert.equal((await hurricane.probe('startup')).status, 400);
    writeFileSync(beat, '');
    await hurricane.up();
    assert.equal((await hurricane.probe('ready')).status, 200);

    rmSync(beat);
    for (const probe of ['liveness', 'readiness']) {
      await sink.receives(({ type, status }) => type === probe && status === 'failed');
    }
    assert.equal((await hurricane.probe('ready')).text, 'heartbeat error');
    assert.equal((await hurricane.probe('alive')).status, 500);
    const told = sink.deliveries.map(({ payload }) => [payload['type'], payload['status']]);
    assert.deepEqual(told[0], ['startup', 'succeeded']);
  },
);

forEachArtefact(
  'SIGHUP and ctl replace a worker after it has ended, for which it has all of the grace period',
  async (t, artefact) => {
    const folder = useTempDir(t);
    const args = [...quick, '--grace-period', '3s'];
    const hurricane = await startWorker(t, args, journalling, { artefact, cwd: folder });
    await hurricane.up();
    hurricane.signal('SIGHUP');
    await hurricane.sees('app.replaced');
    const { code, stdout } = await ctl(t, hurricane, ['reload'], { artefact });
    assert.deepEqual([code, stdout], [0, 'replaced: a new app is up\n']);
    const status = await statusOf(t, hurricane, { artefact });
    assert.deepEqual(status.replacements, { sighup: 1, ctl: 1 });
    const journal = readFileSync(join(folder, 'journal'), 'utf8').trim().split('\n');
    const words = journal.map((line) => line.split(' ')[0]);
    assert.deepEqual(words, ['start', 'end', 'start', 'end', 'start']);
    assert.equal(journal.at(-1), `start ${status.app.pid}`);
  },
);

forEachArtefact('a worker that is killed is started again', async (t, artefact) => {
  const sink = await useWebhookSink(t);
  const args = [...quick, '--restart', 'on-failure', '--webhook-url', `restart@${sink.url}`];
  const hurricane = await startWorker(t, args, alive, { artefact });
  await hurricane.up();
  const { app } = await statusOf(t, hurricane, { artefact });
  process.kill(app.pid, 'SIGKILL');
  await hurricane.sees('app.restarted');
  await sink.receives(({ status }) => status === 'succeeded');
  const again = await statusOf(t, hurricane, { artefact });
  assert.notEqual(again.app.pid, app.pid);
  assert.deepEqual([again.state, again.app.generation], ['ready', 2]);
});

forEachArtefact(
  'a worker is told to stop at once, finishes what it has in hand, and the exit code tells how',
  async (t, artefact) => {
    const args = ['--start-after', '300ms', '--grace-period', '2s'];
    const start = async (program: string): Promise<Hurricane> => {
      const hurricane = await startWorker(t, args, program, { artefact });
      await hurricane.up();
      hurricane.signal('SIGTERM');
      return hurricane;
    };
    const codeOf = async (program: string): Promise<number | null> =>
      (await (await start(program)).exit).code;

    const busy = await start(`trap 'sleep 1; echo finished; exit 0' TERM; ${alive}`);
    await busy.sees('drain.started');
    assert.equal((await busy.probe('ready')).text, 'draining');
    assert.equal((await busy.probe('alive')).status, 200);
    const codes = await Promise.all([
      busy.exit.then(({ code }) => code),
      codeOf(alive),
      codeOf(`trap 'exit 3' TERM; ${alive}`),
      codeOf(`trap '' TERM; sleep 1000`),
      startWorker(t, args, 'exit 7', { artefact }).then(async (early) => (await early.exit).code),
    ]);
    assert.deepEqual(codes, [0, 0, 3, 137, 7]);
    assert.deepEqual(busy.output, ['finished']);
  },
);

forEachArtefact(
  'what only makes sense for requests is refused, each with a sentence, and 8001 is the port',
  async (t, artefact) => {
    const http = ['--port=80', '--drain-delay=1s', '--max-lifetime=5', '--replace=stop-first'];
    const refused = await runHurricane(t, ['worker', ...http, '--', 'true'], { artefact });
    assert.equal(refused.code, 64);
    const sentences = refused.stderr.split('\n').filter((line) => line.startsWith('  - '));
    assert.equal(sentences.length, 3);
    for (const [index, name] of ['--port', '--drain-delay', '--max-lifetime'].entries()) {
      const start = `  - ${name} is not an option of \`hurricane worker\`: `;
      assert.equal(sentences[index]?.slice(0, start.length), start);
    }
    const printed = await runHurricane(t, ['worker', '--print-config'], { artefact });
    assert.match(printed.stdout, /^probe-port +8001 /m);
  },
);
