import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConsumeConfig } from '../../../src/config/load.ts';
import { loadInput } from '../../helpers/load-input.ts';

const place = { handler: 'h.mjs', queue: 'q', 'amqp-host': 'b', 'amqp-port': '5672' };

function load(flags: Readonly<Record<string, string>>) {
  return loadConsumeConfig({ ...loadInput({ flags: { ...place, ...flags } }), appCommand: [] });
}

test('declares by default, and with protocol 1.0 does not', async () => {
  const { config } = await load({});
  assert.deepEqual([config?.broker.protocol, config?.queue.topology], ['0-9-1', 'declare']);
  const { config: other } = await load({ protocol: '1.0' });
  assert.deepEqual([other?.broker.protocol, other?.queue.topology], ['1.0', 'none']);
  const { config: passive } = await load({ protocol: '1.0', topology: 'passive' });
  assert.equal(passive?.queue.topology, 'passive');
});

for (const [flags, sentence] of [
  [{ topology: 'declare' }, /^protocol 1\.0 cannot declare queues: .* use topology passive/],
  [{ exclusive: 'true', 'queue-type': 'classic' }, /^exclusive is no word of protocol 1\.0/],
  [{ priority: '3' }, /^priority is no word of protocol 1\.0/],
] as const) {
  test(`refuses protocol 1.0 with ${Object.keys(flags).join()}`, async () => {
    const { problems } = await load({ protocol: '1.0', ...flags });
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', sentence);
    assert.deepEqual((await load(flags)).problems, []);
  });
}
