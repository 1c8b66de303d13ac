// A startup command that runs until the test lets it go on.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { eventually } from './eventually.ts';
import { useTempDir } from './temp-dir.ts';

export interface Gate {
  /** For `--command`, alone or as a part of a line of shell: succeeds when the gate is opened. */
  readonly command: string;
  /** Waits until the command has come as far as the gate. */
  open(): Promise<void>;
}

/** The command reads a named pipe, which begins and ends with its writer. */
export function useGate(t: TestContext): Gate {
  const path = join(useTempDir(t), 'gate');
  execFileSync('mkfifo', [path]);
  return {
    command: `cat ${path}`,
    // Without a reader it cannot be opened: ENXIO.
    open: () =>
      eventually(() => closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)), {
        within: 30_000,
      }),
  };
}
