// A folder of the test's own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** The path of an empty folder, gone after the test. */
export function useTempDir(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hurricane-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
