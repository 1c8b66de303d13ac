// Runs a program to its end, or to the end of the patience with it: startup commands and checks.

import { constants } from 'node:os';

import { Deadline } from '../core/deadline.ts';
import { describeExit, isSuccess, type ExitStatus } from '../core/exit-status.ts';
import { monotonicMs } from '../lib/clock.ts';
import { doneBefore, onAbort } from '../lib/waiting.ts';
import { endRunning } from './ending.ts';
import { OutputPump, OutputTail, type OutputLine } from './output.ts';
import { spawnProcess, type Running, type SpawnSpec } from './spawn.ts';

export interface RunOptions {
  /** Infinity: no limit. */
  readonly timeoutMs: number;
  /** An abort whose reason is the name of a signal sends that signal, any other SIGTERM. */
  readonly signal: AbortSignal;
  /** How long it may take to end after a timeout, before SIGKILL; 5 s by default. */
  readonly graceMs?: number | undefined;
  /** After an abort this says when to send SIGKILL, instead of `graceMs`. */
  readonly over?: AbortSignal | undefined;
  readonly onLine?: ((line: OutputLine) => void) | undefined;
  /** Its stdout as it comes, instead of its lines. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

export interface RunResult {
  readonly status: ExitStatus;
  /** Why it was asked to end; undefined when it ended by itself. */
  readonly cut: 'timeout' | 'abort' | undefined;
  /** The last 16 Ki characters of stdout and stderr. */
  readonly output: string;
  readonly durationMs: number;
}

/** What was wrong with its end, for one who let it run for `limit`; undefined when it ended with 0. */
export function faultOf(
  { status, cut }: Pick<RunResult, 'status' | 'cut'>,
  limit: string,
): string | undefined {
  if (cut === 'timeout') return `no end within ${limit}`;
  if (cut === 'abort') return 'stopped';
  return isSuccess(status) ? undefined : describeExit(status);
}

const KILLED: ExitStatus = { kind: 'signalled', signal: 'SIGKILL' };
const GRACE_MS = 5000;
const TAIL_CHARACTERS = 16 * 1024;

/** When it resolves, nothing of the program's group is left. Never rejects. */
export async function runOnce(spec: SpawnSpec, options: RunOptions): Promise<RunResult> {
  const startedAt = monotonicMs();
  const tail = new OutputTail(TAIL_CHARACTERS);
  const running = spawnProcess(spec, 'pipe');
  const onLine = (line: OutputLine): void => {
    tail.add(line);
    options.onLine?.(line);
  };
  const pump = new OutputPump(running, onLine, options.onStdout);
  const cut = await waitFor(running, options);
  const stopSignal = cut === 'abort' ? signalOf(options.signal.reason) : 'SIGTERM';
  // After an end by itself this is for what it left behind.
  running.group?.signal(stopSignal);
  await endInTime(running, cut, options);
  await pump.close();
  return {
    // What not even SIGKILL could end yet is not waited for.
    status: await Promise.race([running.ended, Promise.resolve(KILLED)]),
    cut,
    output: tail.toString(),
    durationMs: monotonicMs() - startedAt,
  };
}

async function endInTime(
  running: Running,
  cut: RunResult['cut'],
  { graceMs = GRACE_MS, over }: RunOptions,
): Promise<void> {
  const untilOver = cut === 'abort' && over !== undefined;
  const deadline = Deadline.after(untilOver ? Infinity : graceMs);
  const stopListening = untilOver ? onAbort(over, () => deadline.expire()) : undefined;
  await endRunning(running, deadline);
  stopListening?.();
  deadline.expire();
}

async function waitFor(running: Running, options: RunOptions): Promise<RunResult['cut']> {
  const timeout = Deadline.after(options.timeoutMs);
  const stopListening = onAbort(options.signal, () => timeout.expire());
  const ended = await doneBefore(running.ended, timeout.signal);
  stopListening();
  timeout.expire();
  if (ended) return undefined;
  return options.signal.aborted ? 'abort' : 'timeout';
}

function signalOf(reason: unknown): NodeJS.Signals {
  const known = typeof reason === 'string' && reason in constants.signals;
  return known ? (reason as NodeJS.Signals) : 'SIGTERM';
}
