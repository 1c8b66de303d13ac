// What the broker does not let us publish: of a handler, and of failed messages.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { startConsumer, useClient, type Client, type ConsumeOptions } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';

const broker = shareRabbitmq();

const PASSWORD = 'hush-1d7c';

/** Publishes where its body says, the innocent later than the others. */
const PUBLISHES = `
export default async function handle({ id, body, attempt }, context) {
  console.log('begun', id, attempt);
  if (body.to) await context.publish(body.to);
  else await new Promise((resolve) => setTimeout(resolve, 500));
}
`;
const FAILS = `
export default function handle({ id, attempt }) {
  console.log('begun', id, attempt);
  throw new Error('on purpose');
}
`;

function consumer(
  t: TestContext,
  given: Pick<ConsumeOptions, 'queue' | 'handler' | 'args'> & Partial<ConsumeOptions>,
): Promise<Hurricane> {
  return startConsumer(t, { artefact: 'js', broker, ...given });
}

/** A user that may write to these only. */
async function useWriter(name: string, write: string): Promise<Readonly<Record<string, string>>> {
  await broker.api('PUT', `users/${name}`, { password: PASSWORD, tags: '' });
  const rights = { configure: '.*', read: '.*', write };
  await broker.api('PUT', `permissions/${broker.vhostPath}/${name}`, rights);
  return { AMQP_USER: name, AMQP_PASSWORD: PASSWORD };
}

/** Queues of a 1.0 consumer are made by others. */
async function declare({ channel }: Client, queue: string): Promise<void> {
  for (const name of [queue, `${queue}.dead`]) {
    await channel.assertQueue(name, { arguments: { 'x-queue-type': 'quorum' } });
  }
}

test('a publication that the broker refuses fails the attempt of its message, and nobody else [js]', async (t) => {
  const queue = 'refusals';
  const client = await useClient(t, broker);
  await client.channel.assertExchange('forbidden', 'fanout');
  await client.channel.assertQueue('taken');
  const env = await useWriter('publisher', `^(amq\\.default|nowhere|${queue}.*)$`);
  const hurricane = await consumer(t, {
    ...{ queue, env, handler: PUBLISHES },
    args: ['--retry', 'none', '--concurrency', '20'],
  });
  await hurricane.up();
  const to = (exchange: string, routingKey = 'k') => ({
    to: { exchange, routingKey, body: 'x', headers: {} },
  });
  const innocent = Array.from({ length: 8 }, () => ({}));
  const asks = [to('nowhere'), to('forbidden'), to('', 'no-queue'), to('nowhere'), to('', 'taken')];
  await client.send(queue, [...innocent, ...asks]);
  await hurricane.seesNth(4, 'message.dead');
  await eventually(async () => {
    const { text } = await hurricane.probe('metrics');
    assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="ack"\} 9$/m);
  });
  const dead = hurricane.logs.filter(({ event }) => event === 'message.dead');
  const reasons = dead.map(({ id, reason }) => `${String(id)} ${String(reason)}`).sort();
  for (const [index, why] of [
    /^10 .*: no queue takes it: NO_ROUTE \(no-queue\)/,
    new RegExp(`^11 .*: no exchange 'nowhere' in vhost '${broker.vhost}' \\(404\\)`),
    new RegExp(`^8 .*: no exchange 'nowhere' in vhost '${broker.vhost}' \\(404\\)`),
    /^9 .*: access to exchange 'forbidden' in vhost '.*' refused for user 'publisher' \(403\)/,
  ].entries()) {
    assert.match(reasons[index] ?? '', why);
  }
  assert.equal(await client.count('taken'), 1);
  assert.equal(hurricane.output.length, 13, 'each began once');
  assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.lost'));
});

test('over AMQP 1.0 a publication that the broker refuses fails the attempt of its message only [js]', async (t) => {
  const queue = 'refusals-10';
  const client = await useClient(t, broker);
  await declare(client, queue);
  await client.channel.assertQueue('taken-10');
  const hurricane = await consumer(t, {
    ...{ queue, handler: PUBLISHES },
    args: ['--protocol', '1.0', '--retry', 'none', '--concurrency', '20'],
  });
  await hurricane.up();
  const to = (routingKey: string) => ({ to: { routingKey, body: 'x' } });
  const asks = [to('nowhere'), to('taken-10'), to('nowhere'), to('taken-10')];
  await client.send(queue, [{}, {}, {}, ...asks]);
  await hurricane.seesNth(2, 'message.dead');
  const { reason } = await hurricane.sees('message.dead');
  assert.match(String(reason), /no queue 'nowhere'/);
  await eventually(async () => assert.equal(await client.count('taken-10'), 2));
  await eventually(async () => {
    const { text } = await hurricane.probe('metrics');
    assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="ack"\} 5$/m);
  });
  assert.equal(hurricane.output.length, 7, 'each began once');
  assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.lost'));
});

for (const protocol of ['0-9-1', '1.0']) {
  test(`over AMQP ${protocol} a user who may not write failed messages ends it with 77, and the message stays [js]`, async (t) => {
    const queue = `unwritten-${protocol}`;
    const client = await useClient(t, broker);
    await declare(client, queue);
    const env = await useWriter('reader', '^unwritten-0-9-1.*$');
    const hurricane = await consumer(t, {
      ...{ queue, env, handler: FAILS },
      args: ['--protocol', protocol, '--retry', 'none', '--topology', 'passive'],
    });
    await hurricane.up();
    await client.send(queue, [1]);
    const { reason, next } = await hurricane.sees('hurricane.ended');
    assert.match(
      String(reason),
      /^the broker refuses user "reader": access to exchange 'amq\.default' .* refused for user 'reader'/,
    );
    assert.match(String(next), /^give the user permission to write/);
    assert.equal((await hurricane.exit).code, 77);
    assert.deepEqual(hurricane.output, ['begun 0 1']);
    await eventually(async () => assert.equal(await client.count(queue), 1));
  });
}

test('a failed message whose headers leave no room for ours goes on without the largest [js]', async (t) => {
  const queue = 'large-headers';
  const hurricane = await consumer(t, { queue, handler: FAILS, args: ['--retry', '100ms'] });
  await hurricane.up();
  const client = await useClient(t, broker);
  const headers = { large: 'x'.repeat(40_000), medium: 'y'.repeat(25_400), small: 1 };
  await client.send(queue, ['retried'], { headers });
  const { dropped_headers: dropped } = await hurricane.sees('message.retried');
  assert.deepEqual(dropped, ['large']);
  assert.equal((await hurricane.sees('message.dead'))['dropped_headers'], undefined);
  const dead = await client.take(`${queue}.dead`);
  assert.equal(dead?.content.toString(), '"retried"');
  const { medium, small, ...others }: Record<string, unknown> = dead.properties.headers ?? {};
  assert.deepEqual([medium, small, others['large']], [headers.medium, 1, undefined]);
  assert.deepEqual(
    [others['hurricane-dropped-headers'], others['hurricane-attempt']],
    ['large', 2],
  );
  // At once, this one.
  client.channel.sendToQueue(queue, Buffer.from('{'), {
    contentType: 'application/json',
    headers: { ...headers, large: 'x'.repeat(20_000), larger: 'z'.repeat(19_900) },
  });
  const second = await hurricane.seesNth(2, 'message.dead');
  assert.deepEqual(second['dropped_headers'], ['medium']);
  const undecodable = await client.take(`${queue}.dead`);
  assert.equal(undecodable?.properties.headers?.['hurricane-dropped-headers'], 'medium');
  assert.ok(!hurricane.logs.some(({ event }) => event === 'message.publish-failed'));
});

test('a message that goes back at once is told of, until the broker gives it up by itself [js]', async (t) => {
  const queue = 'goes-back';
  const hurricane = await consumer(t, {
    ...{ queue, handler: FAILS },
    args: [
      ...['--retry', 'none', '--on-exhausted', 'requeue', '--queue-arg', 'x-delivery-limit=4'],
      ...['--log-level', 'debug'],
    ],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['x'], { messageId: 'm-1' });
  await eventually(async () => assert.equal(await client.count(`${queue}.dead`), 1));
  const dead = await client.take(`${queue}.dead`);
  const headers: Record<string, unknown> = dead?.properties.headers ?? {};
  assert.equal((headers['x-death'] as { reason: string }[])[0]?.reason, 'delivery_limit');
  assert.ok(!Object.keys(headers).some((name) => name.startsWith('hurricane-')));
  await hurricane.seesNth(5, 'message.requeued');
  const requeued = hurricane.logs.filter(({ event }) => event === 'message.requeued');
  assert.deepEqual(
    requeued.map(({ level, id, routing_key: key }) => [level, id, key]),
    [['info', 'm-1', queue], ...Array<unknown>(4).fill(['debug', 'm-1', queue])],
  );
  assert.match(String(requeued[0]?.['reason']), /^Error: on purpose/);
  const { text } = await hurricane.probe('metrics');
  assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="requeue"\} 5$/m);
  assert.doesNotMatch(text, /^hurricane_consumer_dead_total\{.*\} [1-9]/m);
});

test('a failed message that finds no queue is named, by its routing key at least [js]', async (t) => {
  const queue = 'named';
  const client = await useClient(t, broker);
  await declare(client, queue);
  const args = ['--retry', 'none', '--topology', 'passive'];
  const hurricane = await consumer(t, { queue, handler: FAILS, args });
  await hurricane.up();
  await client.channel.deleteQueue(`${queue}.dead`);
  await client.send(queue, ['x'], { messageId: 'm-1' });
  const named = await hurricane.sees('message.publish-failed');
  assert.deepEqual([named['queue'], named['id'], named['routing_key']], [queue, 'm-1', queue]);
  await client.channel.assertQueue(`${queue}.dead`, { arguments: { 'x-queue-type': 'quorum' } });
  await hurricane.sees('message.dead');
});
