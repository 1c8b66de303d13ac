// Messages over AMQP 1.0, by the plugin of a real RabbitMQ 3.x: what is promised for 0-9-1 holds here too.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import rhea from 'rhea';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startConsumer, useClient, type Client } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const broker = shareRabbitmq();

const SPEAKS_AND_FAILS_WHEN_TOLD = `
export default async function handle({ id, body, attempt }) {
  console.log('handled', id, attempt);
  if (body.fail) throw new TypeError('on purpose');
}
`;

/** Written down before it is done: what hurricane prints may be lost with it. */
const WRITES_DOWN = `
import { appendFileSync } from 'node:fs';
export default async function handle({ id, attempt, redelivered }) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  appendFileSync(process.env.BOOK, [id, attempt, redelivered].join(' ') + '\\n');
}
`;

const TAKES_A_SECOND = `
export default async function handle({ id }) {
  console.log('begun', id);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
`;

interface Options {
  readonly vhost?: string;
  readonly handler?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function start(
  t: TestContext,
  artefact: Artefact,
  queue: string,
  { vhost = broker.vhost, handler = SPEAKS_AND_FAILS_WHEN_TOLD, args = [], env }: Options = {},
): Promise<Hurricane> {
  return startConsumer(t, {
    ...{ artefact, queue, handler, env: env ?? {}, args: ['--protocol', '1.0', ...args] },
    broker: { port: broker.port, vhost },
  });
}

/** The queue, its dead letters, and a queue for each delay: nobody else makes them. */
async function declare({ channel }: Client, queue: string, delays: readonly number[] = []) {
  const back = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue };
  const quorum = { 'x-queue-type': 'quorum' };
  await channel.assertQueue(queue, { arguments: quorum });
  await channel.assertQueue(`${queue}.dead`, { arguments: quorum });
  for (const delay of delays) {
    await channel.assertQueue(`${queue}.retry.${delay}`, {
      arguments: { ...quorum, ...back, 'x-message-ttl': delay },
    });
  }
}

/** Takes one for good, as a client of the same protocol: another does not see its properties. */
async function takeOver10(t: TestContext, queue: string): Promise<Record<string, unknown>> {
  const connection = rhea.create_container().connect({
    ...{ host: '127.0.0.1', port: broker.port, reconnect: false },
    ...{ hostname: `vhost:${broker.vhost}`, username: 'guest', password: 'guest' },
  });
  const source = { address: `/amq/queue/${queue}` };
  const receiver = connection.open_receiver({ source, credit_window: 1 });
  const [{ message }] = (await once(receiver, 'message', { signal: t.signal })) as [
    { message: Record<string, unknown> },
  ];
  const closed = once(connection, 'connection_close');
  connection.close();
  await closed;
  return message;
}

forEachArtefact(
  'hands every confirmed message to the handler, although it is killed',
  async (t, artefact) => {
    const queue = `complete/${artefact} ä`;
    const client = await useClient(t, broker);
    await declare(client, queue);
    await client.send(
      queue,
      Array.from({ length: 300 }, (_, n) => ({ n })),
    );
    const book = join(useTempDir(t), 'book');
    writeFileSync(book, '');
    const handled = () => readFileSync(book, 'utf8').trimEnd().split('\n');
    const options = { handler: WRITES_DOWN, args: ['--prefetch', '50'], env: { BOOK: book } };
    for (const killedAt of [20, 100]) {
      const hurricane = await start(t, artefact, queue, options);
      await eventually(() => assert.ok(handled().length >= killedAt), { within: 20_000 });
      hurricane.signal('SIGKILL');
      await hurricane.exit;
    }
    const hurricane = await start(t, artefact, queue, options);
    const ids = () => new Set(handled().map((line) => line.split(' ')[0]));
    await eventually(() => assert.equal(ids().size, 300), { within: 20_000 });
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    assert.equal(await client.count(queue), 0);
    const seen = new Set<string>();
    for (const line of handled()) {
      const [id = '', attempt, redelivered] = line.split(' ');
      if (seen.has(id)) assert.ok(redelivered === 'true' || Number(attempt) > 1, line);
      seen.add(id);
    }
  },
);

forEachArtefact('climbs the ladder of retries, then writes a dead letter', async (t, artefact) => {
  const queue = `ladder-${artefact}`;
  const client = await useClient(t, broker);
  await declare(client, queue, [200, 800]);
  const hurricane = await start(t, artefact, queue, {
    args: ['--retry', '200ms,800ms', '--topology', 'passive'],
  });
  await hurricane.up();
  assert.match(String((await hurricane.sees('consumer.subscribed'))['broker']), /^RabbitMQ 3\./);
  const sentAt = Date.now();
  await client.send(queue, [{ fail: true }]);
  const { time: deadAt, attempt } = await hurricane.sees('message.dead');
  assert.equal(attempt, 3);
  const tookMs = Date.parse(String(deadAt)) - sentAt;
  assert.ok(tookMs >= 1000 && tookMs < 5000, `${tookMs} ms`);
  const { message_id, content_type, subject, application_properties } = await takeOver10(
    t,
    `${queue}.dead`,
  );
  const headers = application_properties as Record<string, unknown>;
  assert.deepEqual([message_id, content_type, subject], ['0', 'application/json', queue]);
  assert.match(String(headers['hurricane-error']), /^TypeError: on purpose/);
  assert.deepEqual([headers['hurricane-attempt'], headers['hurricane-queue']], [3, queue]);
});

forEachArtefact('keeps a failed message whose next queue is not there', async (t, artefact) => {
  const queue = `kept-${artefact}`;
  const client = await useClient(t, broker);
  await declare(client, queue);
  const hurricane = await start(t, artefact, queue, { args: ['--retry', '200ms'] });
  await hurricane.up();
  await client.send(queue, [{ fail: true }]);
  const { to, reason } = await hurricane.sees('message.publish-failed');
  assert.equal(to, `${queue}.retry.200`);
  assert.match(String(reason), /no queue/);
  await eventually(async () => assert.notEqual((await hurricane.probe('ready')).status, 200));
  await declare(client, queue, [200]);
  await hurricane.sees('message.dead');
});

forEachArtefact('waits for a queue that is deleted, or ends with 69', async (t, artefact) => {
  const queue = `deleted-${artefact}`;
  const client = await useClient(t, broker);
  await declare(client, queue);
  // Not always told of it, they look for themselves.
  const heartbeat = ['--heartbeat', '2s'];
  const waits = await start(t, artefact, queue, {
    args: ['--backoff', '100ms..200ms', ...heartbeat],
  });
  const fails = await start(t, artefact, queue, { args: ['--missing', 'fail', ...heartbeat] });
  await Promise.all([waits.up(), fails.up()]);
  await client.send(queue, [{}, {}]);
  await eventually(() => assert.equal(waits.output.length + fails.output.length, 2));
  const before = waits.output.length;
  await client.channel.deleteQueue(queue);
  await waits.sees(({ event, cause }) => event === 'consumer.reconnecting' && cause === 'missing');
  assert.notEqual((await waits.probe('ready')).status, 200);
  assert.equal((await waits.probe('alive')).status, 200);
  assert.equal((await fails.exit).code, 69);
  await declare(client, queue);
  await waits.seesNth(2, 'consumer.subscribed');
  await client.send(queue, [{}]);
  await eventually(() => assert.equal(waits.output.length, before + 1));
});

forEachArtefact(
  'a broker that does not let us in is the end, with 77 and a reason',
  async (t, artefact) => {
    const queue = `refused-${artefact}`;
    const client = await useClient(t, broker);
    await declare(client, queue);
    const user = `weak-${artefact}`;
    await broker.api('PUT', `users/${user}`, { password: 'weak-secret', tags: '' });
    const nothing = { configure: '^$', write: '^$', read: '^$' };
    await broker.api('PUT', `permissions/${broker.vhostPath}/${user}`, nothing);
    const cases = [
      [{ env: { AMQP_PASSWORD: 'wrong-secret' } }, /refuses the login of user "guest"/],
      [{ vhost: 'nowhere' }, /does not let user "guest" into vhost "nowhere"/],
      [
        { env: { AMQP_USER: user, AMQP_PASSWORD: 'weak-secret' } },
        new RegExp(`refuses user "${user}": access to queue '${queue}'`),
      ],
    ] as const;
    for (const [options, why] of cases) {
      const hurricane = await start(t, artefact, queue, options);
      assert.equal((await hurricane.exit).code, 77);
      const { reason } = await hurricane.sees('hurricane.ended');
      assert.match(String(reason), why);
      assert.doesNotMatch(JSON.stringify(hurricane.logs), /-secret/);
    }
  },
);

forEachArtefact('a stop finishes what has begun and gives the rest back', async (t, artefact) => {
  const queue = `drained-${artefact}`;
  const client = await useClient(t, broker);
  await declare(client, queue);
  await client.send(
    queue,
    Array.from({ length: 40 }, (_, n) => ({ n })),
  );
  const args = ['--concurrency', '4', '--prefetch', '20'];
  const hurricane = await start(t, artefact, queue, {
    ...{ handler: TAKES_A_SECOND, args },
    // What the library has to say of frames, the password among them, is nobody's business.
    env: { DEBUG: '*' },
  });
  await eventually(() => assert.equal(hurricane.output.length, 4), { within: 20_000 });
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  const { completed, shed } = await hurricane.sees('drain.ended');
  assert.deepEqual([hurricane.output.length, completed], [4, 4]);
  // As many as have been done with may be on their way when no more are wanted.
  assert.ok(Number(shed) >= 16 && Number(shed) <= 20, String(shed));
  await eventually(async () => assert.equal(await client.count(queue), 36));
  assert.equal(hurricane.stderr, '');
});
