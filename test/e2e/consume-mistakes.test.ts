// Mistakes that authors of handlers make: each costs its own message an attempt, in a sentence, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startConsumer, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';

const broker = shareRabbitmq();

/** What the handler does for a message, and what becomes of that. */
const mistakes: readonly (readonly [source: string, failure: string, reason: RegExp])[] = [
  ["c.dead(new Error('no stock'))", 'rejected', /^Error: no stock \(.*handler\.mjs:\d+/],
  ["c.retry({ reason: new TypeError('busy') })", 'error', /^TypeError: busy \(/],
  ["({ kind: 'dead', reason: 5 })", 'rejected', /^5$/],
  ['c.dead({ code: 7n, self: c })', 'rejected', /^something that cannot be shown$/],
  ['c.dead(Object.create(null))', 'rejected', /^something that cannot be shown$/],
  ['c.retry({ afterMs: 10n })', 'error', /^afterMs is no number of milliseconds, but 10$/],
  [
    "c.retry({ afterMs: '5s', reason: 'busy' })",
    'error',
    /^afterMs is no number of milliseconds, but "5s": busy$/,
  ],
  ['Promise.reject(Object.create(null))', 'error', /^something that cannot be shown$/],
  [
    "c.publish({ routingKey: 'q', body: circle })",
    'error',
    /body of publish\(\) cannot be written as JSON: TypeError: Converting circular structure to JSON/,
  ],
  ["c.publish({ routingKey: 'q', body: { n: 1n } })", 'error', /JSON: TypeError: .*BigInt/],
  ["c.publish({ routingKey: 'q', body: () => 1 })", 'error', /JSON: it is a function/],
  ['c.publish()', 'error', /^TypeError: publish\(\) needs \{ routingKey, body \}/],
  ["c.publish({ body: 'x' })", 'error', /^TypeError: publish\(\) needs a routingKey/],
  [
    "c.publish({ routingKey: 'q', body: 'x', id: 5 })",
    'error',
    /^TypeError: id of publish\(\) must be a text, and is 5/,
  ],
  [
    "c.publish({ routingKey: 'q', body: 'x', headers: { f: () => 1 } })",
    'error',
    /^TypeError: headers of publish\(\) cannot be sent: /,
  ],
  ["'dead'", 'error', /^the handler returned "dead", a text, .* return context\.dead\(\)$/],
  [
    "({ kind: 'Dead' })",
    'error',
    /^the handler returned an object of the kind "Dead", .*: there are ack, retry, dead, /,
  ],
  ["({ kind: 'nonsense' })", 'error', /^the handler returned an object of the kind "nonsense"/],
  ["Promise.all([c.dead('x')])", 'error', /^the handler returned a list with an outcome in it/],
  ['({ get kind() { throw new Error("no kind"); } })', 'error', /^Error: no kind/],
];

/** What looks odd and is fine. */
const done = ["'booked'", "'ack'", "({ kind: 'ack' })", '[1, undefined]', "new Error('a value')"];

test('whatever a handler hands out, its message fails with a sentence, and hurricane goes on [js]', async (t) => {
  const queue = 'mistakes';
  const handler = `
const circle = {};
circle.self = circle;
const doings = [
${[...mistakes.map(([source]) => source), ...done].map((source) => `  (c) => ${source},`).join('\n')}
];
export default (message, c) => doings[message.body](c);
`;
  const args = ['--retry', 'none'];
  const hurricane = await startConsumer(t, { artefact: 'js', broker, queue, handler, args });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [...mistakes.keys(), ...done.map((_, n) => mistakes.length + n)]);
  await hurricane.seesNth(mistakes.length, 'message.dead');
  const told = hurricane.logs.filter(({ event }) => event === 'message.dead');
  for (const [n, [source, failure, reason]] of mistakes.entries()) {
    const dead = told.find(({ id }) => id === `${n}`) ?? assert.fail(source);
    assert.match(String(dead['reason']), reason, source);
    assert.equal(dead['class'], failure, source);
  }
  const [first] = told.filter(({ id }) => id === '0');
  assert.match(String(first?.['stack']), /^Error: no stock\n +at .*handler\.mjs:\d+/);
  await eventually(async () => {
    const { text } = await hurricane.probe('metrics');
    const acked = new RegExp(
      `^hurricane_consumer_messages_total\\{.*outcome="ack"\\} ${done.length}$`,
      'm',
    );
    assert.match(text, acked);
  });
  assert.ok(!hurricane.logs.some(({ event }) => event === 'handler.restarted'));
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
});
