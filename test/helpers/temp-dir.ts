// A folder of the test's own, and files in it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** The path of an empty folder, gone after the test. */
export function useTempDir(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hurricane-test-'));
  // A program that is being ended may still write into it.
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return path;
}

/** Writes a file when its path is asked for by its name. */
export function useFiles(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): (name: string) => string {
  const folder = useTempDir(t);
  return (name) => {
    const path = join(folder, name);
    writeFileSync(path, files[name] ?? '');
    return path;
  };
}
