// Commands that must succeed before the app starts: in order, none after a failure.

import type { StartupConfig } from '../config/slices/preparation.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { describeExit, endingOf, isSuccess } from '../core/exit-status.ts';
import type { Log } from '../core/log.ts';
import { maskCredentials } from '../core/mask-credentials.ts';
import { abortError } from '../lib/waiting.ts';
import type { OutputLine } from '../process/output.ts';
import { runOnce, type RunResult } from '../process/run-once.ts';

export interface StartupCommandOptions {
  /** Where they were given; `--command` unless said otherwise. */
  readonly option?: string;
  /** For each command; Infinity: no limit. */
  readonly timeoutMs: number;
  /** How long a command may take to end after its timeout, before it is killed. */
  readonly graceMs?: number | undefined;
  /** When a command that was asked to end by `signal` is killed. */
  readonly over?: AbortSignal | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Its reason, the name of a signal, is what the running command gets. */
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly log: Log;
}

/**
 * Resolves when all have succeeded. Throws `startup-command-failed` with the last output of the one
 * that did not, or an AbortError; then nothing of the command is left and the later ones do not run.
 */
export async function runStartupCommands(
  commands: StartupConfig['commands'],
  options: StartupCommandOptions,
): Promise<void> {
  const { option, env, cwd, timeoutMs, graceMs, over, signal, emit, log } = options;
  for (const { words, text } of commands) {
    const command = maskCredentials(text);
    if (signal.aborted) throw abortError(signal, 'running startup commands');
    emit('command.started', { command });
    const onLine = (line: OutputLine): void => logLine(log, command, line);
    const result = await runOnce({ words, env, cwd }, { timeoutMs, graceMs, over, signal, onLine });
    const duration_ms = Math.round(result.durationMs);
    emit('command.ended', { command, ...endingOf(result.status), duration_ms });
    if (result.cut === 'abort')
      throw abortError(signal, `the startup command ${command} was running`);
    if (result.cut === undefined && isSuccess(result.status)) continue;
    throw failure(command, result, timeoutMs, option);
  }
}

function logLine(log: Log, command: string, { stream, text, continued }: OutputLine): void {
  const fields = { command, stream, line: text, ...(continued && { continued }) };
  log.info(fields, 'startup command output');
}

/** The sentence about a command that did not succeed, and what to do about it. */
export function failure(
  command: string,
  { status, cut, output }: Pick<RunResult, 'status' | 'cut' | 'output'>,
  timeoutMs: number,
  option = '--command',
): HurricaneError {
  const how =
    cut === 'timeout'
      ? `did not end within ${timeoutMs / 1000}s (--command-timeout)`
      : describeExit(status);
  return new HurricaneError('startup-command-failed', `startup command "${command}" ${how}`, {
    hint: hintFor(status, cut, option),
    ...(output !== '' && { output }),
  });
}

function hintFor(status: RunResult['status'], cut: RunResult['cut'], option: string): string {
  if (cut === 'timeout') return 'its last output says where it hangs; or raise --command-timeout';
  if (status.kind === 'not-started') {
    return status.code === 127
      ? `install the program in the image, or correct ${option}`
      : `make the file executable, or correct ${option}`;
  }
  if (status.kind === 'signalled' && status.signal === 'SIGKILL') {
    return 'the kernel does so when memory runs out: raise the memory limit of the container';
  }
  return 'its last output says why; the app was not started';
}
