// What an operator asks at three in the morning, in one object: `hurricane ctl status` and /ready as JSON.

import type { AppState, ProbeName } from '../core/events.ts';
import { monotonicMs } from '../lib/clock.ts';
import type { Answer } from '../probes/health.ts';
import type { InHand } from '../proxy/proxy.ts';
import type { Chronicle, Counts, Transition } from './chronicle.ts';

type State =
  'starting' | 'ready' | 'not ready' | 'restarting' | 'not consuming' | 'drained' | 'draining';

/** Times are ISO 8601 in UTC; null is what does not exist now. */
export interface Status {
  readonly state: State;
  /** Why it is so, as a word of a closed list, and as a sentence. */
  readonly reason: Answer['reason'];
  readonly text: string;
  readonly since: string;
  readonly version: string;
  readonly app_version: string | null;
  readonly pid: number;
  readonly uptime_s: number;
  /** Null where none is supervised. */
  readonly app: AppStatus | null;
  /** By cause. */
  readonly restarts: Counts;
  readonly replacements: Counts;
  readonly failed_replacements: Counts;
  readonly requests: RequestStatus | null;
  readonly messages: MessageStatus | null;
  readonly probes: Readonly<Record<ProbeName, ProbeStatus>>;
  /** What is left of the grace period while stopping. */
  readonly drain_left_s: number | null;
  /** The oldest first. */
  readonly transitions: readonly Transition[];
}

export interface AppStatus {
  readonly state: AppState;
  readonly since: string;
  /** Of the process that serves, or else of the one that is to; null while there is none. */
  readonly pid: number | null;
  /** Counts the processes of the app from 1. */
  readonly generation: number | null;
  /** 0 until it is up. */
  readonly up_s: number;
}

export interface RequestStatus {
  readonly in_hand: number;
  /** Those of them whose answer has not begun. */
  readonly queued: number;
  /** Those of them that have become WebSockets. */
  readonly upgraded: number;
  /** Age of the oldest one in hand, WebSockets left out; 0 without one. */
  readonly oldest_s: number;
  readonly finished: number;
}

export interface MessageStatus {
  readonly queue: string;
  readonly state: 'closed' | 'connecting' | 'waiting' | 'consuming' | 'drained' | 'draining';
  readonly since: string;
  /** Why it does not consume; empty while it does. */
  readonly reason: string;
  readonly broker: string;
  /** Handed out by the broker, and not settled. */
  readonly in_hand: number;
  /** Those of them that have not begun. */
  readonly waiting: number;
  /** Age of the oldest one in hand; 0 without one. */
  readonly oldest_s: number;
  readonly settled: number;
  /** Null before the first. */
  readonly last_settled: string | null;
}

export interface ProbeStatus {
  readonly passing: boolean;
  readonly text: string;
  readonly since: string;
}

/** Where the answers are known. */
export interface StatusSources {
  readonly version: string;
  readonly appVersion: string | undefined;
  readonly pid: number;
  readonly verdict: (probe: ProbeName) => Answer;
  /** Each undefined where there is no such thing. */
  readonly app: SupervisedApp | undefined;
  readonly requests: (() => InHand) | undefined;
  readonly messages: (() => MessageStatus) | undefined;
  readonly chronicle: Omit<Chronicle, 'observe'>;
}

/** What the supervisor knows of the app. */
export interface SupervisedApp {
  readonly state: AppState;
  readonly since: Date;
  readonly current:
    | { readonly generation: number; readonly pid: number | undefined; readonly upMs: number }
    | undefined;
}

/** With details it also tells what failing checks and commands said: for the owner of the process alone. */
export function statusOf(sources: StatusSources, details: boolean): Status {
  const readiness = sources.verdict('readiness');
  const shown = ({ text, details: whole }: Answer): string => (details ? whole : text);
  const probeStatus = (probe: ProbeName): ProbeStatus => {
    const answer = sources.verdict(probe);
    return { passing: answer.passing, text: shown(answer), since: answer.since.toISOString() };
  };
  const { chronicle } = sources;
  const { drainLeftMs, restarts, replacements, failedReplacements } = chronicle;
  return {
    state: stateOf(readiness.reason),
    reason: readiness.reason,
    text: whyOf(shown(readiness), readiness.reason, chronicle, details),
    since: readiness.since.toISOString(),
    version: sources.version,
    app_version: sources.appVersion ?? null,
    pid: sources.pid,
    uptime_s: seconds(monotonicMs()),
    app: sources.app === undefined ? null : appStatus(sources.app),
    restarts,
    replacements,
    failed_replacements: failedReplacements,
    requests: requestStatus(sources.requests?.()),
    messages: sources.messages?.() ?? null,
    probes: {
      startup: probeStatus('startup'),
      readiness: probeStatus('readiness'),
      liveness: probeStatus('liveness'),
    },
    drain_left_s: drainLeftMs === undefined ? null : seconds(drainLeftMs),
    transitions: chronicle.transitions(details),
  };
}

function whyOf(
  text: string,
  reason: Answer['reason'],
  chronicle: StatusSources['chronicle'],
  details: boolean,
): string {
  const step = chronicle.startWaitsFor(details);
  if (reason === 'starting' && step !== '') return `${text}: waits for ${step}`;
  const restart = chronicle.restartText(details);
  return reason === 'restarting' && restart !== '' ? `${text}: ${restart}` : text;
}

/** Readiness decides: it is what brings traffic. */
function stateOf(reason: Answer['reason']): State {
  switch (reason) {
    case 'up':
      return 'ready';
    case 'starting':
    case 'restarting':
    case 'drained':
    case 'draining':
      return reason;
    case 'not-consuming':
      return 'not consuming';
    case 'check':
    case 'lifetime':
    case 'queue':
      return 'not ready';
  }
}

function appStatus({ state, since, current }: SupervisedApp): AppStatus {
  return {
    state,
    since: since.toISOString(),
    pid: current?.pid ?? null,
    generation: current?.generation ?? null,
    up_s: seconds(current?.upMs ?? 0),
  };
}

function requestStatus(now: InHand | undefined): RequestStatus | null {
  if (now === undefined) return null;
  const { active, queued, upgraded, oldestMs, finished } = now;
  return { in_hand: active, queued, upgraded, oldest_s: seconds(oldestMs), finished };
}

export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
