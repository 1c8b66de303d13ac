// A broker that stops, freezes, closes connections, asks for silence or is cut off: the consumer outlives it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { numbers, startConsumer, useClient, useValve } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { ownRabbitmq } from '../helpers/rabbitmq.ts';
import { useTcpProxy } from '../helpers/tcp-proxy.ts';

const broker = ownRabbitmq({
  config: ['consumer_timeout = 3000'],
  advanced: '[{rabbit, [{channel_tick_interval, 1000}]}].',
});
const WITHIN = { within: 20_000 };

const SPEAKS = `
export default function handle({ body }) {
  console.log('handled', body);
}
`;
const NEVER_ENDS = `
export default function handle({ body }) {
  console.log('begun', body);
  return new Promise(() => undefined);
}
`;
const THROWS_AT_FIRST = `
export default function handle({ body, attempt }) {
  if (attempt === 1 || (attempt === 2 && body === 'old')) throw new Error('on purpose');
  console.log('handled', body);
}
`;

const HANDLES = `export default ({ body }) => console.log('handled', body);`;

/** Its memory that no file is behind. */
function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]);
}

const events = ({ logs }: Hurricane, name: string) => logs.filter(({ event }) => event === name);
const readiness = async (hurricane: Hurricane) => (await hurricane.probe('ready')).status;

test('a failed message that the broker will never take again ends it with 65, and is still there [js]', async (t) => {
  const queue = 'too-large';
  const options = { artefact: 'js', broker, queue, args: ['--retry', '100ms'] } as const;
  const first = await startConsumer(t, { ...options, handler: SPEAKS });
  await first.up();
  first.signal('SIGTERM');
  await first.exit;
  const client = await useClient(t, broker);
  await client.send(queue, ['x'.repeat(5000)]);
  const limit = (bytes: number) =>
    broker.control('eval', `application:set_env(rabbit, max_message_size, ${bytes}).`);
  await limit(1000);
  t.after(() => limit(134_217_728));
  const handler = "export default () => { throw new Error('on purpose'); };";
  const hurricane = await startConsumer(t, { ...options, handler });
  assert.equal((await hurricane.exit).code, 65);
  const { reason, next } = await hurricane.sees('hurricane.ended');
  assert.match(
    String(reason),
    /takes no retry and no dead letter of it: message size 5\d+ is larger/,
  );
  assert.match(String(next), /^allow such messages at the broker/);
  await eventually(async () => assert.equal(await client.count(queue), 1));
});

forEachArtefact(
  'consumes again when an operator has closed its connections',
  async (t, artefact) => {
    const queue = `closed-${artefact}`;
    const hurricane = await startConsumer(t, { artefact, broker, queue, handler: SPEAKS });
    await hurricane.up();
    await broker.control('close_all_connections', 'maintenance');
    const { reason, time: lostAt } = await hurricane.sees('consumer.lost');
    assert.match(String(reason), /maintenance/);
    const { time: againAt } = await hurricane.seesNth(2, 'consumer.subscribed');
    const tookMs = Date.parse(String(againAt)) - Date.parse(String(lostAt));
    assert.ok(tookMs < 2000, `${tookMs} ms`);
    const client = await useClient(t, broker);
    await client.send(queue, [1]);
    await eventually(() => assert.deepEqual(hurricane.output, ['handled 1']), WITHIN);
    assert.equal(await readiness(hurricane), 200);
  },
);

test('an acknowledgement never reaches another connection than its own [js]', async (t) => {
  const queue = 'swapped';
  const valve = useValve(t);
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `${valve.source}
export default async function handle({ body, redelivered }) {
  console.log(redelivered ? 'again' : 'first', body);
  if (!redelivered) await valve();
}`,
    // Later than the broker takes to close all that there are.
    args: ['--concurrency', '100', '--prefetch', '100', '--backoff', '1s..1s:no-jitter'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, numbers(50));
  const said = (word: string) => hurricane.output.filter((line) => line.startsWith(word)).length;
  await eventually(() => assert.equal(said('first'), 50), WITHIN);
  await broker.control('close_all_connections', 'swap');
  await eventually(() => assert.equal(said('again'), 50), WITHIN);
  valve.open();
  await eventually(async () => {
    const page = (await hurricane.probe('metrics')).body.toString();
    assert.match(page, /outcome="lost"\} 50$/m);
    assert.match(page, /outcome="ack"\} 50$/m);
  }, WITHIN);
  assert.equal(events(hurricane, 'consumer.lost').length, 1);
});

test('names the time that the broker allows for a message, and consumes on [js]', async (t) => {
  const queue = 'slow';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `
export default async function handle({ body, redelivered }) {
  console.log(body, redelivered);
  if (redelivered || body === 'next') return;
  await new Promise((resolve) => setTimeout(resolve, 6000));
  console.log('late');
}`,
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['slow']);
  const { reason } = await hurricane.sees('consumer.lost');
  assert.match(String(reason), /was not settled within the time that the broker allows/);
  await eventually(() => assert.equal(hurricane.output.at(-1), 'late'), WITHIN);
  // Its late acknowledgement would close the new channel, where nobody knows it.
  await client.send(queue, ['next']);
  await eventually(async () => {
    const { text } = await hurricane.probe('metrics');
    for (const outcome of ['lost"} 1', 'ack"} 2']) {
      assert.ok(text.includes(`outcome="${outcome}\n`), text);
    }
    assert.match(text, /^hurricane_consumer_reconnects_total\{.*cause="channel"\} 1$/m);
  });
  await eventually(() =>
    assert.deepEqual(hurricane.output, ['slow false', 'slow true', 'late', 'next false']),
  );
  assert.equal(await readiness(hurricane), 200);
  assert.equal(events(hurricane, 'consumer.lost').length, 1);
});

test('goes on with what succeeds while the broker asks for silence, and keeps what fails [js]', async (t) => {
  const queue = 'alarmed';
  const valve = useValve(t);
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    // A connection is asked only when it publishes.
    handler: `${valve.source}
export default async function handle({ body, attempt }) {
  if (body === 'fails' && attempt === 1) {
    await valve();
    throw new Error('on purpose');
  }
  if (attempt === 1) await valve();
  console.log(body);
}`,
    args: ['--retry', '100ms', '--concurrency', '2'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['fails', ...numbers(20)]);
  await broker.control('set_vm_memory_high_watermark', 'absolute', '10MB');
  t.after(() => broker.control('set_vm_memory_high_watermark', 'absolute', '4GB'));
  const gauge = async (): Promise<string | undefined> => {
    const page = (await hurricane.probe('metrics')).body.toString();
    return /^hurricane_consumer_blocked\S* (\d)$/m.exec(page)?.[1];
  };
  valve.open();
  await eventually(async () => assert.equal(await gauge(), '1'), WITHIN);
  await eventually(() => assert.equal(hurricane.output.length, 20), WITHIN);
  assert.equal(events(hurricane, 'message.retried').length, 0);
  await broker.control('set_vm_memory_high_watermark', 'absolute', '4GB');
  await eventually(() => assert.equal(hurricane.output.at(-1), 'fails'), WITHIN);
  assert.equal(await gauge(), '0');
});

test('a broker that is frozen is noticed, and consumed from again when it thaws [js]', async (t) => {
  const queue = 'freezes';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: SPEAKS },
    args: ['--heartbeat', '2s', '--connect-timeout', '1s', '--backoff', '100ms..500ms'],
  });
  await hurricane.up();
  broker.signal('SIGSTOP');
  t.after(() => broker.signal('SIGCONT'));
  const frozenAt = performance.now();
  await hurricane.sees('consumer.lost');
  // Three heartbeats.
  assert.ok(performance.now() - frozenAt < 6000, `${performance.now() - frozenAt} ms`);
  await hurricane.seesNth(2, 'consumer.reconnecting');
  assert.deepEqual(
    [await readiness(hurricane), (await hurricane.probe('alive')).status],
    [400, 200],
  );
  broker.signal('SIGCONT');
  await hurricane.seesNth(2, 'consumer.subscribed');
  const client = await useClient(t, broker);
  await client.send(queue, [1]);
  await eventually(() => assert.deepEqual(hurricane.output, ['handled 1']), WITHIN);
});

test('ends within the grace period although the broker is frozen [js]', async (t) => {
  const queue = 'frozen';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: NEVER_ENDS },
    args: ['--grace-period', '2s'],
  });
  await hurricane.up();
  broker.signal('SIGSTOP');
  t.after(() => broker.signal('SIGCONT'));
  const askedAt = performance.now();
  hurricane.signal('SIGTERM');
  const { code } = await hurricane.exit;
  const tookMs = performance.now() - askedAt;
  assert.deepEqual([code, tookMs < 3000], [0, true], `${tookMs} ms`);
});

/** The head of a frame of 2 GiB, and what is none at all. */
const OVERSIZED = Buffer.from([3, 0, 1, 0x7f, 0xff, 0xff, 0xff]);
const NO_FRAME = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');

test('notices a network that swallows everything, one that resets, and one that says what is no AMQP [js]', async (t) => {
  const queue = 'swallowed';
  const proxy = await useTcpProxy(t, broker.address);
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker: proxy, queue, handler: SPEAKS },
    args: ['--heartbeat', '1s', '--connect-timeout', '1s', '--backoff', '100ms..500ms'],
  });
  await hurricane.up();
  proxy.reset();
  await hurricane.seesNth(2, 'consumer.subscribed');
  const { reason } = await hurricane.sees('consumer.lost');
  assert.match(String(reason), /ECONNRESET/);
  proxy.swallow();
  const { reason: silence } = await hurricane.seesNth(2, 'consumer.lost');
  assert.match(String(silence), /[Hh]eartbeat/);
  await hurricane.sees(
    ({ event, reason: why }) =>
      event === 'consumer.reconnecting' && String(why).includes('did not speak AMQP'),
  );
  proxy.restore();
  await hurricane.seesNth(3, 'consumer.subscribed');
  for (const [n, bytes] of [OVERSIZED, NO_FRAME].entries()) {
    await proxy.inject(bytes);
    const { reason: fault } = await hurricane.seesNth(3 + n, 'consumer.lost');
    assert.match(String(fault), /^Frame size \d{10} exceeds/);
    await hurricane.seesNth(4 + n, 'consumer.subscribed');
  }
  const client = await useClient(t, broker);
  await client.send(queue, [1]);
  await eventually(() => assert.deepEqual(hurricane.output, ['handled 1']), WITHIN);
});

test('of several with a single active consumer the next takes over [js]', async (t) => {
  const queue = 'single';
  const options = { artefact: 'js', broker, queue, handler: SPEAKS } as const;
  const first = await startConsumer(t, { ...options, args: ['--single-active'] });
  await first.up();
  const second = await startConsumer(t, { ...options, args: ['--single-active'] });
  await second.up();
  const client = await useClient(t, broker);
  await client.send(queue, [1, 2]);
  await eventually(() => assert.equal(first.output.length, 2), WITHIN);
  assert.deepEqual(second.output, []);
  assert.equal(await readiness(second), 200, 'a rollout would wait for it for ever');
  first.signal('SIGKILL');
  await client.send(queue, [3]);
  await eventually(() => assert.deepEqual(second.output, ['handled 3']), WITHIN);
});

test('does not grow with the number of its connections [js]', async (t) => {
  const queue = 'reconnects';
  const rounds = process.env['SOAK'] === undefined ? 30 : 200;
  const proxy = await useTcpProxy(t, broker.address);
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker: proxy, queue, handler: SPEAKS },
    args: ['--backoff', '1ms..10ms', '--heartbeat', '1s'],
    // Garbage may not gather for long.
    env: { NODE_OPTIONS: '--max-old-space-size=20 --max-semi-space-size=1' },
  });
  await hurricane.up();
  const descriptors = () => readdirSync(`/proc/${hurricane.pid}/fd`).length;
  const before = descriptors();
  const residentBefore = residentKib(hurricane.pid);
  for (const round of numbers(rounds)) {
    proxy.reset();
    await hurricane.seesNth(round + 2, 'consumer.subscribed');
  }
  await eventually(() => assert.ok(descriptors() <= before, `${descriptors()}, before ${before}`));
  assert.doesNotMatch(hurricane.stderr, /MaxListeners/);
  const grownKib = residentKib(hurricane.pid) - residentBefore;
  // Less than the buffers of one connection for each, and some for code that had not run before.
  assert.ok(grownKib < 8 * 1024 + rounds * 40, `${grownKib} KiB after ${rounds} connections`);
});

test('loses nothing to a broker that crashes, stays alive without it, ends without it in order, and outlives one that stops [js]', async (t) => {
  const types = ['classic', 'quorum'] as const;
  // What a classic queue hands on when a retry is due, it hands on without a confirmation.
  const handlers = { classic: HANDLES, quorum: THROWS_AT_FIRST };
  const client = await useClient(t, broker);
  const hurricanes = await Promise.all(
    types.map((type) =>
      startConsumer(t, {
        ...{ artefact: 'js', broker, queue: `crash-${type}`, handler: handlers[type] },
        args: [
          ...['--queue-type', type, '--retry', '500ms,4s', '--backoff', '200ms..1s'],
          ...['--concurrency', '4', '--prefetch', '20'],
        ],
      }),
    ),
  );
  for (const hurricane of hurricanes) await hurricane.up();
  // Quorum queues that are younger than 3 s may have no leader after a crash, for minutes.
  for (const type of types) await client.send(`crash-${type}`, ['old']);
  for (const { output } of hurricanes) {
    await eventually(() => assert.deepEqual(output, ['handled old']), WITHIN);
  }
  for (const type of types) await client.send(`crash-${type}`, numbers(300));
  await broker.stop('SIGKILL');
  for (const hurricane of hurricanes) {
    await hurricane.sees('consumer.lost');
    assert.deepEqual(
      [await readiness(hurricane), (await hurricane.probe('alive')).status],
      [400, 200],
    );
  }
  await broker.boot();
  for (const hurricane of hurricanes) {
    await hurricane.seesNth(2, 'consumer.subscribed', 60_000);
    // What a quorum queue handed on to one without a leader, it hands on again after 3 minutes.
    await eventually(() => assert.equal(new Set(hurricane.output).size, 301), { within: 200_000 });
  }
  await broker.stop('SIGTERM');
  for (const hurricane of hurricanes) {
    const lost = await hurricane.seesNth(2, 'consumer.lost');
    assert.match(String(lost['reason']), /shutdown/i);
  }
  const [ends, resumes] = hurricanes;
  ends?.signal('SIGTERM');
  assert.equal((await ends?.exit)?.code, 0);
  await broker.boot();
  await resumes?.seesNth(3, 'consumer.subscribed', 60_000);
  const again = await useClient(t, broker);
  await again.send('crash-quorum', ['again']);
  await eventually(() => assert.equal(resumes?.output.at(-1), 'handled again'), WITHIN);
});
