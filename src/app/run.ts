// The story of a pod: listen, prepare, start, open, wait, drain, stop.

import type { Intake, StopReason } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import { HurricaneError } from '../core/errors.ts';
import { describeExit, type ExitStatus } from '../core/exit-status.ts';
import { stopShares } from '../core/stop-shares.ts';
import { monotonicMs } from '../lib/clock.ts';
import { drainReport } from './drain-report.ts';
import { outcomeOf, type Outcome, type Phase, type Role } from './outcome.ts';
import type { Shutdown } from './shutdown.ts';

/** The program that is supervised. */
export interface App {
  readonly stopSignal: NodeJS.Signals;
  /** Resolves once with why it does not run any more and will not; stays pending otherwise. */
  readonly ended: Promise<StopReason>;
  /** Resolves when it is up, its startup checks included. */
  start(signal: AbortSignal): Promise<void>;
  /** It will be stopped soon: nothing of it is replaced from now on. */
  close(): void;
  /** Stop signal now, SIGKILL at the deadline; undefined when it never ran. */
  stop(deadline: Deadline): Promise<Stopped | undefined>;
}

/** How the program ended. */
export interface Stopped {
  readonly status: ExitStatus;
  readonly killed: boolean;
}

/** What the story is told with. */
export interface Cast {
  readonly role: Role;
  readonly app: App;
  /** Undefined where no work comes in. */
  readonly intake: Pick<Intake, 'drain' | 'stop' | 'report'> | undefined;
  /** Messages that the stop sent back to their queue unfinished. */
  readonly givenBack: number;
  /** What failing liveness checks say; undefined while none fails. */
  readonly sickness: string | undefined;
  /** What the start waits for; empty when nobody knows. */
  readonly startWaitsFor: string;
  /** Binds every port, and answers on them from now on. */
  listen(): Promise<void>;
  /** Dependencies, then startup commands; what runs is asked to end at `signal` and killed at `over`. */
  prepare(signal: AbortSignal, over: AbortSignal): Promise<void>;
  /** Everybody may know: it is up. */
  announceUp(): void;
  /** Everybody may know: it will be gone. */
  announceStop(): void;
  /** Observers deliver what they still hold; probes answer until this is done. */
  farewell(deadline: Deadline): Promise<void>;
  /** Resolves when a task in the background failed: a bug. */
  readonly failed: Promise<Error>;
  readonly hasWebhooks: boolean;
  readonly emit: Emit;
}

/** A few answers that are already on their way out when the app has gone. */
const LAST_ANSWERS_MS = 500;

/** Runs from the first port to the last byte. Never rejects; the outcome says how it went. */
export async function run(cast: Cast, shutdown: Shutdown, gracePeriodMs: number): Promise<Outcome> {
  void cast.failed.then((error) => shutdown.request({ kind: 'failed', error }));
  let waitedFor = '';
  // What is waited for ends with the stop, and is forgotten.
  shutdown.signal.addEventListener('abort', () => (waitedFor = cast.startWaitsFor), { once: true });
  const phase = await startUp(cast, shutdown);
  const reason = await shutdown.reason;
  if (reason.kind === 'failed' || reason.kind === 'app-ended') reportFailure(cast, phase, reason);

  const { budget } = shutdown;
  const { appMs, flushMs } = stopShares(gracePeriodMs, cast.hasWebhooks);
  const before = cast.intake?.report();
  const { sickness } = cast;
  cast.app.close();
  cast.announceStop();
  if (phase === 'serve') tellDrain(cast, reason, budget);
  const startedAt = monotonicMs();

  // Without the app, or before it was up, there is nothing to wait for.
  const orderly = phase === 'serve' && isOrderly(reason);
  await cast.intake?.drain(orderly ? budget.before(appMs + flushMs) : budget.within(0));
  const appDeadline = budget.before(flushMs);
  const [ended] = await Promise.all([
    cast.app.stop(appDeadline),
    cast.intake?.stop(orderly ? appDeadline : budget.within(LAST_ANSWERS_MS)),
  ]);
  if (phase === 'serve' && cast.intake !== undefined && before !== undefined) {
    const duration_ms = Math.round(monotonicMs() - startedAt);
    cast.emit('drain.ended', { ...drainReport(before, cast.intake.report()), duration_ms });
  }
  await cast.farewell(budget.within(Math.max(flushMs, LAST_ANSWERS_MS)));
  return outcomeOf({
    phase,
    reason,
    app: ended?.status,
    stopSignal: cast.app.stopSignal,
    killed: ended?.killed ?? false,
    appMs,
    role: cast.role,
    // Messages that go back to their queue are told apart from requests, which nobody sends again.
    cut: (cast.intake?.report().forced ?? 0) - cast.givenBack,
    givenBack: cast.givenBack,
    sickness,
    waitedFor,
    hurried: shutdown.hurried,
  });
}

/** The way up. Returns the phase in which it stopped, or `serve` when it is up. */
async function startUp(cast: Cast, shutdown: Shutdown): Promise<Phase> {
  let phase: Phase = 'listen';
  try {
    await cast.listen();
    phase = 'prepare';
    await cast.prepare(shutdown.signal, shutdown.over);
    phase = 'start';
    void cast.app.ended.then((reason) => shutdown.request(reason));
    await cast.app.start(shutdown.signal);
    if (shutdown.signal.aborted) return phase;
    phase = 'serve';
    cast.announceUp();
  } catch (error) {
    // After a stop was asked for, this is only how the abort shows.
    shutdown.request({
      kind: 'failed',
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
  return phase;
}

function reportFailure(cast: Cast, phase: Phase, reason: StopReason): void {
  if (phase === 'serve') return;
  const error = reason.kind === 'failed' ? reason.error : undefined;
  const known = error instanceof HurricaneError ? error : undefined;
  cast.emit('startup.failed', {
    status: known?.startup ?? 'failed',
    reason: describeReason(reason),
    output: known?.output,
  });
}

function tellDrain(cast: Cast, reason: StopReason, budget: Deadline): void {
  const budget_ms = Math.round(budget.leftMs);
  cast.emit('drain.started', { reason: describeReason(reason), budget_ms });
}

/** What is in hand can still end as it should. */
function isOrderly(reason: StopReason): boolean {
  if (reason.kind === 'failed') return reason.worksOn ?? false;
  return reason.kind !== 'app-ended';
}

function describeReason(reason: StopReason): string {
  switch (reason.kind) {
    case 'signal':
      return reason.signal;
    case 'app-ended':
      return `the app ${describeExit(reason.status)}`;
    case 'finished':
      return reason.text;
    case 'failed':
      return reason.error.message;
  }
}
