import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { Caretaker } from '../../../src/app/caretaker.ts';
import type { Served } from '../../../src/app/supervisor.ts';
import type { Answer } from '../../../src/app/tickets.ts';
import type { CareConfig } from '../../../src/config/slices/life.ts';
import { Deadline } from '../../../src/core/deadline.ts';
import type { ReplacementCause } from '../../../src/core/events.ts';
import { recordedLog } from '../../helpers/recorded-log.ts';

const carefree: CareConfig = { maxLifetime: undefined, maxMemoryBytes: undefined, repair: false };
const LIMIT = 1000;

/** An app whose condition the test decides, and what was asked for it. */
async function useCaretaker(t: TestContext, config: Partial<CareConfig>) {
  const app = {
    served: { generation: 1, pid: 7, upMs: 60_000 } as Served | undefined,
    finished: 0,
    used: 0 as number | undefined,
    sickness: undefined as string | undefined,
  };
  const asked: ReplacementCause[] = [];
  const log = recordedLog();
  let answer: Answer = { done: true };
  let looked = Promise.withResolvers<undefined>();
  const caretaker = new Caretaker({
    config: { ...carefree, ...config },
    served: () => {
      looked.resolve(undefined);
      looked = Promise.withResolvers();
      return app.served;
    },
    finished: () => app.finished,
    usedBytes: () => app.used,
    sickness: () => app.sickness,
    replace: (cause) => {
      asked.push(cause);
      return Promise.resolve(answer);
    },
    log,
    lookMs: 1,
  });
  await caretaker.start();
  t.after(() => caretaker.stop(Deadline.after(1000)));
  /** Two whole looks later. */
  const looks = async (): Promise<void> => {
    for (let look = 0; look < 3; look += 1) await looked.promise;
  };
  const answersWith = (next: Answer): void => {
    answer = next;
  };
  return { app, asked, log, looks, answersWith };
}

suite('the care for the app', () => {
  test('too much memory asks for a replacement, the limit itself does not', async (t) => {
    const { app, asked, looks } = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    app.used = LIMIT;
    await looks();
    assert.deepEqual(asked, []);
    app.used = LIMIT + 1;
    await looks();
    assert.equal(asked[0], 'memory');
  });

  test('memory that nobody can tell is not too much', async (t) => {
    const { app, asked, looks } = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    app.used = undefined;
    await looks();
    assert.deepEqual(asked, []);
  });

  test('requests count from the first of each app', async (t) => {
    const { app, asked, looks } = await useCaretaker(t, { maxLifetime: 5 });
    app.finished = 5;
    await looks();
    assert.deepEqual(asked, []);
    app.finished = 6;
    await looks();
    assert.equal(asked[0], 'lifetime');
    app.served = { generation: 2, pid: 8, upMs: 60_000 };
    await looks();
    asked.length = 0;
    app.finished = 11;
    await looks();
    assert.deepEqual(asked, []);
    app.finished = 12;
    await looks();
    assert.equal(asked[0], 'lifetime');
  });

  test('a failing liveness check asks only with --repair', async (t) => {
    const { app, asked, looks } = await useCaretaker(t, { repair: true, maxMemoryBytes: LIMIT });
    app.sickness = 'check error: no answer';
    await looks();
    assert.equal(asked[0], 'liveness');
    const without = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    without.app.sickness = 'check error: no answer';
    await without.looks();
    assert.deepEqual(without.asked, []);
  });

  test('nobody is looked after while none serves', async (t) => {
    const { app, asked, looks } = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    app.served = undefined;
    app.used = LIMIT + 1;
    await looks();
    assert.deepEqual(asked, []);
  });

  test('what shows right after a start is told, and waits: another app would have it too', async (t) => {
    const { app, asked, log, looks } = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    app.served = { generation: 2, pid: 8, upMs: 100 };
    app.used = LIMIT + 1;
    await looks();
    assert.deepEqual(asked, []);
    assert.match(log.lines.at(-1)?.message ?? '', /--max-memory, and waits/);
  });

  test('after a replacement that failed the next one waits', async (t) => {
    const { app, asked, looks, answersWith } = await useCaretaker(t, { maxMemoryBytes: LIMIT });
    answersWith({ done: false, reason: 'it exited', told: true });
    app.used = LIMIT + 1;
    await looks();
    await looks();
    assert.deepEqual(asked, ['memory']);
  });
});
