// A command on a terminal of its own: script(1) makes the pseudo terminal.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { displayCommand } from '../../src/process/command.ts';

export interface TerminalRun {
  readonly code: number | null;
  /** What a person would see, control sequences included, line breaks as `\n`. */
  readonly screen: string;
}

/** Runs the words to their end on a terminal of 80 columns, on which `typed` is typed. */
export async function runOnTerminal(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  typed = '',
): Promise<TerminalRun> {
  const command = `stty cols 80 rows 24; ${displayCommand(words)}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      TEST_MARK: process.env['TEST_MARK'],
      SHELL: '/bin/sh',
      ...env,
    },
    signal: AbortSignal.timeout(60_000),
    killSignal: 'SIGKILL',
  });
  // It stays open: its end would reach the command.
  child.stdin.write(typed);
  const [screen, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, screen: screen.replaceAll('\r\n', '\n') };
}
