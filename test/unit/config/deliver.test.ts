import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadServeConfig } from '../../../src/config/load.ts';
import { loadInput } from '../../helpers/load-input.ts';

type Given = Parameters<typeof loadInput>[0];
const load = (given: Given) => loadServeConfig(loadInput(given));
const place = { queue: 'q', 'amqp-host': 'b', 'amqp-port': '5672' };

test('without deliver nothing is delivered, and a flag of messages is refused', async () => {
  const { config } = await load({});
  assert.equal(config?.delivery, undefined);
  const { problems } = await load({ flags: { prefetch: '5' } });
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      '--prefetch needs --deliver: name the path of the app that messages are posted to, or leave it out',
    ],
  );
  const several = await load({ flags: { protocol: '1.0', exclusive: 'true' } });
  assert.equal(several.problems.length, 1);
  assert.match(several.problems[0]?.message ?? '', /^--protocol, --exclusive need --deliver: /);
});

test('without deliver the variables and keys of messages are for others, right or wrong', async () => {
  const files = { 'hurricane.yaml': 'queue: orders\nprefetch: none' };
  const { config, entries, problems } = await load({ env: { AMQP_PORT: 'none' }, files });
  assert.deepEqual(problems, []);
  assert.equal(config?.delivery, undefined);
  assert.ok(!entries.some(({ name }) => name === 'amqp-port' || name === 'queue'));
});

test('with deliver the queue and the broker are named as for consume', async () => {
  const { problems } = await load({ flags: { deliver: '/messages' } });
  assert.deepEqual(
    problems.map(({ message }) => /(no queue|amqp host|amqp port)/.exec(message)?.[0]),
    ['amqp host', 'amqp port', 'no queue'],
  );
  const { config } = await load({
    flags: { deliver: '/messages?from=queue', queue: 'q', 'max-lifetime': '10' },
    env: { AMQP_HOST: 'b', AMQP_PORT: '5672' },
  });
  const { path, queue, broker, flow } = config?.delivery ?? assert.fail('refused');
  assert.deepEqual([path, queue.name, queue.prefetch], ['/messages?from=queue', 'q', 8]);
  assert.deepEqual([broker.addresses[0]?.host, broker.addresses[0]?.port], ['b', 5672]);
  assert.equal(flow.maxLifetime, undefined);
});

test('a wrong path is told as such, and its messages are not said to need one', async () => {
  const { problems } = await load({ flags: { ...place, deliver: 'messages' } });
  assert.deepEqual(
    problems.map(({ message }) => message.slice(0, 20)),
    ['deliver: "messages" i'.slice(0, 20)],
  );
});
