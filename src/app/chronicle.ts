// What has happened lately, for whoever asks later: the last transitions, and the budget of a drain.

import type { EventMap, EventName, GateState, HurricaneEvent } from '../core/events.ts';
import { monotonicMs } from '../lib/clock.ts';
import { RingBuffer } from '../lib/ring-buffer.ts';
import { sentenceOf } from './narrator.ts';

const KEPT = 20;

export interface Transition {
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly event: EventName;
  readonly text: string;
  /** Empty where the text says it all. */
  readonly reason: string;
}

/** Two texts where the whole one is for the owner of the process alone. */
type Reason = string | { readonly shown: string; readonly whole: string };

function textOf(reason: Reason, details: boolean): string {
  return typeof reason === 'string' ? reason : details ? reason.whole : reason.shown;
}

/** What counts as a transition. */
const reasons: { readonly [N in EventName]?: (data: EventMap[N]) => Reason } = {
  'hurricane.started': () => '',
  'dependency.waited': ({ target }) => ({ shown: '', whole: target }),
  'command.started': ({ command }) => ({ shown: '', whole: command }),
  'command.ended': ({ command }) => ({ shown: '', whole: command }),
  'gate.changed': ({ command, reason }) => ({ shown: '', whole: `${command} ${reason}`.trimEnd() }),
  'startup.succeeded': ({ duration_s }) => `after ${duration_s} s`,
  'startup.failed': ({ reason }) => ({ shown: '', whole: reason }),
  'app.started': ({ pid }) => pidText(pid),
  'app.listening': ({ address }) => address,
  'app.ended': ({ pid }) => pidText(pid),
  'app.restarting': ({ cause, reason }) => ({ shown: cause, whole: reason }),
  'app.restarted': ({ pid }) => pidText(pid),
  'app.crash-looping': ({ reason }) => ({ shown: '', whole: reason }),
  'app.replacing': ({ cause }) => cause,
  'app.replaced': ({ pid }) => pidText(pid),
  'app.replacement-failed': ({ cause, reason }) => ({ shown: cause, whole: reason }),
  'handler.restarted': ({ cause, reason }) => ({ shown: cause, whole: reason }),
  'consumer.subscribed': ({ queue }) => queue,
  'consumer.lost': ({ cause, reason }) => ({ shown: cause, whole: reason }),
  'probe.changed': ({ text, reason }) => ({ shown: text, whole: reason }),
  'check.changed': ({ check, text }) => ({
    shown: check,
    whole: text === '' ? check : `${check}: ${text}`,
  }),
  'control.asked': () => '',
  'drain.started': ({ reason }) => reason,
  'drain.ended': ({ forced }) => (forced === 0 ? '' : `${forced} were cut`),
};

const gateSteps: Readonly<Record<GateState, (command: string) => Reason>> = {
  asking: (command) => migrationCheck(command, ''),
  none: () => '',
  pending: (command) => ({
    shown: 'pending migrations',
    whole: `pending migrations (${command})`,
  }),
  unknown: (command) => migrationCheck(command, ', which fails'),
};

function migrationCheck(command: string, how: string): Reason {
  return {
    shown: `an answer of the migration check${how}`,
    whole: `an answer of the migration check ${command}${how}`,
  };
}

function pidText(pid: number | undefined): string {
  return pid === undefined ? '' : `pid ${pid}`;
}

/** Number of times by cause; causes that never were are not there. */
export type Counts = Readonly<Record<string, number>>;

/** Keeps the last 20 transitions, and counts. */
export class Chronicle {
  readonly #entries = new RingBuffer<{
    readonly time: Date;
    readonly event: EventName;
    readonly text: string;
    readonly reason: Reason;
  }>(KEPT);
  readonly #counts = {
    restarts: new Map<string, number>(),
    replacements: new Map<string, number>(),
    failedReplacements: new Map<string, number>(),
  };
  #drainEndsAt: number | undefined;
  /** Dependencies that were not reached yet. */
  readonly #missing: Set<string>;
  #step: Reason = '';
  #restart: Reason = '';

  /** `dependencies`: what startup waits for first, by the names that events give them. */
  constructor(dependencies: readonly string[] = []) {
    this.#missing = new Set(dependencies);
  }

  observe(event: HurricaneEvent): void {
    this.#follow(event);
    const reasonOf = reasons[event.name] as ((data: HurricaneEvent['data']) => Reason) | undefined;
    if (reasonOf === undefined) return;
    const [, text] = sentenceOf(event);
    this.#entries.push({
      time: new Date(),
      event: event.name,
      text,
      reason: reasonOf(event.data),
    });
  }

  /** The oldest first. Without details neither commands nor what failing checks said is part of them. */
  transitions(details: boolean): readonly Transition[] {
    return this.#entries.toArray().map(({ time, event, text, reason }) => ({
      time: time.toISOString(),
      event,
      text,
      reason: textOf(reason, details),
    }));
  }

  /** How often the app was started again, by cause. */
  get restarts(): Counts {
    return Object.fromEntries(this.#counts.restarts);
  }

  /** How often it was replaced by a new one, by cause. */
  get replacements(): Counts {
    return Object.fromEntries(this.#counts.replacements);
  }

  /** How often the new one was not fit to replace it, by cause. */
  get failedReplacements(): Counts {
    return Object.fromEntries(this.#counts.failedReplacements);
  }

  /** What is left of the grace period; undefined while nothing is stopping. */
  get drainLeftMs(): number | undefined {
    if (this.#drainEndsAt === undefined) return undefined;
    return Math.max(0, this.#drainEndsAt - monotonicMs());
  }

  /** What the start is waiting for; empty when nobody knows. Without details neither commands nor addresses. */
  startWaitsFor(details: boolean): string {
    if (this.#missing.size === 0) return textOf(this.#step, details);
    return details ? [...this.#missing].join(', ') : 'a dependency';
  }

  /** Of an app that ended: why, and what the next start waits for. Without details no reason. */
  restartText(details: boolean): string {
    return textOf(this.#restart, details);
  }

  #follow({ name, data }: HurricaneEvent): void {
    switch (name) {
      case 'dependency.waited':
        this.#missing.delete(data.target);
        break;
      case 'command.started':
        this.#step = {
          shown: 'a startup command',
          whole: `the startup command ${data.command}`,
        };
        break;
      case 'command.ended':
        this.#step = '';
        break;
      case 'gate.changed':
        this.#step = gateSteps[data.state](data.command);
        break;
      case 'app.started':
        this.#step = 'the app to come up';
        break;
      case 'app.listening':
        this.#step = 'the startup checks';
        break;
      case 'app.restarting':
        count(this.#counts.restarts, data.cause);
        this.#restart = restartOf(data, new Date());
        break;
      case 'app.replaced':
        count(this.#counts.replacements, data.cause);
        break;
      case 'app.replacement-failed':
        count(this.#counts.failedReplacements, data.cause);
        break;
      case 'drain.started':
        this.#drainEndsAt = monotonicMs() + data.budget_ms;
        break;
      default:
    }
  }
}

function restartOf(
  { reason, attempt, delay_ms }: EventMap['app.restarting'],
  now: Date,
): Exclude<Reason, string> {
  const at = new Date(now.getTime() + delay_ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const when = `start ${attempt} ${delay_ms === 0 ? 'at once' : `at ${at}`}`;
  return { shown: when, whole: `${reason}; ${when}` };
}

function count(counts: Map<string, number>, cause: string): void {
  counts.set(cause, (counts.get(cause) ?? 0) + 1);
}
