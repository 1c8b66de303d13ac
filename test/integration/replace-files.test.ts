import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { replaceFiles } from '../../src/lib/replace-files.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

suite('replaceFiles', () => {
  function useSource(t: TestContext): string {
    const source = useTempDir(t);
    mkdirSync(join(source, 'lib'));
    writeFileSync(join(source, 'program'), 'new', { mode: 0o700 });
    writeFileSync(join(source, 'lib/part'), 'new part', { mode: 0o600 });
    return source;
  }
  const contentOf = (...path: string[]): string => readFileSync(join(...path), 'utf8');
  const modeOf = (...path: string[]): number => statSync(join(...path)).mode & 0o777;

  test('makes a folder that is missing, for everybody to read', async (t) => {
    const target = join(useTempDir(t), 'a/b');
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    assert.deepEqual(await replaceFiles(useSource(t), target), { files: 2, bytes: 11 });
    assert.deepEqual(readdirSync(target).sort(), ['lib', 'program']);
    assert.equal(contentOf(target, 'lib/part'), 'new part');
    assert.deepEqual([modeOf(target), modeOf(target, 'lib')], [0o755, 0o755]);
    assert.deepEqual([modeOf(target, 'program'), modeOf(target, 'lib/part')], [0o755, 0o644]);
  });

  test('replaces an older copy, leaves what else is there, and is itself over again', async (t) => {
    const [source, target] = [useSource(t), useTempDir(t)];
    writeFileSync(join(target, 'program'), 'old', { mode: 0o444 });
    writeFileSync(join(target, 'other'), 'mine');
    await replaceFiles(source, target);
    await replaceFiles(source, target);
    assert.deepEqual(readdirSync(target).sort(), ['lib', 'other', 'program']);
    assert.deepEqual([contentOf(target, 'program'), contentOf(target, 'other')], ['new', 'mine']);
  });

  test('replaces nothing when not all can be copied, and leaves nothing behind', async (t) => {
    const [source, target] = [useSource(t), useTempDir(t)];
    writeFileSync(join(target, 'program'), 'old');
    writeFileSync(join(target, 'lib'), 'in the way');
    await assert.rejects(replaceFiles(source, target), { code: 'EEXIST' });
    assert.deepEqual(readdirSync(target).sort(), ['lib', 'program']);
    assert.equal(contentOf(target, 'program'), 'old');
  });

  test('removes what a copy left that was killed, and of other hosts only what is old', async (t) => {
    const [source, target] = [useSource(t), useTempDir(t)];
    await copyAndDie(source, target);
    const [left = '', ...others] = readdirSync(target);
    assert.match(left, /^\.copying-/);
    assert.deepEqual(others, []);
    assert.deepEqual(readdirSync(join(target, left)), ['lib']);
    for (const name of ['.copying-young@1', '.copying-old@2']) mkdirSync(join(target, name));
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    utimesSync(join(target, '.copying-old@2'), twoHoursAgo, twoHoursAgo);
    await replaceFiles(source, target);
    assert.deepEqual(readdirSync(target).sort(), ['.copying-young@1', 'lib', 'program']);
  });

  test('does not make a file that is a folder', async (t) => {
    const target = join(useTempDir(t), 'file');
    writeFileSync(target, '');
    chmodSync(target, 0o600);
    await assert.rejects(replaceFiles(useSource(t), target), { code: 'EEXIST' });
    assert.equal(modeOf(target), 0o600);
  });
});

/** In a process of its own, which kills itself when its first file is there. */
async function copyAndDie(source: string, target: string): Promise<void> {
  const module = new URL('../../src/lib/replace-files.ts', import.meta.url).href;
  const script = `
    import { globSync } from 'node:fs';
    import { replaceFiles } from ${JSON.stringify(module)};
    const [source, target] = process.argv.slice(1);
    const watch = () => {
      if (globSync('.copying-*/lib/part', { cwd: target }).length > 0) process.kill(process.pid, 'SIGKILL');
      setImmediate(watch);
    };
    watch();
    await replaceFiles(source, target);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, source, target], {
    stdio: 'inherit',
  });
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
}
