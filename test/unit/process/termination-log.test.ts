import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import {
  formatTermination,
  writeTerminationLog,
  type Termination,
} from '../../../src/process/termination-log.ts';
import { useTempDir } from '../../helpers/temp-dir.ts';

const message: Termination = {
  ...{
    phase: 'serve',
    code: 137,
    signal: 'SIGKILL',
    reason: 'killed',
    next: 'look at the memory limit',
    restarts: 2,
    memory_kill: true,
    stderr: '',
  },
};

suite('the termination message', () => {
  test('replaces the content of the file by one JSON line', async (t) => {
    const path = join(useTempDir(t), 'log');
    writeFileSync(path, 'something longer than the message'.repeat(20));
    assert.equal(await writeTerminationLog(path, message), true);
    const text = readFileSync(path, 'utf8');
    assert.deepEqual(JSON.parse(text), message);
    assert.equal(text.indexOf('\n'), text.length - 1);
  });

  test('is never written where no file is', async (t) => {
    const path = join(useTempDir(t), 'absent');
    assert.equal(await writeTerminationLog(path, message), false);
    assert.equal(existsSync(path), false);
    assert.equal(await writeTerminationLog('/', message), false);
  });

  const outputs = {
    'plain lines': 'x'.repeat(10_000),
    'quotes that JSON doubles': '"'.repeat(10_000),
    'control characters that JSON makes six of': '\u0001'.repeat(10_000),
    'characters of four bytes': '😀'.repeat(5000),
  };
  for (const [name, stderr] of Object.entries(outputs)) {
    test(`fills 4096 bytes, no more, with the end of ${name}`, () => {
      const line = formatTermination({ ...message, stderr: `${stderr}end` });
      const bytes = Buffer.byteLength(line);
      assert.ok(bytes <= 4096 && bytes > 4080, `${bytes} bytes`);
      const parsed = JSON.parse(line) as Termination;
      assert.ok(parsed.stderr.endsWith('end'));
    });
  }

  test('fits with a reason of any length', () => {
    const line = formatTermination({
      ...message,
      reason: '"'.repeat(9000),
      stderr: 'e'.repeat(9000),
    });
    assert.ok(Buffer.byteLength(line) <= 4096);
  });
});
