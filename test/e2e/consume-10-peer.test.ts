// AMQP 1.0 with a broker that does what a script says: what is promised on RabbitMQ holds on others, and for
// what no RabbitMQ does when asked.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import rhea from 'rhea';

import { usePeer, type Peer } from '../helpers/amqp-10-peer.ts';
import { numbers, startConsumer, useValve } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { useTcpProxy } from '../helpers/tcp-proxy.ts';

const FAILS_WHEN_TOLD = `
export default async function handle({ id, body, attempt, redelivered }) {
  console.log(id, attempt, redelivered);
  if (body.fail) throw new TypeError('on purpose');
  if (body.waits) await valve();
}
`;

interface Given {
  readonly handler?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function consumer(
  t: TestContext,
  { port }: Pick<Peer, 'port'>,
  given: Given = {},
): Promise<Hurricane> {
  const { handler = FAILS_WHEN_TOLD, args = [], env = {} } = given;
  const words = ['--protocol', '1.0', '--backoff', '100ms..200ms', ...args];
  return startConsumer(t, {
    ...{ artefact: 'js', broker: { port }, queue: 'q', handler, env, args: words },
  });
}

function message(id: string, body: object, header: object = {}): object {
  const content = Buffer.from(JSON.stringify(body));
  return {
    ...{ message_id: id, content_type: 'application/json', ...header },
    body: rhea.message.data_section(content) as unknown,
  };
}

const count = ({ outcomes }: Peer, outcome: string): number =>
  outcomes.filter((each) => each.startsWith(outcome)).length;

test('a ladder is climbed, a kill loses nothing, and a stop ends what has begun and gives back the rest [js]', async (t) => {
  const peer = await usePeer(t);
  const valve = useValve(t);
  const given = {
    handler: valve.source + FAILS_WHEN_TOLD,
    args: ['--retry', '200ms,800ms', '--concurrency', '4', '--prefetch', '20'],
  };
  const first = await consumer(t, peer, given);
  await first.up();
  peer.hand(message('fails', { fail: true }));
  for (const [n, address] of ['q.retry.200', 'q.retry.800', 'q.dead'].entries()) {
    await eventually(() => assert.equal(peer.published[n]?.address, address));
    // Only when the copy is safe.
    await eventually(() => assert.equal(count(peer, 'accepted'), n + 1));
    // As the broker does when its time is over.
    if (address !== 'q.dead') peer.hand(peer.published[n]?.message ?? {});
  }
  const { attempt, reason } = await first.sees('message.dead');
  assert.equal(attempt, 3);
  assert.match(String(reason), /^TypeError: on purpose/);
  const headers = peer.published[2]?.message.application_properties ?? {};
  assert.deepEqual([headers['hurricane-attempt'], headers['hurricane-queue']], [3, 'q']);
  assert.deepEqual(first.output, ['fails 1 false', 'fails 2 false', 'fails 3 false']);

  for (const n of numbers(10)) peer.hand(message(`${n}`, { waits: true }));
  await eventually(() => assert.equal(first.output.length, 7));
  first.signal('SIGKILL');
  await first.left;
  assert.deepEqual([count(peer, 'accepted'), peer.outcomes.length], [3, 3], 'none was let go');

  const second = await consumer(t, peer, given);
  await second.up();
  for (const n of numbers(10)) peer.hand(message(`${n}`, { waits: true }, { delivery_count: 1 }));
  await eventually(() => {
    assert.deepEqual(
      second.output,
      numbers(4).map((n) => `${n} 2 true`),
    );
  });
  second.signal('SIGTERM');
  await eventually(() => assert.equal(count(peer, 'released'), 6));
  valve.open();
  assert.equal((await second.exit).code, 0);
  assert.equal(second.output.length, 4, 'nothing began after the signal');
  assert.deepEqual(
    ['accepted', 'released', 'modified', 'rejected'].map((outcome) => count(peer, outcome)),
    [7, 6, 0, 0],
  );
  const { completed, shed } = await second.sees('drain.ended');
  assert.deepEqual([completed, shed], [4, 6]);
});

test('a queue that another broker deletes is waited for, or ends it with 69 [js]', async (t) => {
  const script: { missing?: { address: string; by: 'detach' } } = {};
  const peer = await usePeer(t, script);
  const waits = await consumer(t, peer);
  await waits.up();
  script.missing = { address: 'q', by: 'detach' };
  peer.detach('amqp:resource-deleted', "queue 'q' was deleted");
  await waits.sees(({ event, cause }) => event === 'consumer.reconnecting' && cause === 'missing');
  assert.equal((await waits.probe('ready')).status, 400);
  assert.equal((await waits.probe('alive')).status, 200);
  delete script.missing;
  await waits.seesNth(2, 'consumer.subscribed');
  peer.hand(message('back', {}));
  await eventually(() => assert.deepEqual(waits.output, ['back 1 false']));
  waits.signal('SIGTERM');
  assert.equal((await waits.exit).code, 0);

  const fails = await consumer(t, peer, { args: ['--missing', 'fail'] });
  await fails.up();
  script.missing = { address: 'q', by: 'detach' };
  peer.detach('amqp:resource-deleted', "queue 'q' was deleted");
  await fails.sees('hurricane.ended');
  assert.equal((await fails.exit).code, 69);
});

test('a queue that goes without a word is missed at the latest when nothing came for a heartbeat [js]', async (t) => {
  const script: { missing?: { address: string; by: 'session' } } = {};
  const peer = await usePeer(t, script);
  const hurricane = await consumer(t, peer, { args: ['--heartbeat', '1s'] });
  await hurricane.up();
  script.missing = { address: 'q', by: 'session' };
  await hurricane.sees(
    ({ event, cause }) => event === 'consumer.reconnecting' && cause === 'missing',
    10_000,
  );
  assert.equal((await hurricane.probe('ready')).status, 400);
  delete script.missing;
  await hurricane.seesNth(2, 'consumer.subscribed');
});

/** The head of a frame of 2 GiB, and what is none at all. */
const OVERSIZED = Buffer.from([0x7f, 0xff, 0xff, 0xff, 2, 0, 0, 0]);
const NO_FRAME = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');

/** Of 1000 bytes, the rest of which never comes. */
const BEGINNING = Buffer.from([0, 0, 3, 0xe8, 2, 0, 0, 0]);

test('a broker that says what is no AMQP 1.0, or falls silent within a frame, is left and consumed from anew [js]', async (t) => {
  const peer = await usePeer(t);
  const proxy = await useTcpProxy(t, () => `127.0.0.1:${peer.port}`);
  const args = ['--heartbeat', '1s', '--connect-timeout', '1s'];
  const hurricane = await consumer(t, proxy, { args });
  await hurricane.up();
  for (const [n, bytes] of [OVERSIZED, NO_FRAME].entries()) {
    await proxy.inject(bytes);
    const { reason } = await hurricane.seesNth(1 + n, 'consumer.lost', 10_000);
    assert.match(String(reason), /^it sent a frame of \d{10} bytes$/);
    await hurricane.seesNth(2 + n, 'consumer.subscribed');
  }
  for (const bytes of [BEGINNING, Buffer.alloc(8)]) await proxy.inject(bytes);
  proxy.swallow();
  const { reason } = await hurricane.seesNth(3, 'consumer.lost', 10_000);
  assert.match(String(reason), /^it said nothing for [23]/);
  proxy.reset();
  proxy.restore();
  await hurricane.seesNth(4, 'consumer.subscribed');
  peer.hand(message('after', {}));
  await eventually(() => assert.deepEqual(hurricane.output, ['after 1 false']));
});

test('another broker that does not let us in is the end, with 77 and a reason [js]', async (t) => {
  const peer = await usePeer(t, { forbidden: 'q' });
  for (const [password, why] of [
    ['wrong-secret', /refuses the login of user "guest"$/],
    ['guest', /^the broker refuses user "guest": access to queue 'q' refused$/],
  ] as const) {
    const hurricane = await consumer(t, peer, { env: { AMQP_PASSWORD: password } });
    assert.equal((await hurricane.exit).code, 77);
    assert.match(String((await hurricane.sees('hurricane.ended'))['reason']), why);
    assert.doesNotMatch(JSON.stringify(hurricane.logs), /wrong-secret/);
  }
});

const description = 'message size 5000 is larger than 1000';

for (const refusal of [
  { by: 'session', condition: 'amqp:precondition-failed', description }, // RabbitMQ 3.x
  { by: 'detach', condition: 'amqp:link:message-size-exceeded', description },
] as const) {
  test(`over AMQP 1.0 a failed message that is refused for good with ${refusal.condition} ends it with 65, and is still there [js]`, async (t) => {
    const peer = await usePeer(t, { verdict: () => refusal });
    const hurricane = await consumer(t, peer, { args: ['--retry', '100ms'] });
    await hurricane.up();
    peer.hand(message('large', { fail: true }));
    const { reason, next } = await hurricane.sees('hurricane.ended', 10_000);
    assert.equal((await hurricane.exit).code, 65);
    assert.equal(reason, `the broker takes no retry and no dead letter of it: ${description}`);
    assert.match(String(next), /^allow such messages at the broker/);
    assert.deepEqual(hurricane.output, ['large 1 false'], 'it was tried once');
    assert.deepEqual([peer.published.length, count(peer, 'accepted')], [1, 0]);
  });
}

test('a failed attempt that goes back at once is told in the words that the broker knows [js]', async (t) => {
  for (const [script, outcome] of [
    [{ product: 'RabbitMQ', version: '3.10.8' }, 'released'],
    [{ product: 'ActiveMQ', version: '6' }, 'modified'],
  ] as const) {
    const peer = await usePeer(t, script);
    const args = ['--retry', 'none', '--on-exhausted', 'requeue'];
    const hurricane = await consumer(t, peer, { args });
    await hurricane.up();
    peer.hand(message('x', { fail: true }));
    await eventually(() => assert.deepEqual(peer.outcomes, [`${outcome} 0`]));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
  }
});
