import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { CRASH_LOOP } from '../../../src/app/supervision-losses.ts';
import { idle, next } from '../../../src/app/supervision.ts';
import type {
  Effect,
  Failure,
  Rules,
  Supervision,
  SupervisionEvent,
} from '../../../src/app/supervision-state.ts';
import { SupervisionWorld } from '../../helpers/supervision-world.ts';
import { useSeeds } from '../../helpers/seeded.ts';

const never: Rules = { restart: 'never', replace: 'start-first' };
const onFailure: Rules = { restart: 'on-failure', replace: 'start-first' };
const always: Rules = { restart: 'always', replace: 'start-first' };
const stopFirst: Rules = { restart: 'never', replace: 'stop-first' };
const stopFirstOnFailure: Rules = { restart: 'on-failure', replace: 'stop-first' };

const failed: Failure = { kind: 'ended', status: { kind: 'exited', code: 3 } };
const succeeded: Failure = { kind: 'ended', status: { kind: 'exited', code: 0 } };
const notUp: Failure = { kind: 'not-up', error: new Error('not up') };

/** Words of the tables below: an event, and the generation it is about. */
const events: Readonly<Record<string, (generation: number) => SupervisionEvent>> = {
  start: () => ({ kind: 'start' }),
  up: (generation) => ({ kind: 'came-up', generation }),
  settled: (generation) => ({ kind: 'settled', generation }),
  /** After a long time. */
  crash: (generation) => ({ kind: 'lost', generation, failure: failed, upMs: 60_000 }),
  /** As soon as it was up, or before. */
  flop: (generation) => ({ kind: 'lost', generation, failure: failed, upMs: 999 }),
  finish: (generation) => ({ kind: 'lost', generation, failure: succeeded, upMs: 60_000 }),
  'not-up': (generation) => ({ kind: 'lost', generation, failure: notUp, upMs: 0 }),
  gone: (generation) => ({ kind: 'gone', generation }),
  waited: () => ({ kind: 'backoff-over' }),
  reload: () => ({ kind: 'reload', cause: 'sighup' }),
  restart: () => ({ kind: 'restart' }),
  close: () => ({ kind: 'close' }),
  stop: () => ({ kind: 'stop' }),
};

/** `start up:1 crash:1` → the last state, and the effects of the last event. */
function live(words: string, rules: Rules): { state: Supervision; effects: string } {
  let state = idle;
  let effects: readonly Effect[] = [];
  for (const word of words.split(' ')) {
    const [name = '', generation] = word.split(':');
    const event = events[name]?.(Number(generation ?? 0));
    assert.ok(event, word);
    [state, effects] = next(state, event, rules);
  }
  return { state, effects: effects.map(shown).join(' ') };
}

function shown(effect: Effect): string {
  if (effect.kind === 'arm-backoff') return `arm-backoff:${effect.attempt}`;
  if (effect.kind === 'give-up') return effect.crashLoop ? 'give-up:crash-loop' : 'give-up';
  return 'generation' in effect ? `${effect.kind}:${effect.generation}` : effect.kind;
}

type Row = readonly [title: string, rules: Rules, words: string, phase: string, effects: string];

const table: readonly Row[] = [
  ['the first start spawns the first generation', never, 'start', 'starting', 'spawn:1'],
  ['a second start does nothing', never, 'start start', 'starting', ''],
  ['what came up gets the requests', never, 'start up:1', 'up', 'open:1'],

  ['never: an end is the end', never, 'start up:1 crash:1', 'ended', 'refuse give-up'],
  ['never: so is one before it is up', never, 'start flop:1', 'ended', 'refuse give-up'],
  ['never: so is a start that takes too long', never, 'start not-up:1', 'ended', 'refuse give-up'],
  ['on-failure: code 0 is the end', onFailure, 'start up:1 finish:1', 'ended', 'refuse give-up'],
  ['on-failure: also before it is up', onFailure, 'start finish:1', 'ended', 'refuse give-up'],
  [
    'on-failure: after a failure requests wait, and what it left behind is cleared away',
    onFailure,
    'start up:1 crash:1',
    'backing-off',
    'hold remove:1 arm-backoff:1',
  ],
  [
    'always: code 0 is no end',
    always,
    'start up:1 finish:1',
    'backing-off',
    'hold remove:1 arm-backoff:1',
  ],
  [
    'the next one starts after the pause',
    onFailure,
    'start up:1 crash:1 gone:1 waited',
    'starting',
    'spawn:2',
  ],
  [
    'but not before all of the last one is gone',
    onFailure,
    'start up:1 crash:1 waited',
    'making-way',
    '',
  ],
  ['and then at once', onFailure, 'start up:1 crash:1 waited gone:1', 'starting', 'spawn:2'],
  [
    'it is told when it is up again',
    onFailure,
    'start up:1 crash:1 gone:1 waited up:2',
    'up',
    'open:2 tell-restarted:2',
  ],
  [
    'an end soon after that is a second attempt',
    onFailure,
    'start up:1 crash:1 gone:1 waited up:2 flop:2',
    'backing-off',
    'hold remove:2 arm-backoff:2',
  ],
  [
    'after a second up the count begins anew',
    onFailure,
    'start up:1 crash:1 gone:1 waited up:2 crash:2',
    'backing-off',
    'hold remove:2 arm-backoff:1',
  ],
  [
    'a start that fails is tried again',
    onFailure,
    'start not-up:1',
    'backing-off',
    'remove:1 arm-backoff:1',
  ],
  [
    'reload while it waits for its next start: now',
    onFailure,
    'start flop:1 gone:1 reload',
    'starting',
    'disarm-backoff spawn:2',
  ],

  [
    'start-first: the next one starts while the first serves',
    never,
    'start up:1 reload',
    'replacing',
    'tell-replacing spawn:2',
  ],
  [
    'start-first: being up is not enough',
    never,
    'start up:1 reload up:2',
    'replacing',
    'arm-settling:2',
  ],
  [
    'start-first: once it has stayed up it takes over',
    never,
    'start up:1 reload up:2 settled:2',
    'up',
    'open:2 retire:1 tell-replaced:2',
  ],
  [
    'start-first: a new one that ends goes, the old one stays',
    never,
    'start up:1 reload flop:2',
    'up',
    'remove:2 tell-replacement-failed:2',
  ],
  [
    'start-first: also when it had been up for a moment',
    never,
    'start up:1 reload up:2 flop:2',
    'up',
    'remove:2 tell-replacement-failed:2',
  ],
  [
    'start-first: also when it does not come up',
    never,
    'start up:1 reload not-up:2',
    'up',
    'remove:2 tell-replacement-failed:2',
  ],
  [
    'start-first: the end of the old one does not end the new one',
    never,
    'start up:1 reload crash:1',
    'starting',
    'hold remove:1',
  ],
  [
    'start-first: a new one that is up takes over at once when the old one ends',
    never,
    'start up:1 reload up:2 crash:1',
    'up',
    'open:2 remove:1 tell-replaced:2',
  ],
  [
    'start-first: when both end it is the end',
    never,
    'start up:1 reload crash:1 flop:2',
    'ended',
    'tell-replacement-failed:2 refuse give-up',
  ],
  ['reload during a replacement waits', never, 'start up:1 reload reload', 'replacing', ''],
  [
    'until the old one is gone',
    never,
    'start up:1 reload reload up:2 settled:2 gone:1',
    'replacing',
    'tell-replacing spawn:3',
  ],
  ['reload during the first start waits', never, 'start reload', 'starting', ''],
  [
    'until that one is up',
    never,
    'start reload up:1',
    'replacing',
    'open:1 tell-replacing spawn:2',
  ],

  [
    'stop-first: requests wait while the old one finishes',
    stopFirst,
    'start up:1 reload',
    'making-way',
    'tell-replacing hold retire:1',
  ],
  [
    'stop-first: then the new one starts',
    stopFirst,
    'start up:1 reload gone:1',
    'starting',
    'spawn:2',
  ],
  [
    'stop-first: and gets the requests at once',
    stopFirst,
    'start up:1 reload gone:1 up:2',
    'up',
    'open:2 tell-replaced:2',
  ],
  [
    'stop-first: a new one that fails is the end when nothing is restarted',
    stopFirst,
    'start up:1 reload gone:1 flop:2',
    'ended',
    'tell-replacement-failed:2 refuse give-up',
  ],
  [
    'stop-first: or is started again',
    stopFirstOnFailure,
    'start up:1 reload gone:1 flop:2',
    'backing-off',
    'tell-replacement-failed:2 remove:2 arm-backoff:1',
  ],
  [
    'reload while it makes way is that same one',
    stopFirst,
    'start up:1 reload reload',
    'making-way',
    '',
  ],

  [
    'restart stops first, whatever --replace says',
    never,
    'start up:1 restart',
    'making-way',
    'tell-restarting hold retire:1',
  ],
  ['restart then starts', never, 'start up:1 restart gone:1', 'starting', 'spawn:2'],
  [
    'restart of what is starting begins anew',
    never,
    'start restart',
    'making-way',
    'tell-restarting remove:1',
  ],
  [
    'restart during a replacement calls it off',
    never,
    'start up:1 reload restart',
    'making-way',
    'remove:2 tell-replacement-failed:2 tell-restarting hold retire:1',
  ],
  [
    'restart does not wait for one that still drains',
    never,
    'start up:1 reload up:2 settled:2 restart gone:2',
    'starting',
    'spawn:3',
  ],
  [
    'restart while it waits: now',
    onFailure,
    'start flop:1 gone:1 restart',
    'starting',
    'disarm-backoff spawn:2',
  ],

  [
    'close calls off a replacement',
    never,
    'start up:1 reload close',
    'up',
    'remove:2 tell-replacement-failed:2 refuse',
  ],
  ['and forgets one that was to come', never, 'start up:1 reload reload close gone:2', 'up', ''],
  ['nothing is replaced after it', never, 'start up:1 close reload', 'up', 'refuse'],
  ['nor restarted by hand', never, 'start up:1 close restart', 'up', 'refuse'],
  [
    'but what fails then is started again',
    onFailure,
    'start up:1 close crash:1 gone:1 waited',
    'starting',
    'spawn:2',
  ],
  ['stop ends all waiting', onFailure, 'start flop:1 stop', 'stopping', 'disarm-backoff refuse'],
  ['nothing starts after it', onFailure, 'start flop:1 stop waited', 'stopping', ''],
  ['nothing that was starting is served after it', onFailure, 'start stop up:1', 'stopping', ''],
  ['nothing is restarted after it', always, 'start up:1 stop crash:1', 'stopping', ''],
  ['reload before the first start is refused', never, 'reload', 'idle', 'refuse'],
  ['reload after the end is refused', never, 'start flop:1 reload', 'ended', 'refuse'],
  [
    'news of a generation long gone change nothing',
    never,
    'start up:1 reload up:2 settled:2 crash:1',
    'up',
    '',
  ],
];

suite('what the supervisor decides', () => {
  for (const [title, rules, words, phase, effects] of table) {
    test(title, () => {
      const after = live(words, rules);
      assert.equal(after.state.phase.kind, phase);
      assert.equal(after.effects, effects);
    });
  }

  test(`${CRASH_LOOP} starts in a row that never came up are a crash loop`, () => {
    let words = 'start';
    for (let start = 1; start < CRASH_LOOP; start += 1) {
      words += ` flop:${start}`;
      assert.equal(live(words, always).effects, `remove:${start} arm-backoff:${start}`);
      words += ` gone:${start} waited`;
    }
    const { state, effects } = live(`${words} flop:${CRASH_LOOP}`, always);
    assert.equal(effects, 'refuse give-up:crash-loop');
    assert.equal(state.phase.kind, 'ended');
  });

  test('one that came up in between starts the count of a crash loop anew', () => {
    const words =
      'start flop:1 gone:1 waited flop:2 gone:2 waited up:3 flop:3 gone:3 waited flop:4';
    assert.equal(live(words, always).effects, 'remove:4 arm-backoff:4');
  });
});

const sequences = Number(process.env['SOAK_RUNS'] ?? 5) * 100;
const steps = 60;

suite('random lives', () => {
  for (const restart of ['never', 'on-failure', 'always'] as const) {
    for (const replace of ['start-first', 'stop-first'] as const) {
      test(`${restart}, ${replace}: never two serve, never none by accident, and none hangs`, (t) => {
        const [random] = useSeeds(t, 1);
        assert.ok(random);
        const ends = new Set<string>();
        for (let sequence = 0; sequence < sequences; sequence += 1) {
          const world = new SupervisionWorld({ restart, replace }, random);
          for (let step = 0; step < steps; step += 1) world.step();
          ends.add(world.comeToRest());
        }
        assert.ok(ends.has('up') && ends.has('stopping'), [...ends].join());
      });
    }
  }
});
