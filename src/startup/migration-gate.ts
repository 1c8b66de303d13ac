// No app starts before its database is as it expects it: asks until no migrations are pending.

import type { MigrationGateConfig } from '../config/slices/preparation.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { describeExit, type ExitStatus } from '../core/exit-status.ts';
import { monotonicMs } from '../lib/clock.ts';
import { abortError, pause } from '../lib/waiting.ts';
import { displayCommand } from '../process/command.ts';
import type { OutputLine } from '../process/output.ts';
import { runOnce } from '../process/run-once.ts';
import { answerOf, isTelling, questionOf, type Answer, type Question } from './migration-answer.ts';
import { runStartupCommands, type StartupCommandOptions } from './startup-commands.ts';

export interface MigrationGateOptions extends Omit<StartupCommandOptions, 'option'> {
  /** Between two questions. */
  readonly againMs?: number;
}

const AGAIN_MS = 1000;
const REMIND_MS = 10_000;

/**
 * Resolves when the answer was that none are pending. Throws `migrations-pending` or `migrations-unknown`
 * at the end of the time, `startup-command-failed` when they could not be applied, or an AbortError;
 * then nothing that was run is left.
 */
export async function passMigrationGate(
  gate: MigrationGateConfig,
  options: MigrationGateOptions,
): Promise<void> {
  const asking = new Asking(questionOf(gate), options);
  const first = await asking.untilNone(gate, gate.apply !== undefined);
  if (first === 'none' || gate.apply === undefined) return;
  await runStartupCommands([gate.apply], { ...options, option: '--check-migrations-apply' });
  // What applying took is not part of the time to wait.
  await asking.untilNone(gate, false);
}

/** Puts one question again and again, and tells what has changed in the answers. */
class Asking {
  readonly #question: Question;
  readonly #command: string;
  readonly #options: MigrationGateOptions;
  readonly #startedAt = monotonicMs();
  #last: Answer | undefined;
  #output = '';
  #remindAt = 0;

  constructor(question: Question, options: MigrationGateOptions) {
    this.#question = question;
    this.#command = displayCommand(question.words);
    this.#options = options;
  }

  /** With `orPending` it ends with either answer. Throws at the end of the time. */
  async untilNone(
    { timeoutMs }: Pick<MigrationGateConfig, 'timeoutMs'>,
    orPending: boolean,
  ): Promise<'none' | 'pending'> {
    const { signal, againMs = AGAIN_MS } = this.#options;
    const deadline = Deadline.after(timeoutMs);
    const until = AbortSignal.any([signal, deadline.signal]);
    this.#last = undefined;
    this.#tell('asking', '', undefined);
    try {
      do {
        if (signal.aborted) break;
        const { kind } = await this.#ask(deadline);
        if (kind === 'none' || (kind === 'pending' && orPending)) return kind;
      } while (await pause(againMs, until));
    } finally {
      deadline.expire();
    }
    if (signal.aborted) throw abortError(signal, 'asking whether migrations are pending');
    throw this.#failure(timeoutMs);
  }

  /** Throws when asking again would change nothing. */
  async #ask(deadline: Deadline): Promise<Answer> {
    const { env, cwd, timeoutMs, graceMs, over, signal, log } = this.#options;
    const { words } = this.#question;
    const limitMs = Math.min(timeoutMs, deadline.leftMs);
    const telling: string[] = [];
    const onLine = ({ stream, text: line }: OutputLine): void => {
      if (stream === 'stdout' && isTelling(this.#question, line)) telling.push(line);
      log.debug({ command: this.#command, stream, line }, 'migration check output');
    };
    const limits = { timeoutMs: limitMs, graceMs, over, signal };
    const { status, cut, output, durationMs } = await runOnce(
      { words, env, cwd },
      { ...limits, onLine },
    );
    if (cut === 'abort')
      throw abortError(signal, `the migration check ${this.#command} was running`);
    // Of a question that the end of all waiting has cut short, the answer before says more.
    if (cut === 'timeout' && limitMs < timeoutMs && this.#last !== undefined) return this.#last;
    this.#output = output;
    if (status.kind === 'not-started') throw this.#notStarted(status);
    const answer =
      cut === 'timeout'
        ? tooLate(limitMs < timeoutMs ? undefined : timeoutMs)
        : answerOf(this.#question, status, telling);
    this.#hear(answer, durationMs);
    return answer;
  }

  /** The sentence about what was still so at the end, and what to do about it. */
  #failure(timeoutMs: number): HurricaneError {
    const details = this.#output === '' ? {} : { output: this.#output };
    const time = `${timeoutMs / 1000}s (--gate-timeout)`;
    if (this.#last?.kind === 'pending') {
      return new HurricaneError(
        'migrations-pending',
        `migrations were still pending after ${time}, says "${this.#command}"`,
        { ...details, hint: PENDING_HINT },
      );
    }
    const how = this.#last?.kind === 'unknown' ? this.#last.reason : 'was not run';
    return new HurricaneError(
      'migrations-unknown',
      `nobody could say within ${time} whether migrations are pending: "${this.#command}" ${how}`,
      { ...details, hint: UNKNOWN_HINT },
    );
  }

  #notStarted(status: ExitStatus): HurricaneError {
    return new HurricaneError(
      'migrations-unknown',
      `nobody can say whether migrations are pending: "${this.#command}" ${describeExit(status)}`,
      { hint: 'install the program in the image, or correct --check-migrations' },
    );
  }

  #hear(answer: Answer, durationMs: number): void {
    const { kind } = answer;
    this.#options.emit('gate.asked', { answer: kind, duration_ms: Math.round(durationMs) });
    const reason = kind === 'unknown' ? answer.reason : '';
    const waitedMs = monotonicMs() - this.#startedAt;
    if (kind !== this.#last?.kind) {
      this.#tell(kind, reason, kind === 'none' || this.#output === '' ? undefined : this.#output);
      this.#remindAt = waitedMs + REMIND_MS;
    } else if (waitedMs >= this.#remindAt) {
      this.#remindAt = waitedMs + REMIND_MS;
      this.#options.log.info(
        { command: this.#command, answer: kind, reason },
        'the app still waits',
      );
    }
    this.#last = answer;
  }

  #tell(state: 'asking' | Answer['kind'], reason: string, output: string | undefined): void {
    const duration_ms = Math.round(monotonicMs() - this.#startedAt);
    const what = { state, command: this.#command, reason, output };
    this.#options.emit('gate.changed', { ...what, duration_ms });
  }
}

function tooLate(timeoutMs: number | undefined): Answer {
  const limit =
    timeoutMs === undefined ? 'in time' : `within ${timeoutMs / 1000}s (--command-timeout)`;
  return { kind: 'unknown', reason: `did not end ${limit}` };
}

const PENDING_HINT =
  'apply them, or let hurricane do it with --check-migrations-apply; or raise --gate-timeout';
const UNKNOWN_HINT =
  'its last output says why; correct --check-migrations, start the database, or raise --gate-timeout';
