// The one state machine behind the probes: driven by events and one timer; probes only read it.

import type { HealthConfig } from '../config/slices/life.ts';
import type { Load } from '../core/component.ts';
import type { Emit, ProbeName } from '../core/events.ts';
import type { FailingCheck } from '../core/failing-check.ts';
import {
  isCongested,
  judge,
  type Away,
  type HealthState,
  type JudgeOptions,
  type Verdict,
  type WorkWords,
} from './judge.ts';

/** Readiness stays as it is for at least this long, so that replicas do not flap. */
const DWELL_MS = 1000;

export interface HealthOptions {
  readonly config: HealthConfig;
  /** Details of failing checks are part of the text. */
  readonly debug: boolean;
  readonly work: WorkWords;
  readonly load: () => Load;
  /** Told, once startup is finished, whenever a verdict may have changed. */
  readonly onChange: () => void;
  readonly emit: Emit;
}

/** What a probe answers, and since when it passes, or fails for this reason. */
export type Answer = Verdict & { readonly since: Date };

/**
 * Emits `probe.changed` once per edge, in the order in which the edges happen; the first edges when
 * startup is finished. Readiness keeps a minimum dwell of 1 s, which start, drain and an app that goes
 * or comes back skip.
 */
export class Health {
  readonly #options: JudgeOptions;
  readonly #load: () => Load;
  readonly #onChange: () => void;
  readonly #emit: Emit;
  readonly #failing = { readiness: noChecks, liveness: noChecks };
  /** The last edge of each probe; none before startup is finished. */
  readonly #edges: Partial<Record<ProbeName, Answer>> = {};
  readonly #createdAt = new Date();
  #startupSeconds: number | undefined;
  #draining = false;
  #drained = false;
  #away: Away | undefined;
  #congested = false;
  #outlived = false;
  #dwell: NodeJS.Timeout | undefined;

  constructor({ config, debug, work, load, onChange, emit }: HealthOptions) {
    this.#options = { ...config, debug, work };
    this.#load = load;
    this.#onChange = onChange;
    this.#emit = emit;
  }

  startupFinished(seconds: number): void {
    this.#startupSeconds = seconds;
    this.#readLoad();
    this.#settle();
  }

  /** Not ready from now on, for good. */
  drainStarted(): void {
    this.#draining = true;
    this.#endDwell();
    this.#settle();
  }

  /** Not ready while true, and served on; for an operator, who is not made to wait. */
  setDrained(drained: boolean): void {
    if (drained === this.#drained) return;
    this.#drained = drained;
    this.#endDwell();
    this.#settle();
  }

  /** Not ready while nobody serves; from the first moment to the last, without a dwell. */
  setAway(away: Away | undefined): void {
    if ((away === undefined) !== (this.#away === undefined)) this.#endDwell();
    this.#away = away;
    this.#settle();
  }

  checksChanged(tag: 'readiness' | 'liveness', failing: readonly FailingCheck[]): void {
    this.#failing[tag] = failing;
    this.#settle();
  }

  /** To be called when the queue crosses a mark and when a request is finished; cheap when nothing follows. */
  loadChanged(): void {
    if (this.#readLoad()) this.#settle();
  }

  /** No timer is left. What was last known is still answered. */
  stop(): void {
    this.#endDwell();
  }

  verdict(probe: ProbeName): Answer {
    const now = judge(probe, this.#state(), this.#options);
    const edge = this.#edges[probe];
    if (edge === undefined) return { ...now, since: this.#createdAt };
    // Within the dwell the last edge still holds.
    return edge.passing === now.passing ? { ...now, since: edge.since } : edge;
  }

  /** True when a mark was crossed. */
  #readLoad(): boolean {
    const { queued, finished } = this.#load();
    const { queueLimit, maxLifetime = Infinity } = this.#options;
    const congested = isCongested(queued, queueLimit, this.#congested);
    const outlived = finished > maxLifetime;
    const changed = congested !== this.#congested || outlived !== this.#outlived;
    this.#congested = congested;
    this.#outlived = outlived;
    return changed;
  }

  #settle(): void {
    if (this.#startupSeconds === undefined) return;
    const state = this.#state();
    for (const probe of ['startup', 'liveness', 'readiness'] as const) {
      const verdict = judge(probe, state, this.#options);
      const edge = this.#edges[probe];
      if (verdict.passing !== edge?.passing) {
        if (probe !== 'readiness' || this.#dwell === undefined) this.#cross(probe, verdict);
      } else if (verdict.reason !== edge.reason) {
        this.#edges[probe] = { ...verdict, since: new Date() };
      }
    }
    this.#onChange();
  }

  #cross(probe: ProbeName, verdict: Verdict): void {
    const previous = this.#edges[probe]?.passing;
    this.#edges[probe] = { ...verdict, since: new Date() };
    if (probe === 'readiness' && !this.#draining) this.#startDwell();
    // That a stop leaves it alive is no recovery.
    if (this.#draining && probe === 'liveness') return;
    this.#emit('probe.changed', {
      probe,
      passing: verdict.passing,
      previous,
      reason: verdict.details,
      text: verdict.text,
    });
  }

  #startDwell(): void {
    this.#dwell = setTimeout(() => {
      this.#endDwell();
      this.#readLoad();
      this.#settle();
    }, DWELL_MS).unref();
  }

  #endDwell(): void {
    clearTimeout(this.#dwell);
    this.#dwell = undefined;
  }

  #state(): HealthState {
    const { queued, finished, averageMs } = this.#load();
    return {
      draining: this.#draining,
      drained: this.#drained,
      startupSeconds: this.#startupSeconds,
      away: this.#away,
      failing: this.#failing,
      requests: finished,
      averageMs,
      queued,
      congested: this.#congested,
    };
  }
}

const noChecks: readonly FailingCheck[] = [];
