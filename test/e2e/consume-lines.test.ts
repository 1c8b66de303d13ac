// What django-hurricane's own tests ask of its consumer, on a real broker: lines Q and R. One asks for what
// this real broker never does: Q07.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { useBrokerEdge } from '../helpers/broker-edge.ts';
import { startConsumer, useClient, type ConsumeOptions } from '../helpers/consume.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';
import { hold } from '../helpers/hold.ts';
import { runHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { isFree, usePort } from '../helpers/port.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';

const broker = shareRabbitmq();

const TELLS = `
export default ({ body }) => console.log('handled', JSON.stringify(body));
`;
const PRINTED = 'handled {"n":1}';

type Given = Partial<ConsumeOptions> & { readonly artefact: Artefact; readonly queue: string };

function consumer(t: TestContext, given: Given): Promise<Hurricane> {
  return startConsumer(t, { broker, handler: TELLS, ...given });
}

/** It was told to stop: in order, and nothing about it is worth a warning. */
async function assertCleanStop(hurricane: Hurricane): Promise<void> {
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  const stop = hurricane.logs.slice(
    hurricane.logs.findIndex(({ event }) => event === 'drain.started'),
  );
  assert.deepEqual(
    stop.filter(({ level, event }) => level !== 'info' && event !== 'probe.changed'),
    [],
  );
  assert.equal(hurricane.stderr, '');
}

const unnamed = (what: string): string =>
  `The amqp ${what} must not be empty: set it either as environment AMQP_${what.toUpperCase()}, ` +
  `in the configuration file as amqp${what === 'host' ? 'Host' : 'Port'} or as optional argument --amqp-${what}`;

forEachArtefact(
  'Q01 a broker without a host is refused, with three ways to name it',
  async (t, artefact) => {
    const args = ['consume', 'handler.mjs', '--queue', 'q', '--amqp-port', '5672'];
    const { code, stderr } = await runHurricane(t, args, { artefact, env: { AMQP_HOST: '' } });
    assert.equal(code, 64);
    assert.ok(stderr.includes(unnamed('host')), stderr);
    assert.ok(!stderr.includes('amqp port'), stderr);
  },
);

forEachArtefact(
  'Q02 a broker without a port is refused, with three ways to name it',
  async (t, artefact) => {
    const args = ['consume', 'handler.mjs', '--queue', 'q', '--amqp-host', 'localhost'];
    const { code, stderr } = await runHurricane(t, args, { artefact });
    assert.equal(code, 64);
    assert.ok(stderr.includes(unnamed('port')), stderr);
    assert.ok(!stderr.includes('amqp host'), stderr);
  },
);

forEachArtefact('Q03 --amqp-vhost is where messages are taken from', async (t, artefact) => {
  const vhost = `q03-${artefact}`;
  await broker.api('PUT', `vhosts/${vhost}`);
  const queue = 'jobs';
  const hurricane = await consumer(t, { artefact, queue, broker: { port: broker.port, vhost } });
  await handlesOne(t, hurricane, { queue, vhost });
});

const CREDENTIALS = { user: 'seed', password: 'p@ss/w?rd' };

/** A user who may do everything in a vhost of its own, and nothing anywhere else. */
async function useTenant(vhost: string): Promise<void> {
  const { user, password } = CREDENTIALS;
  await broker.api('PUT', `vhosts/${vhost}`);
  await broker.api('PUT', `users/${user}`, { password, tags: '' });
  const all = { configure: '.*', write: '.*', read: '.*' };
  await broker.api('PUT', `permissions/${vhost}/${user}`, all);
  await broker.api('PUT', `permissions/${vhost}/guest`, all);
}

forEachArtefact(
  'Q04 host, port, vhost, user and password come from the settings file',
  async (t, artefact) => {
    const [vhost, queue] = [`q04-${artefact}`, 'jobs'];
    await useTenant(vhost);
    const settings = {
      ...{ amqpHost: '127.0.0.1', amqpPort: broker.port, amqpVhost: vhost },
      ...{ amqpUser: CREDENTIALS.user, amqpPassword: CREDENTIALS.password },
    };
    const files = { 'hurricane.json': JSON.stringify(settings) };
    const hurricane = await consumer(t, { artefact, queue, files, broker: undefined });
    await handlesOne(t, hurricane, { queue, vhost });
  },
);

forEachArtefact(
  'Q05 host, port, vhost, user and password come from the environment',
  async (t, artefact) => {
    const [vhost, queue] = [`q05-${artefact}`, 'jobs'];
    await useTenant(vhost);
    const env = {
      ...{ AMQP_HOST: '127.0.0.1', AMQP_PORT: `${broker.port}`, AMQP_VHOST: vhost },
      ...{ AMQP_USER: CREDENTIALS.user, AMQP_PASSWORD: CREDENTIALS.password },
    };
    const hurricane = await consumer(t, { artefact, queue, env, broker: undefined });
    await handlesOne(t, hurricane, { queue, vhost });
  },
);

forEachArtefact(
  'Q06 a class as handler is refused before anything is consumed',
  async (t, artefact) => {
    const queue = `q06-${artefact}`;
    const hurricane = await consumer(t, {
      artefact,
      queue,
      handler: 'export default class Handler {}',
    });
    const { reason } = await hurricane.sees('startup.failed');
    assert.match(
      String(reason),
      /handler\.mjs cannot be loaded: its default export must be a function, and is a class$/,
    );
    assert.equal((await hurricane.exit).code, 66);
    assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.subscribed'));
  },
);

forEachArtefact(
  'Q07 a consumer that the broker cancels lets go of its channel, and subscribes anew',
  async (t, artefact) => {
    const queue = `q07-${artefact}`;
    const development = await useDevelopmentBroker(t);
    const { handler, begun, release } = await useSlowHandler(t);
    const hurricane = await consumer(t, { artefact, queue, broker: development, handler });
    await hurricane.up();
    const client = await useClient(t, development);
    await client.send(queue, [{ n: 1 }]);
    await begun;
    development.cancelConsumers(queue);
    const { cause } = await hurricane.sees('consumer.lost');
    assert.equal(cause, 'cancelled');
    await hurricane.seesNth(2, 'consumer.subscribed');
    release();
    // Had it kept the channel, the message would still be in its hands.
    await handlesAll(hurricane, { lost: 1, ack: 1 });
    const { consumerCount, messageCount } = await client.channel.checkQueue(queue);
    assert.deepEqual([consumerCount, messageCount], [1, 0]);
  },
);

forEachArtefact(
  'Q08 a handler that is not implemented rejects the message and is told of',
  async (t, artefact) => {
    const queue = `q08-${artefact}`;
    const handler = `export default () => { throw new Error('not implemented'); };`;
    const hurricane = await consumer(t, { artefact, queue, handler, args: ['--retry', 'none'] });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 1 }]);
    const { level, reason } = await hurricane.sees('message.dead');
    assert.equal(level, 'error');
    assert.match(String(reason), /^Error: not implemented \(.*handler\.mjs:1:\d+\)$/);
    assert.equal(await client.count(queue), 0);
    assert.equal(await client.count(`${queue}.dead`), 1);
  },
);

forEachArtefact('Q09 a stop gives back what nobody has begun', async (t, artefact) => {
  const queue = `q09-${artefact}`;
  const { handler, begun, release } = await useSlowHandler(t);
  const args = ['--prefetch', '5', '--concurrency', '1'];
  const hurricane = await consumer(t, { artefact, queue, handler, args });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [0, 1, 2, 3, 4]);
  await begun;
  hurricane.signal('SIGTERM');
  await eventually(async () => assert.equal(await client.count(queue), 4));
  release();
  await assertCleanStop(hurricane);
  assert.equal(await client.count(queue), 4);
});

forEachArtefact(
  'Q10 a message in hand when the consumer is cancelled is finished and acknowledged',
  async (t, artefact) => {
    const queue = `q10-${artefact}`;
    const { handler, begun, release } = await useSlowHandler(t);
    const hurricane = await consumer(t, { artefact, queue, handler });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 1 }]);
    await begun;
    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    await client.send(queue, [{ n: 2 }]);
    release();
    await assertCleanStop(hurricane);
    const { completed } = await hurricane.sees('drain.ended');
    assert.equal(completed, 1);
    assert.equal((await client.take(queue))?.content.toString(), '{"n":2}');
    assert.equal(await client.take(queue), undefined);
  },
);

forEachArtefact(
  'Q11 a connection that is lost during the stop changes nothing about it',
  async (t, artefact) => {
    const queue = `q11-${artefact}`;
    const { handler, begun, release } = await useSlowHandler(t);
    const edge = await useBrokerEdge(t, broker);
    const hurricane = await consumer(t, { artefact, queue, handler, broker: edge });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 1 }]);
    await begun;
    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    await edge.vanish();
    await eventually(async () => assert.equal(await client.count(queue), 1));
    release();
    await assertCleanStop(hurricane);
    assert.equal(await client.count(queue), 1, 'its acknowledgement never came');
  },
);

forEachArtefact('Q12 a stop before there was any connection is orderly', async (t, artefact) => {
  const gone = { port: await usePort() };
  const hurricane = await consumer(t, { artefact, queue: 'q', broker: gone });
  await hurricane.sees('consumer.reconnecting');
  hurricane.signal('SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
});

forEachArtefact('Q13 an interrupt ends the wait for the next connection', async (t, artefact) => {
  const gone = { port: await usePort() };
  const args = ['--backoff', '1h..1h:no-jitter'];
  const hurricane = await consumer(t, { artefact, queue: 'q', broker: gone, args });
  await hurricane.sees('consumer.reconnecting');
  const asked = performance.now();
  hurricane.signal('SIGINT');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  assert.ok(performance.now() - asked < 5000);
});

forEachArtefact(
  'R01 it connects, binds the queue, and the startup probe answers 200',
  async (t, artefact) => {
    const queue = `r01-${artefact}`;
    const hurricane = await consumer(t, { artefact, queue });
    await hurricane.sees(new RegExp(`^Queue bound: ${queue}\\b`));
    await hurricane.up();
    const { status, text } = await hurricane.probe('startup');
    assert.equal(status, 200);
    assert.match(text, /^Startup was finished \d/);
  },
);

forEachArtefact('R02 it starts the same behind another program', async (t, artefact) => {
  const queue = `r02-${artefact}`;
  const hurricane = await consumer(t, { artefact, queue, launcher: ['env', 'COVERAGE=1'] });
  await hurricane.up();
  assert.equal((await hurricane.probe('startup')).status, 200);
});

forEachArtefact('R03 --probe-port is where probes are answered', async (t, artefact) => {
  const hurricane = await consumer(t, { artefact, queue: `r03-${artefact}` });
  await hurricane.up();
  assert.notEqual(hurricane.probePort, 8001);
  assert.equal((await hurricane.probe('startup')).status, 200);
});

forEachArtefact('R04 --no-probe is said, and nothing listens', async (t, artefact) => {
  const queue = `r04-${artefact}`;
  const hurricane = await consumer(t, { artefact, queue, args: ['--no-probe'] });
  await hurricane.sees(/^no probes and no metrics, because of --no-probe$/);
  await handlesOne(t, hurricane, { queue });
  assert.equal(await isFree(hurricane.probePort), true);
});

forEachArtefact(
  'R06 a published message reaches the handler, of TypeScript here',
  async (t, artefact) => {
    const [queue, exchange] = [`r06-${artefact}`, `r06-exchange-${artefact}`];
    const handler = `
import type { Handler } from 'hurricane';
const handle: Handler = ({ body }) => console.log('handled', JSON.stringify(body));
export default handle;
`;
    const hurricane = await consumer(t, {
      ...{ artefact, queue, handler, file: 'handler.mts' },
      args: ['--exchange', exchange],
    });
    await hurricane.up();
    const { channel } = await useClient(t, broker);
    // Bound with its own name.
    channel.publish(exchange, queue, Buffer.from('{"n":1}'), { contentType: 'application/json' });
    await eventually(() => assert.deepEqual(hurricane.output, [PRINTED]));
  },
);

forEachArtefact(
  'R07 without reconnecting, a lost broker is a warning and the end within 5 s',
  async (t, artefact) => {
    const edge = await useBrokerEdge(t, broker);
    const given = { artefact, queue: `r07-${artefact}`, broker: edge, args: ['--no-reconnect'] };
    const hurricane = await consumer(t, given);
    await hurricane.up();
    const lostAt = performance.now();
    await edge.vanish();
    assert.deepEqual(await hurricane.exit, { code: 69, signal: null });
    assert.ok(performance.now() - lostAt < 5000);
    const { level } = await hurricane.sees(/^Connection closed, reconnect necessary$/);
    assert.equal(level, 'warn');
  },
);

forEachArtefact('R08 a broker that comes back is bound again', async (t, artefact) => {
  const [queue, edge] = [`r08-${artefact}`, await useBrokerEdge(t, broker)];
  const args = ['--backoff', '1s..30s:no-jitter'];
  const hurricane = await consumer(t, { artefact, queue, broker: edge, args });
  await hurricane.up();
  await edge.vanish();
  const { level } = await hurricane.sees(/^Connection closed, reconnect necessary$/);
  assert.equal(level, 'warn');
  await hurricane.sees(/^Reconnecting after 1 seconds$/);
  assert.equal((await hurricane.probe('ready')).status, 400);
  assert.equal((await hurricane.probe('alive')).status, 200);
  await edge.comeBack();
  await hurricane.seesNth(2, new RegExp(`^Queue bound: ${queue}\\b`));
  await handlesOne(t, hurricane, { queue });
});

forEachArtefact('R09 stopping the consumer is clean', async (t, artefact) => {
  const queue = `r09-${artefact}`;
  const hurricane = await consumer(t, { artefact, queue });
  await handlesOne(t, hurricane, { queue });
  hurricane.signal('SIGTERM');
  await assertCleanStop(hurricane);
  const { channel } = await useClient(t, broker);
  const { consumerCount, messageCount } = await channel.checkQueue(queue);
  assert.deepEqual([consumerCount, messageCount], [0, 0]);
});

forEachArtefact(
  'R10 the key that the handler computes decides which messages it gets',
  async (t, artefact) => {
    const [queue, exchange] = [`topic.read.consumer-${artefact}`, `r10-${artefact}`];
    const handler = `${TELLS}
export const routingKeys = (queue) => [queue.split('.').slice(0, 2).join('.')];
`;
    const hurricane = await consumer(t, {
      artefact,
      queue,
      handler,
      args: ['--exchange', exchange],
    });
    await hurricane.up();
    const { channel } = await useClient(t, broker);
    const returned = new Promise((resolve) => channel.once('return', resolve));
    const options = { contentType: 'application/json', mandatory: true };
    channel.publish(exchange, 'topic.write', Buffer.from('{"n":0}'), options);
    channel.publish(exchange, 'topic.read', Buffer.from('{"n":1}'), options);
    await eventually(() => assert.deepEqual(hurricane.output, [PRINTED]));
    await returned;
  },
);

/** It is up, and a message for it is handled. */
async function handlesOne(
  t: TestContext,
  hurricane: Hurricane,
  { queue, vhost = broker.vhost }: { queue: string; vhost?: string },
): Promise<void> {
  await hurricane.up();
  const client = await useClient(t, broker, { vhost });
  await client.send(queue, [{ n: 1 }]);
  await eventually(() => assert.deepEqual(hurricane.output, [PRINTED]));
}

/** As its metrics count the outcomes. */
async function handlesAll(
  hurricane: Hurricane,
  outcomes: Readonly<Record<string, number>>,
): Promise<void> {
  await eventually(async () => {
    const page = (await hurricane.probe('metrics')).text;
    for (const [outcome, count] of Object.entries(outcomes)) {
      assert.match(page, new RegExp(`_messages_total\\{.*outcome="${outcome}"\\} ${count}$`, 'm'));
    }
  });
}

interface SlowHandler {
  readonly handler: string;
  /** Resolves when the first message is being handled. */
  readonly begun: Promise<void>;
  /** Every message may end. */
  readonly release: () => void;
}

async function useSlowHandler(t: TestContext): Promise<SlowHandler> {
  const [begun, released] = [hold(), hold()];
  const { url } = await useHttpServer(t, (_, response) => {
    begun.release();
    void released.promise.then(() => response.end());
  });
  const handler = `export default () => fetch('${url}').then((answer) => answer.text());`;
  return { handler, begun: begun.promise, release: released.release };
}
