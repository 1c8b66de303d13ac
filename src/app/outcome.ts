// Why the program ended → its exit code and the last sentence of its log; pure.

import { constants } from 'node:os';

import type { StopReason } from '../core/component.ts';
import { HurricaneError } from '../core/errors.ts';
import { describeExit, exitCodeOf, isSuccess, type ExitStatus } from '../core/exit-status.ts';

export type Phase = 'listen' | 'prepare' | 'start' | 'serve';

/** What it was started as: an app that is handed requests, one that works by itself, a handler of messages, none. */
export type Role = 'serve' | 'worker' | 'consume' | 'prepare';

export interface Ending {
  readonly phase: Phase;
  readonly reason: StopReason;
  /** How the app ended; undefined when it never ran. */
  readonly app: ExitStatus | undefined;
  readonly stopSignal: NodeJS.Signals;
  /** The app had to be killed at the end of the budget. */
  readonly killed: boolean;
  /** Its share of the budget, in milliseconds. */
  readonly appMs: number;
  readonly role: Role;
  /** Requests that were still in hand at the end of their time. */
  readonly cut: number;
  /** Messages that were still in hand at the end of the budget, and went back to their queue. */
  readonly givenBack: number;
  /** What failing liveness checks said when the stop was asked for: mostly why it was. */
  readonly sickness: string | undefined;
  /** What the start waited for when the stop was asked for; empty when nobody knows. */
  readonly waitedFor: string;
  /** A second signal came. */
  readonly hurried: boolean;
}

export interface Outcome {
  /** Once it is up that of its role. */
  readonly phase: Phase | Role;
  readonly exitCode: number;
  /** It ended with 0 as it should: the app was up, and no request was cut. */
  readonly orderly: boolean;
  readonly reason: string;
  /** The signal that ended the app, or that asked us to stop. */
  readonly signal: NodeJS.Signals | undefined;
  /** What the reader of the log should do next. */
  readonly next: string;
  /** The last output of what failed before the app was started. */
  readonly output?: string | undefined;
}

const KILLED = 128 + constants.signals.SIGKILL;
/** EX_TEMPFAIL of sysexits.h. */
const GIVEN_BACK = 75;
const STOPPED_IN_PREPARE = 128 + constants.signals.SIGTERM;
const HURRIED = 128 + constants.signals.SIGINT;

/** The table of exit codes of docs/reference.md, applied. */
export function outcomeOf(ending: Ending): Outcome {
  const { phase, reason, cut } = ending;
  const decision = decide(ending);
  const cameUp = phase === 'serve' || reason.kind === 'finished';
  const orderly = decision.exitCode === 0 && cameUp && cut === 0;
  const called = phase === 'serve' ? ending.role : phase;
  return { phase: called, signal: signalOf(ending), orderly, ...decision };
}

type Decision = Omit<Outcome, 'phase' | 'signal' | 'orderly'>;

function signalOf({ reason }: Ending): NodeJS.Signals | undefined {
  if (reason.kind === 'signal') return reason.signal;
  if (reason.kind !== 'app-ended' || reason.status.kind !== 'signalled') return undefined;
  return reason.status.signal;
}

function decide(ending: Ending): Decision {
  const { reason, app } = ending;
  switch (reason.kind) {
    case 'failed':
      return failed(reason.error);
    case 'app-ended':
      return appEnded(reason, ending);
    case 'finished':
      return finished(ending, reason.text);
    case 'signal':
      return app === undefined ? stoppedBeforeApp(ending, reason.signal) : stopped(ending, app);
  }
}

function finished(ending: Ending, text: string): Decision {
  if (ending.hurried) return hurriedOutcome;
  return givenBack(ending) ?? { exitCode: 0, reason: text, next: 'nothing to do' };
}

function givenBack({ givenBack: count }: Ending): Decision | undefined {
  if (count === 0) return undefined;
  const messages = count === 1 ? '1 message was' : `${count} messages were`;
  return {
    exitCode: GIVEN_BACK,
    reason: `${messages} still being handled at the end of the grace period, and went back to the queue`,
    next: 'let the handler end sooner, when its signal aborts at the latest, or raise --grace-period',
  };
}

function failed(error: Error): Decision {
  const known =
    error instanceof HurricaneError
      ? error
      : new HurricaneError('bug', error.message, { cause: error });
  return {
    exitCode: known.exitCode,
    reason: known.message,
    next: known.hint ?? 'correct what the message names, then start again',
    output: known.output,
  };
}

function appEnded(
  { status, crashLoop }: Extract<StopReason, { kind: 'app-ended' }>,
  { phase, role }: Ending,
): Decision {
  const wasUp = phase === 'serve';
  const tooEarly = !wasUp && isSuccess(status);
  const ending = `the app ${describeExit(status)}${tooEarly ? ' before it was up' : ''}`;
  return {
    exitCode: exitCodeOf(status),
    reason: crashLoop
      ? `crash loop: it was started again and again, and at last ${ending}`
      : ending,
    next: adviceFor(status, { tooEarly, mustListen: role === 'serve' && !wasUp }),
  };
}

function adviceFor(
  status: ExitStatus,
  { tooEarly, mustListen }: { readonly tooEarly: boolean; readonly mustListen: boolean },
): string {
  const listen = mustListen ? '; it must listen on $PORT, or {port} in its arguments' : '';
  if (status.kind === 'not-started') {
    return 'correct what stands behind `--`, or what the image holds';
  }
  if (status.kind === 'signalled') {
    return status.signal === 'SIGKILL'
      ? 'it was killed from outside, or for want of memory: look at the memory limit and the log of the kernel'
      : 'somebody sent the signal, or the app crashed: its own log or a core dump may say why';
  }
  if (tooEarly) return `let the app stay in the foreground${listen}`;
  return `the app ended by itself: its own log says why${listen}`;
}

function stoppedBeforeApp(ending: Ending, signal: NodeJS.Signals): Decision {
  const { hurried, phase } = ending;
  if (hurried) return hurriedOutcome;
  if (phase === 'serve') {
    return { exitCode: 0, reason: `stopped by ${signal} while no app ran`, next: 'nothing to do' };
  }
  return {
    exitCode: phase === 'prepare' ? STOPPED_IN_PREPARE : 0,
    reason: `stopped by ${signal} before the app was started${waiting(ending)}`,
    next: patience,
  };
}

/** Somebody may have stopped it for it. */
function waiting({ waitedFor }: Ending): string {
  return waitedFor === '' ? '' : `, while it waited for ${waitedFor}`;
}

const patience =
  'nothing, if you stopped it; if a startup probe did, let that fail more often (failureThreshold), or find out what takes so long';

const hurriedOutcome = {
  exitCode: HURRIED,
  reason: 'a second signal cut the stop short',
  next: 'requests may be lost: send one signal and wait for the grace period',
};

function stopped(ending: Ending, app: ExitStatus): Decision {
  if (ending.hurried) return hurriedOutcome;
  if (ending.killed) {
    const share = `the ${Math.round(ending.appMs / 100) / 10} s that it has of the grace period`;
    const inHand = ending.cut === 0 ? '' : `, with ${requests(ending.cut)} in hand`;
    return {
      exitCode: KILLED,
      reason: `the app did not end on ${ending.stopSignal} within ${share} and was killed${inHand}`,
      next: 'let the app end on its stop signal, choose another --stop-signal, or raise --grace-period',
    };
  }
  const orderly = endedOrderly(app, ending.stopSignal);
  const unfinished = givenBack(ending);
  if (unfinished !== undefined) return unfinished;
  if (orderly) return stoppedWith0(ending);
  return {
    exitCode: exitCodeOf(app),
    reason: `the app ${describeExit(app)} while it was stopping`,
    next: 'the app failed to stop in order: its own log says why',
  };
}

function stoppedWith0(ending: Ending): Decision {
  const { phase, cut, sickness, reason } = ending;
  if (phase !== 'serve') {
    const by = reason.kind === 'signal' ? ` by ${reason.signal}` : '';
    return {
      exitCode: 0,
      reason: `stopped${by} before the app was up${waiting(ending)}`,
      next: patience,
    };
  }
  if (cut > 0) {
    return {
      exitCode: 0,
      reason: `stopped, but ${requests(cut)} did not end in time and ${cut === 1 ? 'was' : 'were'} cut`,
      next: 'raise --grace-period, or let requests end sooner',
    };
  }
  if (sickness !== undefined) {
    return {
      exitCode: 0,
      reason: `stopped in order, while liveness failed: ${sickness}`,
      next: 'mend what the check names, if it is why the stop was asked for',
    };
  }
  return { exitCode: 0, reason: 'stopped in order', next: 'nothing to do' };
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

/** Ended with 0, by our signal, or with 128 + our signal, as a JVM does. */
function endedOrderly(app: ExitStatus, stopSignal: NodeJS.Signals): boolean {
  if (app.kind === 'signalled') return app.signal === stopSignal;
  return app.code === 0 || app.code === 128 + constants.signals[stopSignal];
}
