import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { DependencyTarget } from '../../../src/config/slices/preparation.ts';
import { isAbort } from '../../../src/core/scope.ts';
import type { Reached } from '../../../src/http/reach.ts';
import { waitForDependencies, type WaitForOptions } from '../../../src/startup/wait-for.ts';
import { recordedLog } from '../../helpers/recorded-log.ts';

const database: DependencyTarget = { kind: 'tcp', host: 'db', port: 5432 };
const service: DependencyTarget = { kind: 'http', url: 'http://user:secret@api/health' };
const up: Reached = { ok: true };
const down: Reached = { ok: false, reason: 'connection refused' };

/** Answers of one target after the other; the last one stays. */
function reaching(answers: Readonly<Record<string, readonly Reached[]>>): WaitForOptions['reach'] {
  const asked: Record<string, number> = {};
  return (target) => {
    const turn = (asked[target.kind] = (asked[target.kind] ?? -1) + 1);
    const list = answers[target.kind] ?? [down];
    return Promise.resolve(list[Math.min(turn, list.length - 1)] ?? down);
  };
}

function setUp(options: Partial<WaitForOptions> = {}) {
  const events: unknown[] = [];
  const log = recordedLog();
  const all: WaitForOptions = {
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    emit: (name, data) => events.push({ name, ...data }),
    log,
    ...options,
  };
  return { all, events, log };
}

suite('waiting for dependencies', () => {
  test('goes on when each was reached once, and tells how long it took', async () => {
    const reach = reaching({ tcp: [down, up], http: [up] });
    const { all, events, log } = setUp({ ...(reach && { reach }) });
    await waitForDependencies([database, service], all);
    assert.deepEqual(
      events.map((event) => (event as { target: string }).target),
      ['http://***@api/health', 'tcp://db:5432'],
    );
    assert.deepEqual(
      log.lines.map(({ message, fields }) => [message, fields]),
      [['waiting for a dependency', { target: 'tcp://db:5432', reason: 'connection refused' }]],
    );
  });

  test('names all that are missing, each with its reason, and no password', async () => {
    const reach = reaching({ http: [{ ok: false, reason: 'answered 503', status: 503 }] });
    const { all } = setUp({ timeoutMs: 20, ...(reach && { reach }) });
    await assert.rejects(waitForDependencies([database, service], all), {
      code: 'dependency-unavailable',
      exitCode: 75,
      message:
        'not reached within 0.02s: tcp://db:5432 (connection refused), http://***@api/health (answered 503)',
    });
  });

  test('ends at once when it is called off', async () => {
    const controller = new AbortController();
    const { all, log } = setUp({
      timeoutMs: Infinity,
      signal: controller.signal,
      reach: () => {
        controller.abort('SIGTERM');
        return Promise.resolve(down);
      },
    });
    await assert.rejects(waitForDependencies([database], all), (error) => isAbort(error));
    assert.deepEqual(log.lines, []);
  });

  test('reminds every ten seconds', async (t) => {
    let now = 0;
    t.mock.method(process, 'hrtime', () => [0, now * 1e6]);
    const answers = [down, down, down, up];
    const { all, log } = setUp({
      timeoutMs: Infinity,
      reach: () => {
        now += 6000;
        return Promise.resolve(answers.shift() ?? up);
      },
    });
    await waitForDependencies([database], all);
    assert.equal(log.lines.length, 2);
  });

  test('has nothing to do without targets', async () => {
    const { all } = setUp();
    await waitForDependencies([], all);
  });
});
