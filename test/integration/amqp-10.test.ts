// AMQP 1.0 against a peer that does what a script says: the faults that no real broker shows on demand.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import rhea from 'rhea';

import { Amqp10 } from '../../src/amqp/amqp-10.ts';
import type { Delivery, Link } from '../../src/amqp/transport.ts';
import type { BrokerConfig } from '../../src/config/slices/broker.ts';
import type { QueueConfig } from '../../src/config/slices/queue.ts';
import { HurricaneError } from '../../src/core/errors.ts';
import { usePeer, type Peer } from '../helpers/amqp-10-peer.ts';
import { eventually } from '../helpers/eventually.ts';

const RABBITMQ_3 = { product: 'RabbitMQ', version: '3.10.8' };

interface Case {
  readonly broker?: Partial<BrokerConfig>;
  readonly queue?: Partial<QueueConfig>;
  readonly address?: Partial<BrokerConfig['addresses'][number]>;
  readonly onDelivery?: (delivery: Delivery, count: number) => void;
}

interface Opened {
  readonly link: Link;
  readonly deliveries: readonly Delivery[];
}

async function openLink(
  t: TestContext,
  { port }: Pick<Peer, 'port'>,
  { broker, queue, address, onDelivery }: Case = {},
): Promise<Opened> {
  const deliveries: Delivery[] = [];
  const place = { host: '127.0.0.1', port, tls: false, vhost: '/' };
  const transport = new Amqp10({
    connectionName: 'test',
    broker: {
      addresses: [{ ...place, user: 'guest', password: 'guest', ...address }],
      protocol: '1.0',
      tls: { ca: undefined, cert: undefined, key: undefined },
      sasl: 'plain',
      ...{ heartbeatMs: 20_000, connectTimeoutMs: 5000, reconnect: undefined },
      ...broker,
    },
    queue: {
      name: 'q',
      ...{ exchange: undefined, exchangeType: 'topic', routingKeys: [], topology: 'none' },
      ...{ durable: true, type: 'quorum', arguments: [], missing: 'wait', prefetch: 5 },
      ...{ exclusive: false, singleActive: false, priority: undefined },
      ...{ retryDelaysMs: [1000], deadLetter: 'q.dead' },
      ...queue,
    },
  });
  const link = await transport.open({
    ...{ attempt: 0, routingKeys: [], mayDeclareQueue: false, signal: t.signal },
    onDelivery: (delivery) => {
      deliveries.push(delivery);
      onDelivery?.(delivery, deliveries.length);
    },
    onBlocked: () => undefined,
  });
  t.after(() => link.close(AbortSignal.abort()));
  return { link, deliveries };
}

const publishing = {
  ...{ exchange: '', routingKey: 'q.retry.1000', body: Buffer.from('b') },
  properties: { messageId: 'm', headers: { 'hurricane-attempt': 2, big: 2n } },
};

function data(text: string, more: object = {}): object {
  return { body: rhea.message.data_section(Buffer.from(text)) as unknown, ...more };
}

test('settles each message once, and gives new credit', async (t) => {
  const peer = await usePeer(t);
  const { link, deliveries } = await openLink(t, peer, { queue: { prefetch: 2 } });
  for (const n of [0, 1, 2, 3]) peer.hand(data(`${n}`));
  await eventually(() => assert.equal(deliveries.length, 2));
  for (const delivery of deliveries) delivery.ack();
  await eventually(() => assert.equal(deliveries.length, 4));
  assert.deepEqual(
    deliveries.map(({ body }) => body.toString()),
    ['0', '1', '2', '3'],
  );
  for (const delivery of deliveries.slice(2)) delivery.release();
  await link.close(t.signal);
  assert.deepEqual(peer.outcomes, ['accepted 0', 'accepted 1', 'released 2', 'released 3']);
});

for (const [product, outcome] of [
  [RABBITMQ_3, 'released'],
  [{ product: 'RabbitMQ', version: '4.1.0' }, 'modified'],
  [{}, 'modified'],
] as const) {
  const name = 'product' in product ? `${product.product} ${product.version}` : 'another broker';
  test(`a failed attempt that is requeued is ${outcome} for ${name}`, async (t) => {
    const peer = await usePeer(t, product);
    const { deliveries } = await openLink(t, peer);
    peer.hand(data('x'));
    await eventually(() => assert.equal(deliveries.length, 1));
    deliveries[0]?.requeue();
    await eventually(() => assert.deepEqual(peer.outcomes, [`${outcome} 0`]));
  });
}

test('counts attempts by our header, else by the count of the broker, else by the first acquirer', async (t) => {
  const counted = await usePeer(t);
  const { deliveries } = await openLink(t, counted);
  counted.hand(data('x', { delivery_count: 2 }));
  counted.hand(
    data('x', { delivery_count: 2, application_properties: { 'hurricane-attempt': 7 } }),
  );
  counted.hand(data('x', { first_acquirer: false }));
  await eventually(() => assert.equal(deliveries.length, 3));
  assert.deepEqual(
    deliveries.map(({ attempt, redelivered }) => [attempt, redelivered]),
    [
      [3, true],
      [7, true],
      [1, false],
    ],
  );
  const uncounted = await usePeer(t, RABBITMQ_3);
  const { deliveries: others } = await openLink(t, uncounted);
  uncounted.hand(data('x', { first_acquirer: true }));
  uncounted.hand(data('x', { first_acquirer: false }));
  await eventually(() => assert.equal(others.length, 2));
  assert.deepEqual(
    others.map(({ attempt, redelivered }) => [attempt, redelivered]),
    [
      [1, false],
      [2, true],
    ],
  );
});

test('one message that takes long does not hold back thousands of others', async (t) => {
  const peer = await usePeer(t);
  const { deliveries } = await openLink(t, peer, {
    queue: { prefetch: 100 },
    onDelivery: (delivery, count) => {
      if (count > 1) delivery.ack();
    },
  });
  for (let n = 0; n < 3000; n += 1) peer.hand(data('x'));
  await eventually(() => assert.equal(deliveries.length, 3000), { within: 20_000 });
});

test('tells of neighbours what became of each, whoever comes first', async (t) => {
  const peer = await usePeer(t);
  const { link, deliveries } = await openLink(t, peer);
  for (const n of [0, 1, 2, 3]) peer.hand(data(`${n}`));
  await eventually(() => assert.equal(deliveries.length, 4));
  deliveries[0]?.ack();
  deliveries[1]?.release();
  deliveries[2]?.requeue();
  deliveries[3]?.ack();
  await link.close(t.signal);
  const sorted = peer.outcomes.toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(sorted, ['accepted 0', 'accepted 3', 'modified 2', 'released 1']);
});

test('a message is published when the peer has accepted it, with properties that both protocols know', async (t) => {
  const peer = await usePeer(t);
  const { link } = await openLink(t, peer);
  await link.publish(publishing);
  const [{ address, message } = assert.fail()] = peer.published;
  const { durable, message_id, application_properties, subject } = message as unknown as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    { address, durable, message_id, application_properties, subject },
    {
      ...{ address: 'q.retry.1000', durable: true, message_id: 'm', subject: 'q.retry.1000' },
      application_properties: { 'hurricane-attempt': 2, big: 2 },
    },
  );
});

for (const [verdict, why] of [
  ['reject', /the broker refused it: too large \(q\.retry\.1000\)/],
  ['release', /no queue takes it: released/],
  ['modified', /no queue takes it: (modified|released)/],
] as const) {
  test(`a message is not published when the peer says ${verdict}`, async (t) => {
    const peer = await usePeer(t, { verdict: () => verdict });
    const { link } = await openLink(t, peer);
    await assert.rejects(link.publish(publishing), why);
    assert.equal(peer.published.length, 1);
  });
}

test('a message whose fate nobody tells is not published when the link ends', async (t) => {
  const peer = await usePeer(t, { verdict: () => 'silence' });
  const { link } = await openLink(t, peer);
  const published = link.publish(publishing);
  await eventually(() => assert.equal(peer.published.length, 1));
  await link.close(t.signal);
  await assert.rejects(published, /closed/);
});

for (const by of ['detach', 'session'] as const) {
  test(`a queue that is not there is known at once when told by ${by}, and waited for or not`, async (t) => {
    const peer = await usePeer(t, { missing: { address: 'q', by } });
    await assert.rejects(openLink(t, peer), {
      end: { cause: 'missing', reason: "no queue 'q'", fatal: undefined },
    });
    await assert.rejects(openLink(t, peer, { queue: { missing: 'fail' } }), (error: unknown) => {
      assert.ok(error instanceof HurricaneError);
      assert.deepEqual(
        [error.code, error.message],
        ['queue-missing', "it is not there: no queue 'q'"],
      );
      return true;
    });
  });

  test(`with topology passive a missing queue of dead letters is known, told by ${by}`, async (t) => {
    const peer = await usePeer(t, { missing: { address: 'q.dead', by } });
    const passive = { topology: 'passive', missing: 'fail' } as const;
    await assert.rejects(
      openLink(t, peer, { queue: passive }),
      /it is not there: no queue 'q.dead'/,
    );
    await openLink(t, peer, { queue: { topology: 'none' } });
  });

  test(`publishing to a queue that is not there fails at once when told by ${by}`, async (t) => {
    const peer = await usePeer(t, { missing: { address: 'q.retry.1000', by } });
    const { link } = await openLink(t, peer);
    await assert.rejects(link.publish(publishing), /no queue 'q.retry.1000'/);
    await link.publish({ ...publishing, routingKey: 'other' });
  });
}

test('what RabbitMQ 3.x accepts is only published when its queue is there', async (t) => {
  const address = '/amq/queue/q.retry.1000';
  const missing = { address, by: 'session', quietly: true } as const;
  const peer = await usePeer(t, { ...RABBITMQ_3, missing });
  const { link } = await openLink(t, peer);
  await assert.rejects(link.publish(publishing), /no queue/);
  assert.equal(peer.published[0]?.address, address);
  await link.publish({ ...publishing, routingKey: 'there' });
  await assert.rejects(link.publish({ ...publishing, exchange: 'x' }), /use --protocol 0-9-1/);
});

test('a consumer that the peer ends has lost its link, with the reason', async (t) => {
  const peer = await usePeer(t);
  const { link, deliveries } = await openLink(t, peer);
  peer.hand(data('x'));
  await eventually(() => assert.equal(deliveries.length, 1));
  peer.detach('amqp:resource-deleted', 'the queue was deleted');
  const { cause, reason, fatal } = await link.ended;
  assert.deepEqual([cause, reason, fatal], ['cancelled', 'the queue was deleted', undefined]);
  const [delivery = assert.fail()] = deliveries;
  assert.equal(delivery.isCurrent(), false);
  delivery.ack();
});

test('a peer that falls silent is given up after twice the heartbeat', async (t) => {
  const peer = await usePeer(t);
  const { link } = await openLink(t, peer, { broker: { heartbeatMs: 500 } });
  peer.fallSilent();
  const { cause, reason } = await link.ended;
  assert.equal(cause, 'connection');
  assert.match(reason, /^it said nothing for [12](\.\d)?s$/);
});

test('no delivery comes after a cancel, and those at hand can still be settled', async (t) => {
  const peer = await usePeer(t);
  const { link, deliveries } = await openLink(t, peer);
  peer.hand(data('x'));
  await eventually(() => assert.equal(deliveries.length, 1));
  await link.cancel(t.signal);
  peer.hand(data('y'));
  deliveries[0]?.ack();
  await link.close(t.signal);
  assert.deepEqual([deliveries.length, peer.outcomes], [1, ['accepted 0']]);
});

test('a wrong password is fatal, and one with letters of several bytes arrives whole', async (t) => {
  const peer = await usePeer(t, { password: 'pässwörd' });
  await assert.rejects(openLink(t, peer), (error: unknown) => {
    assert.ok(error instanceof HurricaneError);
    assert.deepEqual(
      [error.exitCode, error.message],
      [77, `the broker at 127.0.0.1:${peer.port} refuses the login of user "guest"`],
    );
    return true;
  });
  await openLink(t, peer, { address: { password: 'pässwörd' } });
});

test('a broker that offers no way to log in says which ones it has', async (t) => {
  const peer = await usePeer(t);
  await assert.rejects(openLink(t, peer, { broker: { sasl: 'external' } }), (error: unknown) => {
    assert.ok(error instanceof HurricaneError);
    assert.equal(error.exitCode, 77);
    assert.match(error.message, /does not let us log in this way: No suitable mechanism.*PLAIN/);
    return true;
  });
});

async function useServer(t: TestContext, greeting: Buffer | undefined): Promise<{ port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (greeting === undefined ? socket.resume() : socket.end(greeting)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server.address() as AddressInfo;
}

for (const [what, greeting, why] of [
  ['speaks 0-9-1 only', Buffer.from('AMQP\0\0\x09\x01'), /enable its plugin for AMQP 1\.0/],
  ['closes at once', Buffer.alloc(0), /is this port for TLS only\?/],
  ['answers as TLS does', Buffer.from([0x15, 3, 3, 0, 2, 2, 70]), /is this port for TLS only\?/],
  ['says nothing', undefined, /cannot be reached: no answer within 0\.3s/],
] as const) {
  test(`tells of a peer that ${what}`, async (t) => {
    const { port } = await useServer(t, greeting);
    const quick = { broker: { connectTimeoutMs: 300 } };
    await assert.rejects(openLink(t, { port }, greeting === undefined ? quick : {}), why);
  });
}

test('a broker that is not there can be tried again', async (t) => {
  const { port } = await useServer(t, undefined);
  await assert.rejects(openLink(t, { port: port === 1 ? 2 : 1 }), {
    name: 'LinkError',
    message: 'the broker at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
  });
});

test('a file with certificates that cannot be read is named', async (t) => {
  const ca = join(import.meta.dirname, 'not-there.pem');
  const trust = { tls: { ca, cert: undefined, key: undefined } };
  await assert.rejects(
    openLink(t, { port: 1 }, { broker: trust, address: { tls: true } }),
    /amqp-ca: cannot read .*not-there\.pem/,
  );
});
