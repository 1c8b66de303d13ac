// What the development broker promises to whoever tests with it, asked by a client that is not ours.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';

import amqp, { type ConfirmChannel, type ConsumeMessage, type Options } from 'amqplib';

import { DevelopmentBroker } from '../../scripts/development-broker/broker.ts';
import { matchesTopic } from '../../scripts/development-broker/virtual-host.ts';
import { useClient } from '../helpers/consume.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';

test('it listens on loopback only', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'localhost.example']) {
    await assert.rejects(new DevelopmentBroker({ host }).start(), {
      message: `the development broker listens on loopback only, not on ${host}`,
    });
  }
});

test('it says what it is, and refuses strangers, other vhosts and other protocols', async (t) => {
  const { port } = await useDevelopmentBroker(t);
  const opening = (given: Options.Connect) =>
    amqp.connect({ hostname: '127.0.0.1', port, ...given });
  await assert.rejects(opening({ username: 'guest', password: 'wrong' }), /403 \(ACCESS-REFUSED\)/);
  await assert.rejects(opening({ vhost: 'other' }), /ConnectionClose/);
  const model = await opening({});
  assert.match(model.connection.serverProperties.product, /development broker/);
  await model.close();
  const web = connect(port, '127.0.0.1');
  web.write('GET / HTTP/1.1\r\n\r\n');
  assert.equal(await text(web), 'AMQP\0\0\t\x01');
});

test('what is refused costs the channel, and names what is wrong', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const { channel } = await useClient(t, broker);
  await channel.assertQueue('jobs', { durable: true });
  await channel.assertExchange('work', 'topic');
  const cases: [(other: ConfirmChannel) => Promise<unknown>, RegExp][] = [
    [(other) => other.assertQueue('jobs', { durable: false }), /406 .* inequivalent arg 'durable'/],
    [
      (other) => other.assertQueue('jobs', { messageTtl: 1 }),
      /406 .* inequivalent arg 'x-message-ttl'/,
    ],
    [(other) => other.assertExchange('work', 'direct'), /406 .* inequivalent arg 'type'/],
    [(other) => other.assertExchange('amq.own', 'direct'), /403 .* reserved/],
    [(other) => other.checkQueue('none'), /404 .* no queue 'none'/],
    [(other) => other.checkExchange('none'), /404 .* no exchange 'none'/],
    [(other) => other.bindQueue('jobs', 'none', ''), /404 .* no exchange 'none'/],
    [(other) => other.consume('none', () => undefined), /404 .* no queue 'none'/],
  ];
  for (const [ask, answer] of cases) {
    const other = await useClient(t, broker);
    await assert.rejects(ask(other.channel), answer);
  }
  const other = await useClient(t, broker);
  const failed = once(other.channel, 'error');
  other.channel.ack({ fields: { deliveryTag: 7 } } as ConsumeMessage);
  assert.match(String(await failed), /406 .* unknown delivery tag 7/);
  await channel.checkQueue('jobs');
});

test('what it does not know costs the connection, and is not taken for known', async (t) => {
  const { port } = await useDevelopmentBroker(t);
  const cases: [(channel: ConfirmChannel) => Promise<unknown>, RegExp][] = [
    [(channel) => channel.assertQueue('q', { maxLength: 5 }), /540 .* no queues with x-max-length/],
    [(channel) => channel.assertQueue('q', { exclusive: true }), /540 .* exclusive/],
    [(channel) => channel.assertExchange('e', 'headers'), /503 .* no exchanges of type 'headers'/],
    [(channel) => channel.purgeQueue('q'), /540 .* no method 50\.30/],
  ];
  for (const [ask, answer] of cases) {
    const model = await amqp.connect({ hostname: '127.0.0.1', port });
    const failed = once(model, 'error');
    const asked = ask(await model.createConfirmChannel()).catch(() => undefined);
    assert.match(String(await failed), answer);
    await asked;
  }
});

test('a message without a queue comes back before it is confirmed', async (t) => {
  const { channel } = await useClient(t, await useDevelopmentBroker(t));
  const said: string[] = [];
  channel.on('return', ({ fields }: { fields: { replyText?: string } }) => {
    said.push(String(fields.replyText));
  });
  channel.sendToQueue('none', Buffer.from('a'), { mandatory: true }, () => said.push('confirmed'));
  await channel.waitForConfirms();
  assert.deepEqual(said, ['NO_ROUTE', 'confirmed']);
});

test('what goes back stands where it stood, as redelivered, and large bodies stay whole', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const client = await useClient(t, broker);
  const { channel } = client;
  const take = () => client.take('jobs');
  await channel.assertQueue('jobs');
  const large = Buffer.alloc(500_000, 'ab');
  for (const body of [Buffer.from('1'), large, Buffer.from('3')]) {
    channel.sendToQueue('jobs', body, { headers: { nested: { list: [1, null, 1.5] } } });
  }
  await channel.waitForConfirms();
  const [first, second] = await takesTwo(t, broker);
  assert.equal(first?.content.toString(), '1');
  assert.ok(second?.content.equals(large));
  assert.deepEqual(second?.properties.headers, { nested: { list: [1, null, 1.5] } });
  await eventually(async () => assert.equal((await channel.checkQueue('jobs')).messageCount, 3));
  const taken = [await take(), await take(), await take()];
  assert.deepEqual(
    taken.map((message) => [message?.content.length, message?.fields.redelivered]),
    [
      [1, true],
      [500_000, true],
      [1, false],
    ],
  );
});

/** What a consumer is handed that may have two in hand, and goes without settling them. */
async function takesTwo(
  t: TestContext,
  broker: DevelopmentBroker,
): Promise<readonly ConsumeMessage[]> {
  const leaving = await useClient(t, broker);
  const messages: ConsumeMessage[] = [];
  await leaving.channel.prefetch(2);
  await leaving.channel.consume('jobs', (message) => message && messages.push(message));
  await eventually(() => assert.equal(messages.length, 2));
  await leaving.close();
  return messages;
}

test('a message whose time is over, or that is rejected, goes to the dead letters', async (t) => {
  const { channel } = await useClient(t, await useDevelopmentBroker(t));
  const deadLettered = { deadLetterExchange: '', deadLetterRoutingKey: 'dead' };
  await channel.assertQueue('dead');
  await channel.assertQueue('short', { messageTtl: 30, ...deadLettered });
  await channel.assertQueue('refused', deadLettered);
  channel.sendToQueue('short', Buffer.from('late'));
  await eventually(async () => assert.equal((await channel.checkQueue('dead')).messageCount, 1));
  channel.sendToQueue('refused', Buffer.from('bad'));
  await channel.waitForConfirms();
  const message = await channel.get('refused');
  if (message !== false) channel.reject(message, false);
  const letters = [await channel.get('dead'), await channel.get('dead')];
  assert.deepEqual(
    letters.map((letter) => letter && letter.content.toString()),
    ['late', 'bad'],
  );
});

test('of several consumers each has its turn, and one who wants them alone gets all or nothing', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const { channel } = await useClient(t, broker);
  await channel.assertQueue('shared');
  const got: string[] = [];
  for (const name of ['a', 'b']) {
    await channel.consume('shared', () => got.push(name), { noAck: true });
  }
  for (let n = 0; n < 4; n += 1) channel.sendToQueue('shared', Buffer.from('x'));
  await eventually(() => assert.deepEqual(got, ['a', 'b', 'a', 'b']));
  const other = await useClient(t, broker);
  await assert.rejects(
    other.channel.consume('shared', () => undefined, { exclusive: true }),
    /403 .* in exclusive use/,
  );
});

test('a higher priority comes first, a single active consumer alone, and the next when it has gone', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const { channel } = await useClient(t, broker);
  await channel.assertQueue('ranked');
  await channel.assertQueue('single', { arguments: { 'x-single-active-consumer': true } });
  const got: string[] = [];
  const take = (name: string) => () => got.push(name);
  const noAck = true;
  await channel.consume('ranked', take('low'), { noAck });
  await channel.consume('ranked', take('high'), { noAck, priority: 5 });
  const { consumerTag } = await channel.consume('single', take('first'), { noAck });
  await channel.consume('single', take('second'), { noAck });
  for (const queue of ['ranked', 'ranked', 'single', 'single']) {
    channel.sendToQueue(queue, Buffer.from('x'));
  }
  await eventually(() => assert.deepEqual(got, ['high', 'high', 'first', 'first']));
  await channel.cancel(consumerTag);
  channel.sendToQueue('single', Buffer.from('x'));
  await eventually(() => assert.equal(got.at(-1), 'second'));
});

test('words of a topic match as AMQP says', () => {
  const matches = (pattern: string, key: string): boolean => matchesTopic(pattern, key);
  for (const pattern of ['a.b.c', '#', 'a.#', 'a.*.c', '#.c', 'a.#.c', 'a.b.c.#', '*.b.#']) {
    assert.ok(matches(pattern, 'a.b.c'), pattern);
  }
  for (const pattern of ['a.b', '*', 'a.*', 'a.b.c.*', '#.b', '']) {
    assert.ok(!matches(pattern, 'a.b.c'), pattern);
  }
  assert.ok(matches('', '') && matches('#', ''));
});
