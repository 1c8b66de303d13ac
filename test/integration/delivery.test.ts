// Where messages are posted: to the app of now, and nowhere while nobody listens. Its broker is a fake.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type {
  Delivery as Message,
  Link,
  OpenOptions,
  Transport,
} from '../../src/amqp/transport.ts';
import { Delivery } from '../../src/app/delivery.ts';
import { loadServeConfig } from '../../src/config/load.ts';
import { Deadline } from '../../src/core/deadline.ts';
import { eventually } from '../helpers/eventually.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { loadInput } from '../helpers/load-input.ts';
import { usePort } from '../helpers/port.ts';

class FakeBroker implements Transport, Link {
  readonly broker = 'fake';
  readonly blocked = false;
  readonly ended = new Promise<never>(() => undefined);
  /** What became of messages, in order. */
  readonly settled: string[] = [];
  #handOut: OpenOptions['onDelivery'] = () => undefined;

  address(): string {
    return 'fake';
  }

  open({ onDelivery }: OpenOptions): Promise<Link> {
    this.#handOut = onDelivery;
    return Promise.resolve(this);
  }

  hand(id: string): void {
    const settle = (how: string) => (): void => void this.settled.push(`${id} ${how}`);
    const message: Message = {
      ...{ exchange: '', routingKey: 'q', redelivered: false, attempt: 1 },
      body: Buffer.from(id),
      properties: { messageId: id, headers: {} },
      isCurrent: () => true,
      ...{ ack: settle('ack'), release: settle('release'), requeue: settle('requeue') },
    };
    this.#handOut(message);
  }

  publish = (): Promise<void> => Promise.resolve();
  republish = this.publish;
  headerRoom = (): number => Infinity;
  redeclare = (): Promise<void> => Promise.resolve();
  cancel = (): Promise<void> => Promise.resolve();
  resume = this.cancel;
  close = (): Promise<void> => Promise.resolve();
}

async function startDelivery(t: TestContext) {
  const flags = { deliver: '/m', queue: 'q', 'amqp-host': 'b', 'amqp-port': '1' };
  const { config } = await loadServeConfig(loadInput({ flags }));
  const broker = new FakeBroker();
  const delivery = new Delivery({
    config: config?.delivery ?? assert.fail('refused'),
    transport: broker,
    endOf: () => new Promise(() => undefined),
    emit: () => undefined,
    onSettled: () => undefined,
    onChange: () => undefined,
  });
  t.after(() => delivery.stop(Deadline.after(0)));
  return {
    ...{ broker, delivery },
    begin: async () => {
      await delivery.start(new AbortController().signal);
      await eventually(() => assert.ok(delivery.books.consuming()));
    },
  };
}

const reasonOf = ({ books }: Delivery): string => books.status().reason;
const at = ({ port }: { readonly port: number }) => ({ host: '127.0.0.1', port });

test('where nobody listens no attempt begins: the message goes back, and nothing begins for a while', async (t) => {
  const { broker, delivery, begin } = await startDelivery(t);
  delivery.open(at({ port: await usePort() }));
  await begin();
  broker.hand('1');
  await eventually(() => assert.deepEqual(broker.settled, ['1 release']));
  assert.equal(reasonOf(delivery), 'the app refuses connections');
  broker.hand('2');
  assert.equal(delivery.load.queued, 1);

  const app = await useHttpServer(t, (_, response) => response.end());
  delivery.open(at(app));
  assert.equal(reasonOf(delivery), '');
  await eventually(() => assert.deepEqual(broker.settled, ['1 release', '2 ack']));
});

test('what is in hand ends in the app it was posted to, which is idle then', async (t) => {
  const { broker, delivery, begin } = await startDelivery(t);
  const end = Promise.withResolvers<undefined>();
  const old = await useHttpServer(t, (_, response) => void end.promise.then(() => response.end()));
  const posted: string[] = [];
  const next = await useHttpServer(t, (request, response) => {
    posted.push(`${request.method} ${request.url} ${String(request.headers['x-hurricane-id'])}`);
    response.end();
  });
  delivery.open(at(old));
  await begin();
  broker.hand('1');
  const former = delivery.open(at(next));
  let isIdle = false;
  const waiting = former?.whenIdle(Deadline.after(10_000)).then(() => (isIdle = true));
  broker.hand('2');
  await eventually(() => assert.deepEqual(broker.settled, ['2 ack']));
  assert.deepEqual([posted, isIdle], [['POST /m 2'], false]);
  end.resolve(undefined);
  await waiting;
  await eventually(() => assert.deepEqual(broker.settled, ['2 ack', '1 ack']));
});

test('a stop while the app before is waited for keeps nobody waiting', async (t) => {
  const { broker, delivery, begin } = await startDelivery(t);
  const held: (() => void)[] = [];
  const app = await useHttpServer(t, (_, response) => void held.push(() => response.end()));
  delivery.open(at(app));
  await begin();
  broker.hand('1');
  await eventually(() => assert.equal(held.length, 1));
  const deadline = Deadline.after(10_000);
  const former = delivery.hold()?.whenIdle(deadline);
  const stopped = delivery.stop(deadline);
  held.pop()?.();
  await Promise.all([former, stopped]);
  assert.equal(deadline.passed, false);
  deadline.expire();
});

test('held and not ready are two reasons, and nothing begins until both have gone', async (t) => {
  const { broker, delivery, begin } = await startDelivery(t);
  const app = await useHttpServer(t, (_, response) => response.end());
  delivery.open(at(app));
  await begin();
  delivery.hold();
  delivery.setNotReady('not ready: check error');
  broker.hand('1');
  assert.equal(reasonOf(delivery), 'there is no app to post to');
  delivery.open(at(app));
  assert.deepEqual([reasonOf(delivery), delivery.load.queued], ['not ready: check error', 1]);
  delivery.setNotReady(undefined);
  await eventually(() => assert.deepEqual(broker.settled, ['1 ack']));
});
