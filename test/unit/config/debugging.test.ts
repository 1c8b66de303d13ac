import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConsumeConfig, loadServeConfig } from '../../../src/config/load.ts';
import { loadInput } from '../../helpers/load-input.ts';

const broker = { handler: 'h.mjs', queue: 'q', 'amqp-host': 'mq', 'amqp-port': '5672' };

const refused: readonly (readonly [flags: Record<string, string>, message: RegExp])[] = [
  [{ 'debugger-port': '8000' }, /^debugger-port 8000 is also port/],
  [{ 'debugger-port': '8001' }, /^debugger-port 8001 is also probe-port/],
  [{ 'debugger-port': '0' }, /^debugger-port 0 is no port/],
  [{ replace: 'start-first' }, /^replace start-first needs two ports/],
  [{ 'debugger-connect': 'ide:1' }, /^debugger and debugger-connect exclude each other/],
  [{ 'debugger-connect': '::1:5' }, /^debugger-connect: "::1:5" is not a host and its port/],
];

for (const [flags, message] of refused) {
  test(`--debugger with ${JSON.stringify(flags)} is refused in one sentence`, async () => {
    const input = loadInput({ flags: { debugger: 'true', ...flags } });
    const { problems } = await loadServeConfig(input);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', message);
  });
}

test('a debugger has one app at a time, and a handler all the time it needs', async () => {
  const served = await loadServeConfig(loadInput({ flags: { debugger: 'true' } }));
  assert.equal(served.config?.supervision.replace, 'stop-first');
  const timeoutWith = async (flags: Record<string, string>): Promise<number | undefined> =>
    (await loadConsumeConfig(loadInput({ flags: { ...broker, ...flags } }))).config?.flow
      .handlerTimeoutMs;
  assert.equal(await timeoutWith({}), 60_000);
  assert.equal(await timeoutWith({ debugger: 'true' }), 24 * 60 * 60_000);
  assert.equal(await timeoutWith({ debugger: 'true', 'handler-timeout': '5s' }), 5000);
});

test('several handler processes are refused with a debugger', async () => {
  const { handler, ...named } = broker;
  assert.equal(handler, 'h.mjs');
  const flags = { ...named, 'handler-exec': 'x', 'handler-processes': '2', debugger: 'true' };
  const { problems } = await loadConsumeConfig(loadInput({ flags }));
  assert.match(problems.map(({ message }) => message).join(), /handler-processes to 1/);
});

test('the two options of the original are debugger-connect', async () => {
  const debuggingWith = async (flags: Record<string, string>): Promise<unknown> =>
    (await loadServeConfig(loadInput({ flags }))).config?.debugging;
  const ide = { kind: 'connect', host: 'ide', port: 5678 };
  assert.deepEqual(await debuggingWith({ 'pycharm-host': 'ide', 'pycharm-port': '5678' }), ide);
  assert.deepEqual(await debuggingWith({ 'debugger-connect': 'ide:5678' }), ide);
  assert.equal(await debuggingWith({ 'pycharm-host': 'ide' }), undefined);
});
