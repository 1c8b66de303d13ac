// The intake of messages: keeps a link to the broker, lets messages run, and settles each once.

import type { BackoffConfig } from '../config/slices/broker.ts';
import type { FlowConfig, OrderKey } from '../config/slices/handler.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import type { DrainReport, Load } from '../core/component.ts';
import { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { MessageRecord } from '../core/message-record.ts';
import { assertNever } from '../lib/assert-never.ts';
import { monotonicMs } from '../lib/clock.ts';
import { onAbort } from '../lib/waiting.ts';
import { Attempt, type AttemptSurroundings } from './attempt.ts';
import type { MessageHandler } from './handler.ts';
import { fitting, originOf, republished } from './headers.ts';
import { Lanes } from './lanes.ts';
import { Republisher } from './republisher.ts';
import { nextStep, type Step, type Verdict } from './retry-ladder.ts';
import { Subscription, type SubscriptionState } from './subscription.ts';
import { TimeLimit } from './time-limit.ts';
import { retryQueue } from './topology.ts';
import type { Delivery, Publishing, Transport } from './transport.ts';

export interface ConsumerOptions {
  readonly transport: Transport;
  readonly handler: MessageHandler;
  readonly queue: QueueConfig;
  readonly flow: FlowConfig;
  /** Undefined: a link that is lost is the end. */
  readonly reconnect: BackoffConfig | undefined;
  readonly emit: Emit;
  readonly onSettled: (record: MessageRecord) => void;
  /** Told of every change of what `state`, `heldBecause` and `load` say. */
  readonly onChange: () => void;
  /** Told once, when `maxLifetime` messages are settled. */
  readonly onLifetime: (settled: number) => void;
}

/** Closed until `start`. Every message that was handed out is settled once, or goes back to its queue. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #lanes: Lanes<Attempt>;
  readonly #timeLimit: TimeLimit<Attempt>;
  readonly #ofAttempts: AttemptSurroundings;
  readonly #subscription: Subscription;
  readonly #republisher: Republisher;
  readonly #holds = new Map<string, string>();
  readonly #counts = { accepted: 0, completed: 0, shed: 0, aborted: 0, failed: 0, forced: 0 };
  #handledMs = 0;
  #longestMs = 0;
  #draining = false;
  #drained = false;
  #lastSettledMs: number | undefined;
  #sorting: NodeJS.Timeout | undefined;
  #changed = false;
  #idle: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    const { concurrency, handlerTimeoutMs: timeoutMs } = options.flow;
    this.#lanes = new Lanes(concurrency, (attempt) => this.#begin(attempt));
    this.#timeLimit = new TimeLimit({
      timeoutMs,
      running: () => this.#lanes.running,
      onTimeout: (attempt) => options.handler.cancel(attempt, 'timeout'),
    });
    this.#ofAttempts = {
      timeoutMs,
      onFinished: (attempt, verdict) => this.#finish(attempt, verdict),
      onLate: ({ delivery }) => options.emit('message.settled-late', this.#ofMessage(delivery)),
    };
    this.#subscription = new Subscription({
      ...options,
      routingKeys: () => this.#routingKeys(),
      onDelivery: (delivery) => this.#take(delivery),
      onLost: () => this.#forgetWaiting(),
    });
    this.#republisher = new Republisher({
      queue: options.queue.name,
      emit: options.emit,
      link: () => this.#subscription.link,
      onStuck: (reason) => this.setHold('retry', reason),
    });
  }

  get state(): SubscriptionState {
    return this.#subscription.state;
  }

  /** Resolves with what another try cannot mend. */
  get failed(): Promise<Error> {
    return Promise.race([this.#subscription.failed, this.#options.handler.failed]);
  }

  /** Resolves when at least one queue has it for sure. */
  async publish(publishing: Publishing): Promise<void> {
    const { link } = this.#subscription;
    if (link === undefined) throw new Error('there is no connection to the broker');
    await link.publish(publishing);
  }

  /** Why nothing begins for a while. */
  get heldBecause(): string | undefined {
    const [reason] = this.#holds.values();
    return reason;
  }

  /** Nothing begins while anybody holds it: messages wait, and the broker hands out no more. */
  setHold(by: 'retry' | 'handler' | 'app', reason: string | undefined): void {
    if (reason === undefined) this.#holds.delete(by);
    else this.#holds.set(by, reason);
    if (this.#holds.size > 0) this.#lanes.hold();
    else this.#open();
    this.#options.onChange();
  }

  /** Nothing comes while true, and what has not begun goes back; what has begun goes on. Never rejects. */
  async setDrained(drained: boolean): Promise<void> {
    if (drained === this.#drained) return;
    this.#drained = drained;
    if (drained) {
      await this.#subscription.pause();
      if (this.#drained) this.#giveBackWaiting();
    } else {
      await this.#subscription.resume();
    }
    this.#options.onChange();
  }

  /** Age of the oldest message in hand, from when the broker handed it out; 0 without one. */
  get oldestMs(): number {
    return this.#lanes.all.reduce((age, { takenAt }) => Math.max(age, monotonicMs() - takenAt), 0);
  }

  /** When the handler was last done with a message; undefined: never yet. */
  get lastSettledAt(): Date | undefined {
    return this.#lastSettledMs === undefined ? undefined : new Date(this.#lastSettledMs);
  }

  get load(): Load {
    const handled = this.#settled + this.#counts.aborted;
    return {
      active: this.#lanes.waiting + this.#lanes.running.length,
      queued: this.#lanes.waiting,
      finished: this.#settled,
      averageMs: handled === 0 ? 0 : this.#handledMs / handled,
    };
  }

  report(): DrainReport {
    return { ...this.#counts, longestMs: this.#longestMs };
  }

  /** Resolves with the first subscription; rejects when there can be none. */
  start(signal: AbortSignal): Promise<void> {
    return this.#subscription.start(signal);
  }

  /** No message begins from now on; what has begun may end until the deadline. */
  async drain(deadline: Deadline): Promise<void> {
    this.#draining = true;
    clearTimeout(this.#sorting);
    this.#lanes.hold();
    await this.#subscription.cancel(deadline.signal);
    this.#giveBackWaiting();
    await this.#whenIdle(deadline);
  }

  /** What has begun is asked to end; what has not at the deadline goes back to the queue. Never rejects. */
  stop(deadline: Deadline): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: Deadline): Promise<void> {
    if (!this.#draining) await this.drain(Deadline.after(0));
    const { running } = this.#lanes;
    for (const attempt of [...running]) this.#options.handler.cancel(attempt, 'stop');
    await this.#whenIdle(deadline.before(LAST_WORDS_MS));
    this.#counts.forced += running.length;
    for (const attempt of [...running]) {
      // One that is on its way to another queue goes back by itself when the link closes.
      if (!attempt.isHandled) attempt.finish({ kind: 'given-back' });
    }
    await this.#subscription.stop(deadline);
  }

  #routingKeys(): readonly string[] {
    const { queue, handler } = this.#options;
    if (queue.routingKeys.length > 0) return queue.routingKeys;
    return handler.routingKeys ?? [queue.name];
  }

  #take(delivery: Delivery): void {
    this.#counts.accepted += 1;
    const key = keyOf(delivery, this.#options.flow.orderKey);
    const attempt = new Attempt(delivery, key, this.#ofAttempts);
    if (this.#draining || this.#drained) {
      this.#giveBack(attempt);
      return;
    }
    this.#enter(attempt);
    this.#changeSoon();
  }

  /**
   * Of those that came back together again and again, one ends the whole consumer: every other time they run
   * in reverse, so that all those before it and all those behind it are done with while it is not.
   */
  #enter(attempt: Attempt): void {
    if (attempt.returns > 0) this.#sort();
    if (attempt.returns % 2 === 1 && attempt.key === undefined) this.#lanes.enterFirst(attempt);
    else this.#lanes.enter(attempt);
  }

  /** The others are on their way, and so is the acknowledgement of the one before. */
  #sort(): void {
    this.#lanes.hold();
    this.#sorting ??= setTimeout(() => {
      this.#sorting = undefined;
      this.#open();
    }, SORTING_MS);
  }

  #open(): void {
    if (this.#draining || this.#holds.size > 0 || this.#sorting !== undefined) return;
    this.#lanes.open();
  }

  #begin(attempt: Attempt): void {
    attempt.begin();
    this.#timeLimit.watch();
    this.#options.handler.begin(attempt);
  }

  #finish(attempt: Attempt, verdict: Verdict): void {
    const { queue, flow } = this.#options;
    const ladder = { retryDelaysMs: queue.retryDelaysMs, onExhausted: flow.onExhausted };
    const step = nextStep(verdict, attempt.attempt, ladder);
    if (step.kind === 'retry' || step.kind === 'dead') {
      void this.#moveOn(attempt, step);
      return;
    }
    const { delivery } = attempt;
    if (delivery.isCurrent()) settle(delivery, step);
    this.#tell(attempt, step);
    this.#leave(attempt, attempt.delivery.isCurrent() ? step : undefined);
  }

  #ofMessage(delivery: Delivery) {
    const { messageId: id } = delivery.properties;
    return { queue: this.#options.queue.name, id, routing_key: originOf(delivery).routingKey };
  }

  #tell({ delivery, attempt }: Attempt, step: Step): void {
    if (step.kind !== 'drop' && step.kind !== 'requeue') return;
    const { emit } = this.#options;
    const told = this.#ofMessage(delivery);
    if (step.kind === 'drop') emit('message.dropped', { ...told, reason: step.reason });
    if (step.kind !== 'requeue' || !delivery.isCurrent()) return;
    emit('message.requeued', {
      ...{ ...told, attempt, reason: step.reason },
      redelivered: delivery.redelivered,
    });
  }

  /** Only when another queue has it for sure is it gone from this one. */
  async #moveOn(attempt: Attempt, step: Extract<Step, { kind: 'retry' | 'dead' }>): Promise<void> {
    const { queue, emit } = this.#options;
    const { delivery } = attempt;
    const failed = {
      ...step,
      delivery,
      attempt: attempt.attempt,
      queue: queue.name,
      now: new Date(),
    };
    const isRetry = step.kind === 'retry';
    const to = isRetry ? retryQueue(queue.name, step.delayMs) : queue.deadLetter;
    const whole = republished(failed, to, attempt.attempt + Number(isRetry));
    const room = this.#subscription.link?.headerRoom(whole.properties) ?? Infinity;
    const { publishing, dropped } = fitting(whole, room);
    if (!(await this.#republisher.publish(delivery, publishing))) {
      this.#leave(attempt, undefined);
      return;
    }
    delivery.ack();
    const told = {
      ...this.#ofMessage(delivery),
      attempt: attempt.attempt,
      ...{ class: step.class, reason: step.reason, stack: step.stack },
      dropped_headers: dropped.length === 0 ? undefined : dropped,
    };
    if (isRetry) emit('message.retried', { ...told, delay_ms: step.delayMs });
    else emit('message.dead', { ...told, to });
    this.#leave(attempt, step);
  }

  /** Undefined: its link had gone, and the broker hands it out again. */
  #leave(attempt: Attempt, step: Step | undefined): void {
    const { delivery, handledMs } = attempt;
    this.#count(step);
    if (step !== undefined) this.#lastSettledMs = Date.now();
    this.#handledMs += handledMs;
    this.#longestMs = Math.max(this.#longestMs, handledMs);
    this.#options.onSettled({
      outcome: step?.kind ?? 'lost',
      redelivered: delivery.redelivered,
      handledMs,
      ageMs: ageOf(delivery),
    });
    if (attempt.returns > 0) this.#sort();
    this.#lanes.leave(attempt);
    this.#changeSoon();
    if (this.#lanes.running.length > 0) return;
    this.#timeLimit.rest();
    this.#idle?.();
  }

  /** Told once of all messages that come or go together. */
  #changeSoon(): void {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.#options.onChange();
    });
  }

  /** Of those that have begun: gone for good, or on their way to another attempt. */
  get #settled(): number {
    return this.#counts.completed + this.#counts.failed;
  }

  #count(step: Step | undefined): void {
    if (step === undefined || step.kind === 'release') {
      this.#counts.aborted += 1;
      return;
    }
    this.#counts[step.kind === 'ack' ? 'completed' : 'failed'] += 1;
    if (this.#settled === this.#options.flow.maxLifetime) this.#options.onLifetime(this.#settled);
  }

  #giveBackWaiting(): void {
    for (const attempt of this.#lanes.takeWaiting()) this.#giveBack(attempt);
  }

  /** Nobody has begun it. */
  #giveBack(attempt: Attempt): void {
    attempt.delivery.release();
    this.#shed(attempt);
  }

  /** Those of a link that has gone are handed out again by the broker. */
  #forgetWaiting(): void {
    for (const attempt of this.#lanes.takeWaiting(({ delivery }) => !delivery.isCurrent())) {
      this.#shed(attempt);
    }
    this.#options.onChange();
  }

  #shed({ delivery }: Attempt): void {
    this.#counts.shed += 1;
    this.#options.onSettled({
      outcome: 'release',
      redelivered: delivery.redelivered,
      handledMs: undefined,
      ageMs: undefined,
    });
  }

  async #whenIdle(deadline: Deadline): Promise<void> {
    if (this.#lanes.running.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#idle = () => resolve(undefined);
    const stopWaiting = onAbort(deadline.signal, () => resolve(undefined));
    await promise;
    stopWaiting();
    this.#idle = undefined;
  }
}

/** For messages of one prefetch to come, and for an acknowledgement to go. */
const SORTING_MS = 100;
/** For the broker to hear what it gets back. */
const LAST_WORDS_MS = 500;

function settle(delivery: Delivery, step: Exclude<Step, { kind: 'retry' | 'dead' }>): void {
  switch (step.kind) {
    case 'ack':
    case 'drop':
      delivery.ack();
      break;
    case 'release':
      delivery.release();
      break;
    case 'requeue':
      delivery.requeue();
      break;
    default:
      assertNever(step);
  }
}

function keyOf(delivery: Delivery, key: OrderKey): string | undefined {
  switch (key.kind) {
    case 'none':
      return undefined;
    case 'routing-key':
      return originOf(delivery).routingKey;
    case 'header': {
      const value = delivery.properties.headers[key.name];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    }
    default:
      return assertNever(key);
  }
}

function ageOf({ properties }: Delivery): number | undefined {
  return properties.timestamp === undefined ? undefined : Date.now() - properties.timestamp;
}
