// One life of hurricane, told by a seed: what operators, signals and misfortune do to it, a load that never
// pauses, and the state that was asked for in the end.

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { json } from 'node:stream/consumers';

import { useScript } from './apps.ts';
import type { Artefact } from './artefacts.ts';
import type { Status } from './control.ts';
import { eventually } from './eventually.ts';
import { startHurricane, type Exit, type Hurricane } from './hurricane.ts';
import { OpenLoad, type Shot } from './open-load.ts';
import { childrenOf } from './pid-namespace.ts';
import type { Seeded } from './seeded.ts';
import { useTempDir } from './temp-dir.ts';

const RATE_PER_SECOND = 30;
const MOST_STEPS = 7;
/** More of them in a row would be a crash loop. */
const MOST_KILLS = 4;
const LONGEST_PAUSE_MS = 700;
const RESTS_WITHIN_MS = 30_000;
const GRACE_MS = 4000;
/** What a busy machine adds to the budget. */
const SLACK_MS = 15_000;

type Step = 'reload' | 'hang-up' | 'restart' | 'kill' | 'drain' | 'undrain' | 'signal';

/** Fails with the seed and all that was done when it does not end in the state that was asked for. */
export async function liveAtRandom(
  t: TestContext,
  artefact: Artefact,
  random: Seeded,
): Promise<void> {
  const life = new RandomLife(random);
  try {
    await life.live(t, artefact);
  } catch (cause) {
    throw new Error(`SEED=${random.seed}: ${life.done.join(', ')}`, { cause });
  }
}

class RandomLife {
  /** All that was done, for whoever has to understand it. */
  readonly done: string[] = [];
  readonly #random: Seeded;
  readonly #answers: Promise<void>[] = [];
  #kills = 0;
  #drained = false;
  /** The next process that serves must have a higher number; 0 when any may. */
  #newerThan = 0;

  constructor(random: Seeded) {
    this.#random = random;
  }

  async live(t: TestContext, artefact: Artefact): Promise<void> {
    const hurricane = await this.#start(t, artefact);
    const load = new OpenLoad({
      port: hurricane.port,
      ratePerSecond: RATE_PER_SECOND,
      path: (id, n) => `/?id=${id}&ms=${(n % 10) * 20}`,
    });
    if (this.#random.next() < 0.7) await hurricane.up();
    else await hurricane.sees('app.started');
    const isServed = hurricane.logs.some(({ event }) => event === 'startup.succeeded');
    if (isServed) load.start();
    const steps = this.#random.between(1, MOST_STEPS);
    for (let step = 0; step < steps; step += 1) {
      await this.#step(hurricane);
      await sleep(this.#random.next() * LONGEST_PAUSE_MS);
    }
    const mustRest = this.#random.next() < 0.7;
    if (mustRest) {
      await this.#assertRests(hurricane);
      await load.stop();
      await this.#assertIdle(hurricane);
    }
    const stoppedAt = Date.now();
    const exit = await this.#stop(hurricane);
    const shots = isServed ? await load.stop() : [];
    this.#assertNothingLost(shots.filter(({ endedAt }) => endedAt < stoppedAt));
    this.#assertExit(exit, mustRest);
    await Promise.all(this.#answers);
  }

  async #start(t: TestContext, artefact: Artefact): Promise<Hurricane> {
    const restart = this.#random.pick([
      [1, 'on-failure'],
      [1, 'always'],
    ]);
    const replace = this.#random.pick([
      [1, 'start-first'],
      [1, 'stop-first'],
    ]);
    this.done.push(`${artefact} --restart ${restart} --replace ${replace}`);
    const times = ['--grace-period', `${GRACE_MS}ms`, '--drain-quiet', '0'];
    // A machine that stalls for a moment is no reason to be not ready here.
    const quiet = ['--req-queue-len', '1000', '--access-log', 'off'];
    const args = ['--restart', restart, '--replace', replace, ...times, ...quiet];
    const env = { LEDGER: join(useTempDir(t), 'ledger') };
    const app = useScript('keeps-ledger.mjs');
    return startHurricane(t, [...args, '--', ...app], { artefact, env });
  }

  async #step(hurricane: Hurricane): Promise<void> {
    const step = this.#random.pick<Step>([
      [3, 'reload'],
      [3, 'hang-up'],
      [2, 'restart'],
      [this.#kills < MOST_KILLS ? 3 : 0, 'kill'],
      [1, 'drain'],
      [1, 'undrain'],
      [1, 'signal'],
    ]);
    this.done.push(step);
    switch (step) {
      case 'hang-up':
        this.#expectNewer(hurricane);
        hurricane.signal('SIGHUP');
        break;
      case 'reload':
      case 'restart':
        this.#expectNewer(hurricane);
        this.#answers.push(this.#order(hurricane, step));
        break;
      case 'kill':
        this.#kill(hurricane);
        break;
      case 'drain':
      case 'undrain':
        this.#drained = step === 'drain';
        await this.#order(hurricane, step);
        break;
      case 'signal':
        hurricane.signal('SIGWINCH');
        break;
    }
  }

  #expectNewer({ logs }: Hurricane): void {
    this.#newerThan = logs.filter(({ event }) => event === 'app.started').length;
  }

  /** The process that was started last, be it the one that serves or the one that is to. */
  #kill({ logs }: Hurricane): void {
    const pid = logs.findLast(({ event }) => event === 'app.started')?.['pid'];
    if (logs.some((line) => line.event === 'app.ended' && line['pid'] === pid)) return;
    this.#kills += 1;
    // When it was the next one, the one that serves stays.
    this.#newerThan = 0;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by now.
    }
  }

  /** Every order is answered, be it carried out or not. */
  async #order({ probePort }: Hurricane, operation: Step): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const sent = httpRequest({
      socketPath: `/tmp/hurricane-${probePort}.sock`,
      path: `/${operation}`,
      method: 'POST',
      agent: false,
    });
    sent.on('error', reject).on('response', (response) => {
      json(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
    sent.end();
    // Only awaited in the end.
    const answered = promise.then((status) => assert.ok([200, 409].includes(status), `${status}`));
    answered.catch(() => undefined);
    return answered;
  }

  /** One app, neither two nor none, and it serves. */
  async #assertRests(hurricane: Hurricane): Promise<void> {
    this.done.push('rest');
    await eventually(
      async () => {
        const { state, app } = await statusOf(hurricane);
        assert.equal(app.state, 'up');
        assert.equal(state, this.#drained ? 'drained' : 'ready');
        assert.ok(app.generation > this.#newerThan, `${app.generation} of ${this.#newerThan}`);
        const processes = childrenOf(hurricane.pid).map(({ pid }) => pid);
        assert.deepEqual(processes, [app.pid]);
        assert.equal((await hurricane.get('/?id=last&ms=0')).text, 'done last\n');
      },
      { within: RESTS_WITHIN_MS },
    );
  }

  /** No request is counted that is over. */
  async #assertIdle(hurricane: Hurricane): Promise<void> {
    await eventually(async () => {
      const { requests } = await statusOf(hurricane);
      assert.deepEqual([requests?.['in_hand'], requests?.['queued']], [0, 0]);
    });
  }

  /** Orders that come while it stops are refused; a second signal is obeyed. */
  async #stop(hurricane: Hurricane): Promise<Exit> {
    const startedAt = performance.now();
    hurricane.signal('SIGTERM');
    this.done.push('stop');
    if (this.#random.next() < 0.3) {
      this.done.push('hang-up');
      hurricane.signal('SIGHUP');
    }
    if (this.#random.next() < 0.2) {
      this.done.push('stop at once');
      hurricane.signal('SIGTERM');
    }
    await hurricane.sees(/^hurricane ends$/, GRACE_MS + SLACK_MS);
    const exit = await hurricane.exit;
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < GRACE_MS + SLACK_MS, `the stop took ${tookMs} ms`);
    return exit;
  }

  /** Only what an app had in hand that was killed. */
  #assertNothingLost(shots: readonly Shot[]): void {
    const lost = shots.filter(({ fate }) => fate !== 'whole');
    if (this.#kills === 0) assert.deepEqual(lost, []);
    const unexplained = lost.filter(({ detail }) => !/^HTTP\/1.1 502.*app-reset/s.test(detail));
    assert.deepEqual(unexplained, []);
  }

  #assertExit({ code, signal }: Exit, rested: boolean): void {
    const wasHurried = this.done.at(-1) === 'stop at once';
    // Signals of the same name that come close together may be one.
    const expected = wasHurried ? [0, 130] : [0];
    // The app may die of an earlier kill while it is stopped.
    if (!rested && this.#kills > 0) expected.push(137);
    assert.equal(signal, null);
    assert.ok(expected.includes(code ?? -1), `exit code ${code}`);
  }
}

/** As the readiness probe tells it. */
async function statusOf(hurricane: Hurricane): Promise<Status> {
  const { text } = await hurricane.probe('ready', { headers: { Accept: 'application/json' } });
  return JSON.parse(text) as Status;
}
