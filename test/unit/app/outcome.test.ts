import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { outcomeOf, type Ending } from '../../../src/app/outcome.ts';
import { HurricaneError } from '../../../src/core/errors.ts';
import type { ExitStatus } from '../../../src/core/exit-status.ts';

const exited = (code: number): ExitStatus => ({ kind: 'exited', code });
const signalled = (signal: NodeJS.Signals): ExitStatus => ({ kind: 'signalled', signal });

const stopped: Ending = {
  phase: 'serve',
  reason: { kind: 'signal', signal: 'SIGTERM' },
  app: exited(0),
  stopSignal: 'SIGTERM',
  killed: false,
  appMs: 5000,
  role: 'serve',
  cut: 0,
  givenBack: 0,
  sickness: undefined,
  waitedFor: '',
  hurried: false,
};

const table: readonly (readonly [title: string, exitCode: number, change: Partial<Ending>])[] = [
  ['an app that ends with 0 on our signal stopped orderly', 0, {}],
  ['an app that dies of our signal stopped orderly', 0, { app: signalled('SIGTERM') }],
  ['an app that answers our signal as a JVM does stopped orderly', 0, { app: exited(143) }],
  [
    '143 is no orderly end on another stop signal',
    143,
    { app: exited(143), stopSignal: 'SIGQUIT' },
  ],
  ['131 is the JVM answer to SIGQUIT', 0, { app: exited(131), stopSignal: 'SIGQUIT' }],
  ['an app that fails while stopping passes its code on', 3, { app: exited(3) }],
  ['an app that crashes while stopping is 128 + n', 139, { app: signalled('SIGSEGV') }],
  ['an app that had to be killed is 137', 137, { app: signalled('SIGKILL'), killed: true }],
  ['a second signal is 130, whatever the app did', 130, { hurried: true }],
  ['a stop during startup commands is 143', 143, { phase: 'prepare', app: undefined }],
  ['a second signal during them is 130', 130, { phase: 'prepare', app: undefined, hurried: true }],
  [
    'an app that ends by itself passes its code on',
    7,
    { reason: { kind: 'app-ended', status: exited(7) } },
  ],
  [
    'a crash loop ends with the last code of the app',
    7,
    { reason: { kind: 'app-ended', status: exited(7), crashLoop: true } },
  ],
  ['a stop while no app ran is orderly', 0, { app: undefined }],
  [
    'an app that was not found is 127',
    127,
    { reason: { kind: 'app-ended', status: { kind: 'not-started', code: 127, reason: 'x' } } },
  ],
  [
    'a failure has the exit code of its row in the catalogue',
    75,
    { reason: { kind: 'failed', error: new HurricaneError('startup-command-failed', 'x') } },
  ],
  ['any other error is a bug', 70, { reason: { kind: 'failed', error: new Error('x') } }],
];

suite('outcome', () => {
  for (const [title, exitCode, change] of table) {
    test(title, () => assert.equal(outcomeOf({ ...stopped, ...change }).exitCode, exitCode));
  }

  test('every outcome says what to do next', () => {
    for (const [, , change] of table) {
      assert.notEqual(outcomeOf({ ...stopped, ...change }).next, '');
    }
  });

  test('an app that ends with 0 before it is up has not ended as it should, and is told to stay', () => {
    const reason = { kind: 'app-ended', status: exited(0) } as const;
    const early = outcomeOf({ ...stopped, phase: 'start', reason });
    assert.deepEqual([early.exitCode, early.orderly], [0, false]);
    assert.equal(early.reason, 'the app exited with code 0 before it was up');
    assert.match(early.next, /stay in the foreground/);
    assert.equal(outcomeOf({ ...stopped, reason }).orderly, true);
    assert.equal(outcomeOf({ ...stopped, phase: 'start' }).orderly, false);
    assert.equal(outcomeOf({ ...stopped, app: exited(3) }).orderly, false);
  });

  test('a stop that cut requests, came too early or in sickness says so, and ends with 0', () => {
    const cases = [
      [{ cut: 2 }, false, /^stopped, but 2 requests did not end in time and were cut$/],
      [{ phase: 'start' }, false, /^stopped by SIGTERM before the app was up$/],
      [
        { phase: 'start', waitedFor: 'the startup checks' },
        false,
        /^stopped by SIGTERM before the app was up, while it waited for the startup checks$/,
      ],
      [{ sickness: 'db: refused' }, true, /^stopped in order, while liveness failed: db: refused$/],
    ] as const;
    for (const [change, orderly, reason] of cases) {
      const outcome = outcomeOf({ ...stopped, ...change });
      assert.deepEqual([outcome.exitCode, outcome.orderly], [0, orderly]);
      assert.match(outcome.reason, reason);
    }
    const killed = outcomeOf({ ...stopped, killed: true, cut: 1 });
    assert.match(killed.reason, /within the 5 s that .* was killed, with 1 request in hand$/);
  });

  test('whoever was killed is told where to look', () => {
    const reason = { kind: 'app-ended', status: signalled('SIGKILL') } as const;
    assert.match(outcomeOf({ ...stopped, reason }).next, /memory limit/);
  });

  test('names the signal that ended the app, else the one that stopped us', () => {
    assert.equal(outcomeOf(stopped).signal, 'SIGTERM');
    const reason = { kind: 'app-ended', status: signalled('SIGKILL') } as const;
    assert.equal(outcomeOf({ ...stopped, reason }).signal, 'SIGKILL');
  });
});

test('the phase of what is up is that of its role', () => {
  for (const role of ['serve', 'worker', 'consume'] as const) {
    assert.equal(outcomeOf({ ...stopped, role }).phase, role);
    const early = { phase: 'prepare', app: undefined, role } as const;
    assert.equal(outcomeOf({ ...stopped, ...early }).phase, 'prepare');
  }
});
