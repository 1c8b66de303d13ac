import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { loadServeConfig, loadWorkerConfig } from '../../../src/config/load.ts';
import { loadInput } from '../../helpers/load-input.ts';

async function warnings(flags: Record<string, string>, env = {}): Promise<string> {
  const { config, warnings: all } = await loadServeConfig(loadInput({ flags, env }));
  assert.ok(config);
  return all.join('\n');
}

suite('a drain delay that the grace period cuts', () => {
  test('is told with what is left of it', async () => {
    assert.match(
      await warnings({ 'grace-period': '20s', 'drain-delay': '10s' }),
      /^drain-delay 10s is cut to 7.5s, half of what grace-period 20s leaves .*app \(5s\)/,
    );
  });

  test('counts the share of webhooks', async () => {
    const flags = { 'grace-period': '25s', 'drain-delay': '10s' };
    assert.equal(await warnings(flags), '');
    assert.match(
      await warnings({ ...flags, 'webhook-url': 'http://x/' }),
      /is cut to 9s.*webhooks \(7s\)/,
    );
  });

  test('is one that Kubernetes made the default, too', async () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    assert.match(await warnings({ 'grace-period': '9s' }, env), /drain-delay 5s is cut to 3s/);
    assert.equal(await warnings({}, env), '');
  });
});

test('routes that no page shows are said to have no effect', async () => {
  const flags = { route: '/a' };
  for (const flag of ['no-probe', 'no-metrics']) {
    const said = await warnings({ ...flags, [flag]: 'true' });
    assert.match(said, new RegExp(`^route has no effect with ${flag}: there is no page`));
  }
  assert.equal(await warnings(flags), '');
});

test('a lifetime that no probe tells of is said to have no effect', async () => {
  const flags = { 'max-lifetime': '100', 'no-probe': 'true' };
  assert.match(await warnings(flags), /^max-lifetime has no effect with no-probe/);
  assert.equal(await warnings({ ...flags, 'max-lifetime-action': 'replace' }), '');
  assert.equal(await warnings({ 'max-lifetime': '100' }), '');
});

test('a worker says that it sends no webhook of a drain', async () => {
  const told = async (url: string): Promise<string> => {
    const input = loadInput({ flags: { 'webhook-url': url } });
    return (await loadWorkerConfig(input)).warnings.join('\n');
  };
  assert.match(await told('app,drain@http://x/T0KEN'), /^webhook-url asks for drain, (?!.*T0KEN)/);
  assert.equal(await told('app@http://x/'), '');
  assert.equal(await told('http://x/'), '');
  assert.equal(await warnings({ 'webhook-url': 'drain@http://x/' }), '');
});

suite('operators of a shell', () => {
  for (const [command, operator] of [
    ['a && b', '&&'],
    ['a || b', '||'],
    ['a | b', '|'],
    ['a; b', 'a;'],
    ['a > b', '>'],
    ['a 2>&1', '2>&1'],
    ['a >> b', '>>'],
  ] as const) {
    test(`${command} is told of ${operator}`, async () => {
      const text = await warnings({ command });
      assert.ok(text.includes(`is given ${operator} as an argument: write sh -c`), text);
    });
  }

  test('are told of in a check and a migration gate too', async () => {
    assert.match(await warnings({ check: 'readiness=a | b' }), /^check: "readiness=a \| b" is run/);
    assert.match(
      await warnings({ 'check-migrations': 'a && b', 'check-migrations-apply': 'c | d' }),
      /^check-migrations: "a && b" is run [^]*^check-migrations-apply: "c \| d" is run/m,
    );
  });

  for (const command of [
    "sh -c 'a && b; c'",
    'find . -exec rm {} \\;',
    "awk '$1 > 3' f",
    'a "|" b',
  ]) {
    test(`${command} is fine`, async () => {
      assert.equal(await warnings({ command }), '');
    });
  }
});

test('a debugger that others reach, half an IDE and checks that a breakpoint fails are warned of', async () => {
  assert.equal(await warnings({ debugger: 'true' }), '');
  const open = { debugger: 'true', 'debugger-host': '0.0.0.0' };
  assert.match(await warnings(open), /^debugger-host 0\.0\.0\.0 lets everybody .* port 5678/);
  assert.match(await warnings({ 'pycharm-port': '1' }), /^pycharm-port .* without pycharm-host/);
  const asked = { debugger: 'true', check: 'liveness=http://127.0.0.1:{port}/' };
  assert.match(await warnings(asked), /breakpoint, and Kubernetes restarts the container/);
  assert.match(await warnings({ ...asked, repair: 'true' }), /breakpoint, and the app is replaced/);
});
