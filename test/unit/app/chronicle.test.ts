import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Chronicle } from '../../../src/app/chronicle.ts';
import type { GateState, HurricaneEvent } from '../../../src/core/events.ts';

function chronicleOf(...events: readonly HurricaneEvent[]): Chronicle {
  const chronicle = new Chronicle();
  for (const event of events) chronicle.observe(event);
  return chronicle;
}

const appStarted = (pid: number): HurricaneEvent => ({
  name: 'app.started',
  data: { pid, command: 'node app.js --token=secret' },
});
const appEnded = (pid: number): HurricaneEvent => ({
  name: 'app.ended',
  data: { pid, exit_code: 3, ending: 'exited with code 3', expected: false, killed: false },
});

test('keeps the last twenty transitions, the oldest first, in the words of the log', () => {
  const many = Array.from({ length: 15 }, (_, index) => [appStarted(index), appEnded(index)]);
  const transitions = chronicleOf(...many.flat()).transitions(true);
  assert.equal(transitions.length, 20);
  const [first] = transitions;
  const last = transitions.at(-1);
  assert.deepEqual(
    [first?.event, first?.text, first?.reason],
    ['app.started', 'app started', 'pid 5'],
  );
  assert.deepEqual([last?.text, last?.reason], ['app exited with code 3', 'pid 14']);
});

test('knows when each of them was', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1000 });
  t.after(() => mock.timers.reset());
  const chronicle = chronicleOf(appStarted(1));
  mock.timers.tick(60_000);
  chronicle.observe(appEnded(1));
  assert.deepEqual(
    chronicle.transitions(true).map(({ time }) => time),
    ['1970-01-01T00:00:01.000Z', '1970-01-01T00:01:01.000Z'],
  );
});

test('what checks and commands say is for the owner alone', () => {
  const text = 'password wrong for admin';
  const chronicle = chronicleOf(
    { name: 'command.started', data: { command: 'migrate --token=secret' } },
    { name: 'check.changed', data: { check: 'db', tags: ['readiness'], passing: false, text } },
    {
      name: 'probe.changed',
      data: {
        ...{ probe: 'readiness', passing: false, previous: true },
        ...{ reason: `db error: ${text}`, text: 'db error' },
      },
    },
  );
  const reasons = (details: boolean): readonly string[] =>
    chronicle.transitions(details).map(({ reason }) => reason);
  assert.deepEqual(reasons(true), ['migrate --token=secret', `db: ${text}`, `db error: ${text}`]);
  assert.deepEqual(reasons(false), ['', 'db', 'db error']);
});

test('single runs of checks, webhooks and listeners are no transitions', () => {
  const chronicle = chronicleOf(
    { name: 'check.ran', data: { check: 'db', passing: true, duration_ms: 1 } },
    { name: 'webhook.delivered', data: { type: 'startup', id: 'x', attempt: 1 } },
    { name: 'listener.closed', data: { listener: 'app' } },
  );
  assert.deepEqual(chronicle.transitions(true), []);
});

test('counts restarts and replacements by cause', () => {
  const restarting = (cause: 'exit' | 'signal'): HurricaneEvent => ({
    name: 'app.restarting',
    data: { cause, reason: 'the app exited', attempt: 1, delay_ms: 100 },
  });
  const chronicle = chronicleOf(
    ...[restarting('exit'), restarting('signal'), restarting('exit')],
    { name: 'app.replaced', data: { cause: 'ctl', pid: 3, duration_ms: 1 } },
    {
      name: 'app.replacement-failed',
      data: { cause: 'memory', reason: 'not up', pid: 3, output: undefined },
    },
  );
  assert.deepEqual(chronicle.restarts, { exit: 2, signal: 1 });
  assert.deepEqual(chronicle.replacements, { ctl: 1 });
  assert.deepEqual(chronicle.failedReplacements, { memory: 1 });
});

test('counts down what is left of the grace period', () => {
  assert.equal(chronicleOf().drainLeftMs, undefined);
  const drain = (budget_ms: number): HurricaneEvent => ({
    name: 'drain.started',
    data: { reason: 'SIGTERM', budget_ms },
  });
  const left = chronicleOf(drain(60_000)).drainLeftMs ?? 0;
  assert.ok(left > 50_000 && left <= 60_000, String(left));
  assert.equal(chronicleOf(drain(-1)).drainLeftMs, 0);
});

test('knows what the start waits for: dependencies, then a command, then migrations, then the app and its checks', () => {
  const chronicle = new Chronicle(['tcp://a:1', 'tcp://b:2']);
  const after = (event: HurricaneEvent): string => {
    chronicle.observe(event);
    return chronicle.startWaitsFor(true);
  };
  assert.equal(chronicle.startWaitsFor(true), 'tcp://a:1, tcp://b:2');
  assert.equal(chronicle.startWaitsFor(false), 'a dependency');
  const waited = { target: 'tcp://a:1', duration_ms: 1 };
  assert.equal(after({ name: 'dependency.waited', data: waited }), 'tcp://b:2');
  assert.equal(after({ name: 'dependency.waited', data: { ...waited, target: 'tcp://b:2' } }), '');
  const command = 'migrate';
  assert.equal(
    after({ name: 'command.started', data: { command } }),
    'the startup command migrate',
  );
  const ended = { command, exit_code: 0, ending: 'exited with code 0', duration_ms: 1 };
  assert.equal(chronicle.startWaitsFor(false), 'a startup command');
  assert.equal(after({ name: 'command.ended', data: ended }), '');
  const gate = (state: GateState): HurricaneEvent => ({
    name: 'gate.changed',
    data: { state, command: 'migrate --check', reason: '', output: undefined, duration_ms: 1 },
  });
  assert.equal(after(gate('asking')), 'an answer of the migration check migrate --check');
  assert.equal(after(gate('pending')), 'pending migrations (migrate --check)');
  assert.equal(chronicle.startWaitsFor(false), 'pending migrations');
  assert.match(after(gate('unknown')), /^an answer .*migrate --check, which fails$/);
  assert.equal(after(gate('none')), '');
  assert.equal(after(appStarted(1)), 'the app to come up');
  const listening = { address: '127.0.0.1:1', duration_ms: 1 };
  assert.equal(after({ name: 'app.listening', data: listening }), 'the startup checks');
});
