// Failed messages: each is in one queue at least at any time, whatever breaks on the way to its next attempt.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { numbers, startConsumer, useClient } from '../helpers/consume.ts';
import { examples } from '../helpers/doc-examples.ts';
import { eventually } from '../helpers/eventually.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTcpProxy } from '../helpers/tcp-proxy.ts';

const broker = shareRabbitmq();

const THROWS_AT_FIRST = `
export default function handle({ body, attempt }) {
  if (attempt === 1) throw new Error('on purpose');
  console.log('handled', body, attempt);
}
`;
const TELLS_OF_EACH_ATTEMPT = `
export default function handle({ attempt }) {
  console.log(attempt, Date.now());
  throw new Error('on purpose');
}
`;

const sorted = (lines: readonly string[]): readonly string[] => [...new Set(lines)].sort();
const handledTwice = (count: number): readonly string[] =>
  sorted(numbers(count).map((n) => `handled ${n} 2`));

forEachArtefact('waits as long as the ladder says before each attempt', async (t, artefact) => {
  const queue = `ladder-${artefact}`;
  const hurricane = await startConsumer(t, {
    ...{ artefact, broker, queue, handler: TELLS_OF_EACH_ATTEMPT },
    args: ['--retry', '200ms,800ms'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['x'], { expiration: '60000', headers: { own: 'kept' } });
  await hurricane.sees('message.dead');
  const attempts = hurricane.output.map((line) => line.split(' ').map(Number));
  assert.deepEqual(
    attempts.map(([attempt]) => attempt),
    [1, 2, 3],
  );
  const [first = 0, second = 0, third = 0] = attempts.map(([, at = 0]) => at);
  assert.ok(second - first >= 200 && third - second >= 800, JSON.stringify(attempts));
  assert.ok(third - first < 4000, JSON.stringify(attempts));
  const dead = await client.take(`${queue}.dead`);
  const headers: Record<string, unknown> = dead?.properties.headers ?? {};
  assert.deepEqual(
    [headers['own'], headers['hurricane-error-class'], headers['hurricane-routing-key']],
    ['kept', 'error', queue],
  );
  // Its time to live was that of the queue of its publisher.
  assert.equal(dead?.properties.expiration, undefined);
});

forEachArtefact(
  'keeps a failed message while no queue takes it, is not ready, and goes on when one does',
  async (t, artefact) => {
    const queue = `unroutable-${artefact}`;
    const retry = `${queue}.retry.200`;
    const client = await useClient(t, broker);
    await client.channel.assertQueue(queue);
    await client.channel.assertQueue(`${queue}.dead`);
    const declareRetry = () =>
      client.channel.assertQueue(retry, {
        messageTtl: 200,
        deadLetterExchange: '',
        deadLetterRoutingKey: queue,
      });
    await declareRetry();
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: THROWS_AT_FIRST },
      args: ['--retry', '200ms', '--topology', 'passive', '--concurrency', '20'],
    });
    await hurricane.up();
    await client.channel.deleteQueue(retry);
    await client.send(queue, numbers(20));
    const { reason } = await hurricane.sees('message.publish-failed');
    assert.match(String(reason), /no queue takes it: NO_ROUTE/);
    await eventually(async () => {
      const { status, body } = await hurricane.probe('ready');
      assert.equal(status, 400);
      assert.match(body.toString(), /a failed message cannot be kept/);
    });
    assert.equal((await hurricane.probe('alive')).status, 200);
    assert.match(
      (await hurricane.probe('metrics')).body.toString(),
      /^hurricane_consumer_returned_total\{.*\} [1-9]/m,
    );
    await declareRetry();
    await eventually(
      async () => {
        assert.deepEqual(sorted(hurricane.output), handledTwice(20));
        assert.equal((await hurricane.probe('ready')).status, 200);
      },
      { within: 20_000 },
    );
    assert.equal(await client.count(queue), 0);
  },
);

test('makes a retry queue anew that was deleted under load [js]', async (t) => {
  const queue = 'deleted';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: THROWS_AT_FIRST },
    args: ['--retry', '200ms', '--concurrency', '20'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.channel.deleteQueue(`${queue}.retry.200`);
  await client.send(queue, numbers(100));
  await eventually(() => assert.deepEqual(sorted(hurricane.output), handledTwice(100)), {
    within: 20_000,
  });
  await hurricane.sees('message.publish-failed');
});

test('a crash between the copy and the acknowledgement duplicates, and loses nothing [js]', async (t) => {
  const queue = 'crashes';
  const proxy = await useTcpProxy(t, broker.address);
  const options = { artefact: 'js', queue, handler: THROWS_AT_FIRST } as const;
  const args = ['--retry', '200ms', '--concurrency', '20'];
  const hurricane = await startConsumer(t, {
    ...{ ...options, args, broker: { port: proxy.port, vhost: broker.vhost } },
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  // The first connection consumes: what it says does not arrive from now on.
  proxy.mute(0);
  await client.send(queue, numbers(20));
  await hurricane.seesNth(20, 'message.retried');
  hurricane.signal('SIGKILL');
  await hurricane.left;
  const next = await startConsumer(t, { ...options, broker, args });
  await eventually(() => assert.deepEqual(sorted(next.output), handledTwice(20)), {
    within: 20_000,
  });
  // Each came as the copy, and as the original that was handed out before.
  await eventually(() => assert.equal(next.output.length, 40));
  assert.equal(await client.count(`${queue}.dead`), 0);
});

test('a message that can never be decoded is a dead letter at once [js]', async (t) => {
  const queue = 'undecodable';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: THROWS_AT_FIRST },
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  const bodies = {
    'no JSON': Buffer.from('{"open":'),
    'no UTF-8': Buffer.from([0x22, 0xff, 0x22]),
    'nothing at all': Buffer.alloc(0),
    'twenty million bytes that are no JSON': Buffer.alloc(20_000_000, 'x'),
    'compressed bytes': Buffer.from([0x1f, 0x8b, 8, 0]),
  };
  for (const [messageId, body] of Object.entries(bodies)) {
    client.channel.sendToQueue(queue, body, { contentType: 'application/json', messageId });
  }
  await eventually(async () => assert.equal(await client.count(`${queue}.dead`), 5), {
    within: 20_000,
  });
  await hurricane.seesNth(5, 'message.dead'); // told when the broker has confirmed it
  const dead = hurricane.logs.filter(({ event }) => event === 'message.dead');
  assert.deepEqual(dead.map(({ id }) => id).sort(), Object.keys(bodies).sort());
  assert.deepEqual(
    dead.map(({ attempt, class: failure }) => [attempt, failure]),
    Array<unknown>(5).fill([1, 'undecodable']),
  );
});

test('dead letters that the handler of docs/consume.md brings back have all their attempts again [js]', async (t) => {
  const queue = 'brought';
  const args = ['--retry', '100ms'];
  const consumer = { artefact: 'js', broker, args } as const;
  const failing = await startConsumer(t, { ...consumer, queue, handler: TELLS_OF_EACH_ATTEMPT });
  await failing.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['x'], { headers: { own: 'kept' }, type: 'order' });
  await failing.sees('message.dead');
  failing.signal('SIGTERM');
  assert.equal((await failing.exit).code, 0);

  const { text = '' } = examples.find(({ file }) => file === 'bring-back.mjs') ?? {};
  const bringing = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue: `${queue}.dead`, handler: text },
    args: ['--topology', 'none', '--retry', 'none'],
  });
  await bringing.up();
  await eventually(async () => assert.equal(await client.count(queue), 1));
  bringing.signal('SIGTERM');
  assert.equal((await bringing.exit).code, 0);
  await eventually(async () => assert.equal(await client.count(`${queue}.dead`), 0));

  const handler = `
export default ({ id, body, type, headers, attempt }) => {
  console.log(id, body, type, headers.own, attempt, headers['hurricane-error-class']);
  if (attempt === 1) throw new Error('once more');
};`;
  const mended = await startConsumer(t, { ...consumer, queue, handler });
  await mended.up();
  await eventually(() =>
    assert.deepEqual(mended.output, ['0 x order kept 1 undefined', '0 x order kept 2 error']),
  );
});
