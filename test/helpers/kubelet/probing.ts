// What a kubelet concludes from the answers of probes. Pure.

import type { Container, ProbeKind, ProbeSpec } from './pod-spec.ts';

/** Answers in a row that say the same, and what has been concluded. */
interface Tally {
  readonly verdict: 'success' | 'failure' | 'unknown';
  readonly last: boolean | undefined;
  readonly run: number;
}

export type Phase = 'running' | 'terminating' | 'ended';

export interface ContainerState {
  readonly phase: Phase;
  readonly tallies: Readonly<Record<ProbeKind, Tally>>;
}

/** What follows from one answer. */
export interface Conclusion {
  readonly state: ContainerState;
  /** The container is to be restarted, as this probe demands. */
  readonly kill?: true;
}

type Probes = Pick<Container, `${ProbeKind}Probe`>;

const untold = { last: undefined, run: 0 };

/** Alive until a probe says otherwise, and not ready until one says so. */
export function started(): ContainerState {
  return {
    phase: 'running',
    tallies: {
      startup: { verdict: 'unknown', ...untold },
      readiness: { verdict: 'failure', ...untold },
      liveness: { verdict: 'success', ...untold },
    },
  };
}

export function terminating(state: ContainerState): ContainerState {
  return { ...state, phase: 'terminating' };
}

export function ended(state: ContainerState): ContainerState {
  return { ...state, phase: 'ended' };
}

/** Startup first, and alone; once it has passed the others. Of a container that is told to stop only readiness. */
export function isDue(kind: ProbeKind, state: ContainerState, probes: Probes): boolean {
  if (specOf(kind, probes) === undefined || state.phase === 'ended') return false;
  const up = hasStarted(state, probes);
  if (kind === 'startup') return !up && state.phase === 'running';
  return up && (kind === 'readiness' || state.phase === 'running');
}

export function conclude(
  kind: ProbeKind,
  passed: boolean,
  state: ContainerState,
  probes: Probes,
): Conclusion {
  const spec = specOf(kind, probes);
  // An answer that comes after the question has lost its point.
  if (spec === undefined || !isDue(kind, state, probes)) return { state };
  const before = state.tallies[kind];
  const run = before.last === passed ? before.run + 1 : 1;
  const enough = run >= (passed ? (spec.successThreshold ?? 1) : (spec.failureThreshold ?? 3));
  const verdict = enough ? (passed ? 'success' : 'failure') : before.verdict;
  const after: ContainerState = {
    ...state,
    tallies: { ...state.tallies, [kind]: { verdict, last: passed, run } },
  };
  const kill = kind !== 'readiness' && enough && !passed;
  return kill ? { state: after, kill } : { state: after };
}

/** What endpoints are made of. A container that is told to stop is none of them any more. */
export function isReady(state: ContainerState, probes: Probes): boolean {
  if (state.phase !== 'running' || !hasStarted(state, probes)) return false;
  return probes.readinessProbe === undefined || state.tallies.readiness.verdict === 'success';
}

export function hasStarted({ tallies }: ContainerState, { startupProbe }: Probes): boolean {
  return startupProbe === undefined || tallies.startup.verdict === 'success';
}

export function specOf(kind: ProbeKind, probes: Probes): ProbeSpec | undefined {
  return probes[`${kind}Probe`];
}

/** Before the n-th restart: at once, then 10 s, doubled up to 5 minutes. */
export function restartDelayMs(n: number): number {
  return n <= 1 ? 0 : Math.min(10_000 * 2 ** (n - 2), 300_000);
}
