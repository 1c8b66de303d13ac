import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const tests = join(import.meta.dirname, '..');

/** What the runner prints about each test of the leaky file, by its title. */
async function verdicts(): Promise<Map<string, string>> {
  // The runner refuses to run inside of itself.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const report = await new Promise<string>((resolve) => {
    const preload = ['--import', join(tests, 'helpers/leaks.ts')];
    const options = ['--test-reporter=tap', '--test-force-exit', ...preload];
    execFile(process.execPath, [...options, join(tests, 'scripts/leaky.ts')], { env }, (_e, out) =>
      resolve(out),
    );
  });
  const [, ...parts] = report.split('# Subtest: ');
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

test('the leak check names what each test left behind, and lets a clean one pass', async () => {
  const said = await verdicts();

  const expected = {
    'leaks a process': /^not ok[^]*process \d+ sleep 60/m,
    'leaks a timer': /^not ok[^]*resource Timeout/m,
    'leaks a server': /^not ok[^]*descriptor socket:/m,
    'leaks a descriptor': /^not ok[^]*descriptor .*leaky\.ts/m,
    'leaks a listener': /^not ok[^]*listener SIGUSR2/m,
    'makes Node warn': /^not ok[^]*warning: Warning: too many of something/m,
    'leaks nothing': /^ok/m,
  };
  for (const [title, verdict] of Object.entries(expected)) {
    assert.match(said.get(title) ?? 'not run', verdict);
  }
});
