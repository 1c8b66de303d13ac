import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { readProcesses } from '../../src/process/proc.ts';
import { runOnce, type RunOptions, type RunResult } from '../../src/process/run-once.ts';

/** Runs a script of the shell; `left` is how many of its group are alive when it is over. */
function run(
  script: string,
  options: Partial<RunOptions> = {},
): Promise<RunResult & { left: number }> {
  const seen = new Set<number>();
  const spec = { words: ['sh', '-c', `echo "group $$"; ${script}`], env: process.env, cwd: '/' };
  const onLine: RunOptions['onLine'] = (line) => {
    if (line.text.startsWith('group ')) seen.add(Number(line.text.slice(6)));
    options.onLine?.(line);
  };
  const all = { timeoutMs: Infinity, signal: new AbortController().signal, graceMs: 200 };
  return runOnce(spec, { ...all, ...options, onLine }).then((result) => ({
    ...result,
    output: result.output.replace(/^group \d+\n/, ''),
    left: (readProcesses() ?? []).filter(({ group, state }) => seen.has(group) && state !== 'Z')
      .length,
  }));
}

suite('a command run once', () => {
  test('tells how it ended, what it printed, and how long it took', async () => {
    const result = await run('echo out; echo err >&2; exit 3');
    assert.deepEqual(result.status, { kind: 'exited', code: 3 });
    assert.equal(result.cut, undefined);
    assert.deepEqual(result.output.split('\n').sort(), ['', 'err', 'out']);
    assert.ok(result.durationMs > 0 && result.durationMs < 60_000);
  });

  test('has no input to wait for', async () => {
    assert.deepEqual((await run('cat')).status, { kind: 'exited', code: 0 });
  });

  test('is asked to end at its timeout', async () => {
    const result = await run('sleep 60', { timeoutMs: 50 });
    assert.equal(result.cut, 'timeout');
    assert.deepEqual(result.status, { kind: 'signalled', signal: 'SIGTERM' });
    assert.equal(result.left, 0);
  });

  test('is killed with its group when it does not end in the grace', async () => {
    const result = await run('trap "" TERM; sleep 60 & sleep 60', { timeoutMs: 50 });
    assert.equal(result.cut, 'timeout');
    assert.deepEqual(result.status, { kind: 'signalled', signal: 'SIGKILL' });
    assert.equal(result.left, 0);
  });

  test('gets the signal that called it off, and the time to end by itself', async () => {
    const controller = new AbortController();
    const result = await run('trap "echo bye; exit 9" INT; echo up; while :; do sleep 0.01; done', {
      signal: controller.signal,
      graceMs: 20_000,
      onLine: ({ text }) => {
        if (text === 'up') controller.abort('SIGINT');
      },
    });
    assert.equal(result.cut, 'abort');
    assert.deepEqual(result.status, { kind: 'exited', code: 9 });
    assert.equal(result.output, 'up\nbye\n');
  });

  test('gets SIGTERM when it is called off for another reason', async () => {
    const result = await run('sleep 60', { signal: AbortSignal.abort('app-ended') });
    assert.deepEqual(result.status, { kind: 'signalled', signal: 'SIGTERM' });
  });

  test('leaves nothing of its group behind when it ends by itself', async () => {
    const result = await run('sleep 60 & exit 0');
    assert.deepEqual(result.status, { kind: 'exited', code: 0 });
    assert.equal(result.left, 0);
  });

  test('is not waited for when what left its group holds its output open', async () => {
    const started = performance.now();
    const result = await run('setsid sleep 5 & exit 0');
    assert.deepEqual(result.status, { kind: 'exited', code: 0 });
    assert.ok(performance.now() - started < 4000);
  });

  test('keeps the last 16 Ki characters of 10 MB on one line, which comes in pieces', async () => {
    let pieces = 0;
    const result = await run('head -c 10000000 /dev/zero | tr "\\0" x; echo; echo end', {
      onLine: () => (pieces += 1),
    });
    assert.equal(result.output.length, 16 * 1024);
    assert.ok(result.output.endsWith('x\nend\n'));
    assert.ok(pieces > 1000);
  });

  test('that cannot be started says why', async () => {
    const options = { timeoutMs: Infinity, signal: new AbortController().signal };
    const spec = { words: ['no-such-program'], env: process.env, cwd: '/' };
    const { status, output } = await runOnce(spec, options);
    assert.deepEqual(status, {
      kind: 'not-started',
      code: 127,
      reason: 'no-such-program was not found in PATH',
    });
    assert.equal(output, '');
    const nowhere = await runOnce({ words: ['sh'], env: process.env, cwd: '/nowhere' }, options);
    assert.match(JSON.stringify(nowhere.status), /127.*the folder \/nowhere, was not found/);
  });
});
