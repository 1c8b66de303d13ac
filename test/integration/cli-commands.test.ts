import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { suite, test } from 'node:test';

import { run } from '../../src/cli/cli.ts';
import { FakeEdge } from '../helpers/fake-edge.ts';

suite('hurricane check', () => {
  async function check(args: readonly string[], env: Record<string, string> = {}) {
    const edge = new FakeEdge({ env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: '/' });
    const code = await run(['check', ...args], edge);
    return { code, out: edge.out, err: edge.err };
  }

  test('prints each check with its result; one that fails decides', async () => {
    const args = ['--check', 'readiness:a=true', '--check', 'liveness:b=sh -c "exit 3"'];
    const { code, out } = await check(args);
    assert.equal(code, 1);
    assert.match(out, /^pass {2}a \(readiness\) \d+ ms\nfail {2}b \(liveness\) \d+ ms\n {6}.*3\n$/);
  });

  test('ends with 0 when all pass, and prints one JSON object per check when asked to', async () => {
    const { code, out } = await check(['--check', 'hurricane:a=true', '--log-format', 'json']);
    assert.equal(code, 0);
    const { duration_ms: duration, ...report } = JSON.parse(out) as Record<string, unknown>;
    assert.equal(typeof duration, 'number');
    const tags = ['readiness', 'liveness'];
    assert.deepEqual(report, { check: 'a', tags, outcome: 'pass', text: '' });
  });

  test('a check never sees our secrets', async () => {
    const program = 'sh -c "test -z \\"$HURRICANE_WEBHOOK_URL\\" && test -n \\"$MINE\\""';
    const env = { HURRICANE_WEBHOOK_URL: 'https://example.com/T0KEN', MINE: '1' };
    const { code, out } = await check(['--check', `readiness:env=${program}`], env);
    assert.equal(code, 0, out);
  });

  test('a module that cannot be loaded ends it with 66 and a sentence', async () => {
    const { code, err } = await check(['--check', 'readiness=/nowhere/check.mjs']);
    assert.equal(code, 66);
    assert.match(err, /^hurricane: \/nowhere\/check\.mjs cannot be loaded/);
    assert.doesNotMatch(err, /^\s+at /m);
  });

  test('says so when there is nothing to check', async () => {
    const { code, err } = await check([]);
    assert.equal(code, 0);
    assert.match(err, /there are no checks/);
  });
});

suite('completion in bash', () => {
  async function complete(line: string): Promise<readonly string[]> {
    const edge = new FakeEdge();
    await run(['completion', 'bash'], edge);
    const words = line.split(' ');
    const script = `${edge.out}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_hurricane; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  }

  test('offers the commands first', async () => {
    assert.deepEqual(await complete('hurricane se'), ['serve']);
    assert.ok((await complete('hurricane ')).includes('probe'));
  });

  test('offers the options of the command', async () => {
    assert.deepEqual(await complete('hurricane serve --probe-'), ['--probe-port', '--probe-host']);
    assert.deepEqual(await complete('hurricane check --probe-'), ['']);
  });

  test('offers the values that are known, and the names of probes', async () => {
    assert.deepEqual(await complete('hurricane serve --access-log '), ['all', 'errors', 'off']);
    assert.deepEqual(await complete('hurricane probe a'), ['alive']);
  });

  test('offers programs behind --', async () => {
    assert.ok((await complete('hurricane serve -- bas')).includes('bash'));
  });
});
