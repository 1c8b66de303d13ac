// The truth table of the probes: the state of everything → what each probe answers. Pure.

import type { ProbeName } from '../core/events.ts';
import type { FailingCheck } from '../core/failing-check.ts';

/** All that a probe's answer depends on. */
export interface HealthState {
  readonly draining: boolean;
  /** The operator wants no traffic for a while. */
  readonly drained: boolean;
  /** Undefined until startup is finished. */
  readonly startupSeconds: number | undefined;
  /** Why nobody serves for a while; somebody will again. */
  readonly away: Away | undefined;
  readonly failing: { readonly readiness: Failing; readonly liveness: Failing };
  readonly requests: number;
  readonly averageMs: number;
  readonly queued: number;
  /** The queue reached its limit and has not yet shrunk to where readiness returns. */
  readonly congested: boolean;
}

/** What work would go to is away. */
export interface Away {
  readonly reason: 'restarting' | 'not-consuming';
  readonly text: string;
}

type Failing = readonly FailingCheck[];

export interface JudgeOptions {
  readonly queueLimit: number;
  readonly maxLifetime: number | undefined;
  /** Details of failing checks are part of the text. */
  readonly debug: boolean;
  /** What comes in, and how it is done with. */
  readonly work: WorkWords;
}

/** What the texts call the work that comes in. */
export interface WorkWords {
  /** As the original has it: `Request queue size`. */
  readonly queue: string;
  readonly average: string;
  /** `2 requests wait for their answer`. */
  readonly wait: string;
  readonly mean: string;
}

export const requestWords: WorkWords = {
  queue: 'Request queue size',
  average: 'Average response time',
  wait: 'requests wait for their answer',
  mean: 'the app answers in',
};

export const messageWords: WorkWords = {
  queue: 'Message queue size',
  average: 'Average handling time',
  wait: 'messages wait for the handler',
  mean: 'the handler takes',
};

export interface Verdict {
  readonly passing: boolean;
  readonly status: 200 | 400 | 500;
  /** The body of the plain answer. */
  readonly text: string;
  readonly reason:
    'up' | 'starting' | 'draining' | Away['reason'] | 'drained' | 'check' | 'lifetime' | 'queue';
  /** For people: logs, webhooks and the owner's status; with the details of failing checks. */
  readonly details: string;
}

/** The first rule that applies decides: draining, start, away, drained, check, lifetime, queue. */
export function judge(probe: ProbeName, state: HealthState, options: JudgeOptions): Verdict {
  if (state.draining) return probe === 'readiness' ? drainingVerdict : up(probe, state, options);
  if (state.startupSeconds === undefined) return startingVerdict;
  // What checks say of an app that is not there is known already, and no reason to end the container.
  if (state.away !== undefined) {
    return probe === 'readiness'
      ? refuse(state.away.reason, state.away.text)
      : up(probe, state, options);
  }
  switch (probe) {
    case 'startup':
      return up(probe, state, options);
    case 'readiness':
      if (state.drained) return drainedVerdict;
      return (
        checks(state.failing.readiness, options) ??
        queue(state, options) ??
        up(probe, state, options)
      );
    case 'liveness':
      return (
        checks(state.failing.liveness, options) ??
        lifetime(state, options) ??
        up(probe, state, options)
      );
  }
}

/** Not ready at `limit` or more, ready again at 80 % of it; with a limit of 0 never ready. */
export function isCongested(queued: number, limit: number, congested: boolean): boolean {
  return queued >= limit || (congested && queued > lowMark(limit));
}

function lowMark(limit: number): number {
  return Math.floor(0.8 * limit);
}

const drainingVerdict = refuse('draining', 'draining');
const drainedVerdict = refuse('drained', 'drained by the operator');
const startingVerdict = refuse('starting', 'startup is not finished');

function checks(failing: Failing, { debug }: JudgeOptions): Verdict | undefined {
  if (failing.length === 0) return undefined;
  const heads = [...new Set(failing.map(headOf))].join('\n');
  const details = failing.map((check) => `${headOf(check)}: ${check.text}`).join('\n');
  return {
    passing: false,
    status: 500,
    text: debug ? details : heads,
    reason: 'check',
    details,
  };
}

function headOf({ name = 'check' }: FailingCheck): string {
  return `${name} error`;
}

function lifetime({ requests }: HealthState, { maxLifetime }: JudgeOptions): Verdict | undefined {
  if (maxLifetime === undefined || requests <= maxLifetime) return undefined;
  return refuse(
    'lifetime',
    `Requests: ${requests} max lifetime: ${maxLifetime}`,
    `the app has served ${requests} requests, ` +
      `more than its lifetime of ${maxLifetime} (--max-lifetime)`,
  );
}

function queue(state: HealthState, { queueLimit, work }: JudgeOptions): Verdict | undefined {
  if (!state.congested) return undefined;
  return refuse(
    'queue',
    `${work.queue}: ${state.queued} limit: ${queueLimit}`,
    `${state.queued} ${work.wait}: not ready from ${queueLimit} on ` +
      `(--req-queue-len) until ${lowMark(queueLimit)} are left`,
  );
}

function refuse(reason: Verdict['reason'], text: string, details = text): Verdict {
  return { passing: false, status: 400, text, reason, details };
}

function up(probe: ProbeName, state: HealthState, { work }: JudgeOptions): Verdict {
  const text = upText(probe, state, work);
  const details = probe === 'liveness' ? aliveDetails(state, work) : text;
  return { passing: true, status: 200, text, reason: 'up', details };
}

function aliveDetails({ requests, averageMs, queued }: HealthState, work: WorkWords): string {
  if (requests === 0) return 'alive';
  return `alive: ${work.mean} ${averageMs.toFixed(2)} ms on average, ${queued} ${work.wait}`;
}

function upText(probe: ProbeName, state: HealthState, work: WorkWords): string {
  switch (probe) {
    case 'startup':
      return state.startupSeconds === undefined
        ? 'Startup was interrupted'
        : `Startup was finished ${state.startupSeconds}`;
    case 'readiness':
      return 'ready';
    case 'liveness':
      return state.requests === 0
        ? 'alive'
        : `${work.average}: ${state.averageMs.toFixed(2)}ms ${work.queue}: ${state.queued} Rx`;
  }
}
