// What an app that dies, or is replaced, does to the requests of a load that never pauses: next to nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startHurricane, type Hurricane, type LogLine } from '../helpers/hurricane.ts';
import { readLedger, type Ledger } from '../helpers/ledger.ts';
import { OpenLoad } from '../helpers/open-load.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

/** The long form is for a run by itself. */
const isLong = process.env['SOAK_RUNS'] !== undefined;
const KILLS = isLong ? 50 : 3;
const KILL_EVERY_MS = 2000;
const POSTS = isLong ? 5000 : 500;
const POSTS_PER_SECOND = 100;
const POST_BYTES = 16 * 1024;

forEachArtefact(
  'an app killed every 2 s under load: no POST twice, and each request lost is named',
  async (t, artefact) => {
    const { hurricane, ledger } = await startLedgerApp(t, artefact, ['--restart', 'on-failure']);
    const load = new OpenLoad({
      port: hurricane.port,
      ratePerSecond: 200,
      path: (id, n) => `/?id=${id}&ms=${n % 100}`,
      body: (id, n) => (n % 4 < 2 ? `body of ${id}` : undefined),
    });
    load.start();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await sleep(KILL_EVERY_MS);
      process.kill(await pidOfApp(hurricane, kill), 'SIGKILL');
    }
    await pidOfApp(hurricane, KILLS + 1);
    const shots = await load.stop();
    await hurricane.end();
    const lost = shots.filter(({ fate }) => fate !== 'whole');
    const unanswered = idsWithoutAnswer(ledger());
    t.diagnostic(`${shots.length} requests, ${lost.length} lost, ${unanswered.length} in the app`);

    assert.deepEqual(duplicatesAmong(ledger().got.filter(isPost)), []);
    assert.deepEqual(
      lost.filter(({ detail }) => !isReset(detail)),
      [],
    );
    const ids = lost.map(({ id }) => id);
    assert.deepEqual(
      unanswered.filter((id) => !ids.includes(id)),
      [],
    );
    assert.deepEqual(namedAsLost(hurricane.logs).toSorted(), ids.toSorted());
    assert.ok(lost.length > 0, 'no request was in hand when the app was killed');
    assert.ok(shots.length > KILLS * KILL_EVERY_MS * 0.15, `only ${shots.length} requests`);
  },
);

forEachArtefact(
  'no POST of 16 KiB is lost while the app is replaced again and again, by any way, behind TCP and a socket',
  async (t, artefact) => {
    const ways = ['start-first', 'stop-first'].flatMap((replace) => {
      const socket = join(useTempDir(t), 'app.sock');
      return [[], ['--app-socket', socket]].map((place) => ['--replace', replace, ...place]);
    });
    await Promise.all(ways.map((args) => replaceUnderLoad(t, artefact, args)));
  },
);

async function replaceUnderLoad(
  t: TestContext,
  artefact: Artefact,
  args: readonly string[],
): Promise<void> {
  const { hurricane, ledger } = await startLedgerApp(t, artefact, args);
  const load = new OpenLoad({
    port: hurricane.port,
    ratePerSecond: POSTS_PER_SECOND,
    path: (id, n) => `/?id=${id}&ms=${n % 100}`,
    body: () => 'x'.repeat(POST_BYTES),
  });
  const endsAt = performance.now() + (POSTS / POSTS_PER_SECOND) * 1000;
  load.start();
  let replaced = 0;
  while (performance.now() < endsAt || replaced < 2) {
    hurricane.signal('SIGHUP');
    replaced += 1;
    await hurricane.seesNth(replaced, 'app.replaced');
  }
  const shots = await load.stop();
  t.diagnostic(`${args.join(' ')}: ${shots.length} POSTs during ${replaced} replacements`);
  assert.deepEqual(
    shots.filter(({ fate }) => fate !== 'whole'),
    [],
  );
  assert.ok(shots.length >= POSTS, `only ${shots.length} POSTs`);
  assert.deepEqual(duplicatesAmong(ledger().got), []);
}

interface Started {
  readonly hurricane: Hurricane;
  /** What the app has written down until now. */
  readonly ledger: () => Ledger;
}

async function startLedgerApp(
  t: TestContext,
  artefact: Artefact,
  args: readonly string[],
): Promise<Started> {
  const path = join(useTempDir(t), 'ledger');
  const hurricane = await startHurricane(t, [...args, '--', ...useScript('keeps-ledger.mjs')], {
    artefact,
    env: { LEDGER: path },
  });
  await hurricane.up();
  return { hurricane, ledger: () => readLedger(path) };
}

/** Of the n-th app, once it accepts connections. */
async function pidOfApp(hurricane: Hurricane, n: number): Promise<number> {
  await hurricane.seesNth(n, 'app.listening');
  const { pid } = await hurricane.seesNth(n, 'app.started');
  return Number(pid);
}

function isPost(id: string): boolean {
  return Number(id.slice(1)) % 4 < 2;
}

function isReset(answer: string): boolean {
  return answer.startsWith('HTTP/1.1 502') && answer.includes('Hurricane-Error: app-reset');
}

function duplicatesAmong(ids: readonly string[]): string[] {
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}

function idsWithoutAnswer({ got, answered }: Ledger): string[] {
  return got.filter((id) => !answered.includes(id));
}

/** The ids of the requests that the log names as lost, each with its method. */
function namedAsLost(logs: readonly LogLine[]): string[] {
  return logs.flatMap(({ level, fault, method, target, request_id }) => {
    if (level !== 'warn' || fault !== 'app-reset') return [];
    const id = /[?&]id=(\w+)/.exec(String(target))?.[1] ?? '';
    assert.equal(method, isPost(id) ? 'POST' : 'GET');
    assert.match(String(request_id), /^\w+$/);
    return [id];
  });
}
