// One run of the promise that an orderly stop loses nothing: an app that dies at once on SIGTERM, an
// open-loop load, a signal at a random moment, and three ledgers that must agree.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { useScript } from './apps.ts';
import type { Artefact } from './artefacts.ts';
import { eventually } from './eventually.ts';
import { startHurricane, type LogLine } from './hurricane.ts';
import { readLedger } from './ledger.ts';
import { OpenLoad, type Shot } from './open-load.ts';
import { useTempDir } from './temp-dir.ts';

const RATE_PER_SECOND = 200;
const SLOW_MS = 5000;
const IN_HAND_AT_SIGNAL = 50;
const RANDOM_MS = 5000;
/** The line that tells of the close is written after it, and who asks in between is refused already. */
const LINE_AFTER_CLOSE_MS = 20;
/** The load goes on after the listener has closed: then it may only be refused. */
const AFTER_CLOSE_MS = 300;

export interface Verdict {
  readonly exitCode: number | null;
  readonly inHandAtSignal: number;
  readonly slowAtSignal: number;
  /** Requests that were allowed to fail by no rule: must be empty. */
  readonly lost: readonly Shot[];
  /** Reset before anybody had accepted it: in no log of ours or of the app's. */
  readonly neverAccepted: number;
  /** Whole answers as the load, the app and hurricane counted them. */
  readonly whole: { readonly load: number; readonly app: number; readonly hurricane: number };
  readonly drain: LogLine;
}

/** About 17 seconds: the load never pauses, so the listener closes at half of the budget. */
export async function stopUnderLoad(t: TestContext, artefact: Artefact): Promise<Verdict> {
  const ledger = join(useTempDir(t), 'ledger');
  const hurricane = await startHurricane(t, ['--', ...useScript('dies-at-once.mjs')], {
    artefact,
    env: { LEDGER: ledger },
  });
  await hurricane.up();

  const load = startLoad(hurricane.port);
  await sleep(Math.random() * RANDOM_MS);
  await eventually(() => assertInHand(load), { within: 30_000 });
  const [inHandAtSignal, slowAtSignal] = [load.inHand.length, load.inHand.filter(isSlow).length];
  hurricane.signal('SIGTERM');
  const { time } = await hurricane.sees('listener.closed', 30_000);
  await sleep(AFTER_CLOSE_MS);
  const shots = await load.stop();
  const { code } = await hurricane.exit;

  const app = readLedger(ledger);
  const accepted = new Set([...app.got, ...hurricane.logs.flatMap(requestId)]);
  const failed = shots.filter(({ fate }) => fate !== 'whole');
  const closedAt = Date.parse(String(time)) - LINE_AFTER_CLOSE_MS;
  const neverAccepted = failed.filter((shot) => isNeverAccepted(shot, accepted));
  const drain = await hurricane.sees('drain.ended');
  return {
    exitCode: code,
    inHandAtSignal,
    slowAtSignal,
    lost: failed.filter(
      (shot) =>
        !neverAccepted.includes(shot) && !(shot.fate === 'refused' && shot.endedAt >= closedAt),
    ),
    neverAccepted: neverAccepted.length,
    whole: {
      load: shots.length - failed.length,
      app: app.answered.length,
      hurricane: Number(drain['completed']),
    },
    drain,
  };
}

function startLoad(port: number): OpenLoad {
  const load = new OpenLoad({
    port,
    ratePerSecond: RATE_PER_SECOND,
    path: (id) => `/?id=${id}&ms=${isSlow(id) ? SLOW_MS : 100}`,
  });
  load.start();
  return load;
}

/** Every twentieth, on new and on kept connections. */
function isSlow(id: string): boolean {
  return [0, 7].includes(Number(id.slice(1)) % 40);
}

function assertInHand({ inHand }: OpenLoad): void {
  if (inHand.length < IN_HAND_AT_SIGNAL) throw new Error(`only ${inHand.length} in hand`);
}

function isNeverAccepted({ id, fate }: Shot, accepted: ReadonlySet<string>): boolean {
  return fate === 'unanswered' && !accepted.has(id);
}

/** The id of a request in its access line. */
function requestId({ component, target }: LogLine): string[] {
  const id = /[?&]id=(\w+)/.exec(component === 'access' ? String(target) : '')?.[1];
  return id === undefined ? [] : [id];
}
