import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { loadConsumeConfig } from '../../../src/config/load.ts';
import { codeOf } from '../../../src/config/problem.ts';
import { loadInput } from '../../helpers/load-input.ts';

const place = { handler: 'h.mjs', queue: 'q', 'amqp-host': 'b', 'amqp-port': '5672' };
const nothing = { handler: '' };

type Given = Readonly<Record<string, string>>;

function load(flags: Given, env: Given = {}) {
  const given = Object.entries({ ...place, ...flags }).filter(([, value]) => value !== '');
  return loadConsumeConfig(loadInput({ flags: Object.fromEntries(given), env }));
}

/** 255 bytes are the most, of a name. */
const name = (bytes: number): string => 'ü'.repeat(Math.floor(bytes / 2)) + 'q'.repeat(bytes % 2);
const noRetry = { retry: 'none', 'dead-letter': 'd' };

suite('what cannot be meant is refused, with one sentence', () => {
  const refused: readonly (readonly [title: string, flags: Given, sentence: RegExp])[] = [
    [
      'dead letters that stay in the queue',
      { 'dead-letter': 'q' },
      /^dead-letter and queue are both q, .* name another .* \(from --queue and --dead-letter\)$/,
    ],
    [
      'exclusive of a quorum queue',
      { exclusive: 'true' },
      /^exclusive needs queue-type classic, .* single-active instead .* \(from --exclusive\)$/,
    ],
    [
      'no time for a message',
      { 'handler-timeout': '0s' },
      /^handler-timeout: "0s" leaves no time for any message/,
    ],
    [
      'more at a time than a channel can be told',
      { concurrency: '100000' },
      /^concurrency: "100000" is too many: give at most 65535 \(from --concurrency\)$/,
    ],
    [
      'a long name of a queue',
      { ...noRetry, queue: name(256) },
      /^queue is too long: its name has 256 bytes, .* \(from --queue\)$/,
    ],
    [
      'a name without room for that of a retry',
      { queue: name(243), 'dead-letter': 'd' },
      /^queue is too long: the name ….retry.600000 has 256 bytes, .* \(from --queue\)$/,
    ],
    [
      'a name without room for that of dead letters',
      { queue: name(251), retry: 'none' },
      /^queue is too long: the name ….dead has 256 bytes, .* \(from --queue\)$/,
    ],
    [
      'a long name of dead letters',
      { 'dead-letter': name(257) },
      /^dead-letter is too long: its name has 257 bytes, .* \(from --dead-letter\)$/,
    ],
  ];
  for (const [title, flags, sentence] of refused) {
    test(title, async () => {
      const { problems } = await load(flags);
      const [problem] = problems;
      assert.equal(problems.length, 1, JSON.stringify(problems));
      assert.match(problem?.message ?? '', sentence);
      assert.equal(codeOf(problems), 'usage');
    });
  }

  test('and by a variable it is the environment that is wrong', async () => {
    const { problems } = await load(
      {},
      { HURRICANE_DEAD_LETTER: 'q', HURRICANE_CONCURRENCY: '65536' },
    );
    assert.equal(problems.length, 2);
    const { problems: others } = await load(
      { queue: '' },
      { HURRICANE_QUEUE: 'q', HURRICANE_DEAD_LETTER: 'q' },
    );
    assert.equal(codeOf(others), 'invalid-configuration');
  });
});

suite('is fine', () => {
  for (const flags of [
    { exclusive: 'true', 'queue-type': 'classic' },
    { exclusive: 'true', durable: 'false' },
    { concurrency: '65535' },
    { 'handler-timeout': '1ms' },
    { ...noRetry, queue: name(255) },
    { queue: name(242), 'dead-letter': 'd' },
    { queue: name(250), retry: 'none' },
  ]) {
    test(JSON.stringify(flags).slice(0, 60), async () => {
      const { problems, warnings } = await load(flags);
      assert.deepEqual([problems, warnings], [[], []]);
    });
  }
});

suite('what has no effect is told at the start', () => {
  for (const [flags, sentence] of [
    [{ 'routing-key': 'a' }, /^routing-key has no effect without exchange/],
    [{ 'handler-processes': '2' }, /^handler-processes has no effect without handler-exec/],
    [
      { ...nothing, 'handler-once': 'h', 'handler-processes': '2' },
      /^handler-processes has no effect without handler-exec/,
    ],
  ] as const) {
    test(Object.keys(flags).join(), async () => {
      const { config, warnings } = await load(flags);
      assert.ok(config);
      assert.match(warnings.join('\n'), sentence);
    });
  }

  test('and what has one is not', async () => {
    const { warnings } = await load({ 'routing-key': 'a', exchange: 'e' });
    const program = { ...nothing, 'handler-exec': 'h', 'handler-processes': '2' };
    assert.deepEqual([...warnings, ...(await load(program)).warnings], []);
  });
});
