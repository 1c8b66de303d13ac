// Messages of a real broker through both artefacts: the first promises of `hurricane consume`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { startConsumer, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';

const broker = shareRabbitmq();

const SPEAKS_AND_FAILS_WHEN_TOLD = `
export default async function handle({ body, attempt }) {
  console.log('handled', JSON.stringify(body), attempt);
  if (body.fail) throw new TypeError('on purpose');
}
`;

forEachArtefact('hands each message to the handler, and acknowledges it', async (t, artefact) => {
  const queue = `handles-${artefact}`;
  const hurricane = await startConsumer(t, {
    ...{ artefact, broker, queue, handler: SPEAKS_AND_FAILS_WHEN_TOLD },
  });
  await hurricane.up();
  assert.equal((await hurricane.probe('ready')).status, 200);
  const client = await useClient(t, broker);
  await client.send(queue, [{ n: 1 }, { n: 2 }]);
  await eventually(() => {
    assert.deepEqual(hurricane.output, ['handled {"n":1} 1', 'handled {"n":2} 1']);
  });
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  const { accepted, completed } = await hurricane.sees('drain.ended');
  assert.equal((await hurricane.sees('hurricane.ended'))['phase'], 'consume');
  assert.deepEqual([accepted, completed, await client.count(queue)], [2, 2, 0]);
});

forEachArtefact('climbs the ladder of retries, then writes a dead letter', async (t, artefact) => {
  const queue = `retries-${artefact}`;
  const hurricane = await startConsumer(t, {
    ...{ artefact, broker, queue, handler: SPEAKS_AND_FAILS_WHEN_TOLD },
    args: ['--retry', '200ms,800ms'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  const sentAt = Date.now();
  await client.send(queue, [{ fail: true }]);
  const { time: deadAt, attempt } = await hurricane.sees('message.dead');
  assert.equal(attempt, 3);
  const tookMs = Date.parse(String(deadAt)) - sentAt;
  assert.ok(tookMs >= 1000 && tookMs < 3000, `${tookMs} ms`);
  const dead = await client.take(`${queue}.dead`);
  assert.equal(dead?.content.toString(), '{"fail":true}');
  const headers: Record<string, unknown> = dead.properties.headers ?? {};
  assert.match(
    String(headers['hurricane-error']),
    /^TypeError: on purpose \(.*handler\.mjs:4:\d+\)$/,
  );
  assert.equal(headers['hurricane-attempt'], 3);
  assert.equal(headers['hurricane-queue'], queue);
});

const FAILS_SEVERALLY = `
export default () => Promise.any([Promise.reject(new Error('one')), Promise.reject('two')])
  .catch(({ errors }) => { throw new AggregateError(errors); });
`;

test('errors in one without a message are its reason, and without an id its routing key tells which it is [js]', async (t) => {
  const queue = 'severally';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: FAILS_SEVERALLY, args: ['--retry', 'none'] },
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  client.channel.sendToQueue(queue, Buffer.from('x'));
  const { reason, id, routing_key } = await hurricane.sees('message.dead');
  assert.match(String(reason), /^AggregateError: one; two \(/);
  assert.deepEqual([id, routing_key], [undefined, queue]);
});

const SAYS_WHERE_IT_CAME_FROM = `
export default ({ attempt, exchange, routingKey }) => {
  console.log(attempt, exchange, routingKey);
  if (attempt === 1) throw new Error('on purpose');
};
`;

forEachArtefact('a retry still says where its publisher sent it', async (t, artefact) => {
  const exchange = `shop-${artefact}`;
  const hurricane = await startConsumer(t, {
    ...{ artefact, broker, queue: `orders-${artefact}`, handler: SAYS_WHERE_IT_CAME_FROM },
    args: ['--exchange', exchange, '--routing-key', 'order.*', '--retry', '100ms'],
  });
  await hurricane.up();
  const { channel } = await useClient(t, broker);
  channel.publish(exchange, 'order.new', Buffer.from('one'));
  await eventually(() => {
    assert.deepEqual(hurricane.output, [`1 ${exchange} order.new`, `2 ${exchange} order.new`]);
  });
});
