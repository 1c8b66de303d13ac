import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { suite, test, type TestContext } from 'node:test';

import { openShared } from '../../src/core/shared-descriptor.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

/** Both ends of a pipe; the one for writing in non-blocking mode, as an app may have left it. */
function usePipe(t: TestContext): { readonly reading: number; readonly writing: number } {
  const path = join(useTempDir(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const reading = openSync(path, constants.O_RDONLY);
  closeSync(first);
  return { reading, writing };
}

suite('a descriptor that somebody made non-blocking', () => {
  test('is written to the last byte, as slow as its reader may be', async (t) => {
    const { reading, writing } = usePipe(t);
    const stream = openShared(writing);
    const bytes = Buffer.alloc(1024 * 1024, 'abc');
    const written = Promise.withResolvers<undefined>();
    stream.write(bytes.subarray(0, 300_000));
    stream.write(bytes.subarray(300_000, 700_000));
    stream.write(bytes.subarray(700_000), () => written.resolve(undefined));
    // As many turns of the thread pool as a writer without patience would need to give up.
    for (let turn = 0; turn < 50; turn += 1) await stat('/');
    void written.promise.then(() => closeSync(writing));
    assert.deepEqual(await buffer(createReadStream('', { fd: reading })), bytes);
  });

  test('fails once when its reader is gone', async (t) => {
    const { reading, writing } = usePipe(t);
    closeSync(reading);
    const stream = openShared(writing);
    const failed = Promise.withResolvers<NodeJS.ErrnoException>();
    stream.on('error', failed.resolve);
    stream.write('a line nobody reads\n');
    assert.equal((await failed.promise).code, 'EPIPE');
    assert.ok(stream.destroyed);
    closeSync(writing);
  });
});
