import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { useTempDir } from '../helpers/temp-dir.ts';

const script = join(import.meta.dirname, '../../scripts/build-image.ts');

test('the image is not begun without its tools, which are named with their packages', (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    env: { PATH: useTempDir(t) },
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [1, '']);
  assert.equal(
    stderr,
    'The image needs strip, patchelf, dpkg-query. ' +
      'On Debian: sudo apt-get install binutils patchelf dpkg\n',
  );
});
