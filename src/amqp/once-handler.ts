// Messages handled by a program each: the body on its stdin, all else that is known of it as JSON in
// HURRICANE_MESSAGE; its exit code says what becomes of the message.

import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { describeExit, exitCodeOf, type ExitStatus } from '../core/exit-status.ts';
import { findExecutable } from '../process/command.ts';
import { endRunning } from '../process/ending.ts';
import { OutputPump, OutputTail } from '../process/output.ts';
import { spawnProcess, type Running } from '../process/spawn.ts';
import type { MessageHandler, ProgramSurroundings, Work } from './handler.ts';
import { describeWork } from './headers.ts';
import { timedOut, type Verdict } from './retry-ladder.ts';

export interface OnceHandlerOptions extends ProgramSurroundings {
  readonly words: readonly string[];
}

/** For a program to end on SIGTERM. */
const GRACE_MS = 1000;
/** Of what it printed, for the reason of a failed attempt. */
const TAIL_CHARACTERS = 500;

export class OnceHandler implements MessageHandler {
  readonly routingKeys = undefined;
  /** Each program fails alone. */
  readonly failed = new Promise<Error>(() => undefined);
  readonly #options: OnceHandlerOptions;
  readonly #running = new Map<
    Work,
    { readonly process: Running; cut: 'timeout' | 'stop' | undefined }
  >();

  constructor(options: OnceHandlerOptions) {
    this.#options = options;
  }

  /** The first program starts with the first message; that it is there is seen before. */
  start(): Promise<void> {
    const fault = this.#fault();
    return fault === undefined ? Promise.resolve() : Promise.reject(fault);
  }

  begin(work: Work): void {
    const { words, cwd, env } = this.#options;
    const message = JSON.stringify({ queue: this.#options.queue, ...describeWork(work) });
    const variables = { ...env, HURRICANE_MESSAGE: message };
    const process = spawnProcess({ words, cwd, env: variables }, 'converse');
    this.#running.set(work, { process, cut: undefined });
    // One that reads nothing of it is free to do so.
    process.stdin?.on('error', () => undefined);
    process.stdin?.end(work.delivery.body);
    void this.#finish(work, process);
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    const running = this.#running.get(work);
    if (running === undefined) return;
    running.cut ??= why;
    running.process.group?.signal('SIGTERM');
    void endRunning(running.process, Deadline.after(GRACE_MS));
  }

  async stop(deadline: Deadline): Promise<void> {
    const all = [...this.#running.values()];
    await Promise.all(all.map(({ process }) => endRunning(process, deadline)));
  }

  /** The first program starts with the first message; whether it can is seen before. */
  #fault(): HurricaneError | undefined {
    const { words, cwd, env } = this.#options;
    const [word = ''] = words;
    const { kind } = findExecutable(word, { path: env['PATH'], cwd });
    if (kind === 'found') return undefined;
    const hint = 'correct --handler-once: name a program in PATH, or the path of one';
    return kind === 'missing'
      ? new HurricaneError('app-not-found', `the handler ${word} was not found`, { hint })
      : new HurricaneError('app-not-executable', `the handler ${word} is not executable`, { hint });
  }

  async #finish(work: Work, process: Running): Promise<void> {
    const tail = new OutputTail(TAIL_CHARACTERS);
    const pump = new OutputPump(process, (line) => {
      if (line.stream === 'stderr') tail.add(line);
      this.#options.onLine(line);
    });
    const status = await process.ended;
    await process.group?.end(Deadline.after(0));
    await pump.close();
    const { cut } = this.#running.get(work) ?? {};
    this.#running.delete(work);
    work.finish(verdictOf(status, cut, work, tail.toString()));
  }
}

/** The codes are part of docs/consume.md. */
function verdictOf(
  status: ExitStatus,
  cut: 'timeout' | 'stop' | undefined,
  work: Work,
  said: string,
): Verdict {
  if (cut === 'stop') return { kind: 'given-back' };
  if (cut === 'timeout') return timedOut(work);
  const reason = `the program ${describeExit(status)}${said === '' ? '' : `: ${said.trimEnd()}`}`;
  switch (exitCodeOf(status)) {
    case 0:
      return { kind: 'ack' };
    case 3:
      return { kind: 'drop', reason };
    case 5:
      return { kind: 'dead', reason };
    case 6:
      return { kind: 'requeue' };
    default:
      return { kind: 'retry', reason };
  }
}
