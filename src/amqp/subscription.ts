// Keeps one link to the broker at a time: connects, waits, connects again, until it is told to stop or
// another try could not help.

import type { BackoffConfig } from '../config/slices/broker.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import type { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { Scope } from '../core/scope.ts';
import { backoffMs } from '../lib/backoff.ts';
import { abortError, doneBefore, onAbort, pause } from '../lib/waiting.ts';
import { LinkError, type Delivery, type Link, type LinkEnd, type Transport } from './transport.ts';

export type SubscriptionState =
  | { readonly kind: 'closed'; readonly since: Date }
  | { readonly kind: 'connecting'; readonly since: Date; readonly reason: string | undefined }
  | { readonly kind: 'waiting'; readonly since: Date; readonly reason: string }
  | { readonly kind: 'consuming'; readonly since: Date; readonly link: Link }
  /** Until `resume`. */
  | { readonly kind: 'drained'; readonly since: Date; readonly link: Link | undefined }
  | { readonly kind: 'draining'; readonly since: Date; readonly link: Link | undefined };

export interface SubscriptionOptions {
  readonly transport: Transport;
  readonly queue: Pick<QueueConfig, 'name'>;
  /** Undefined: a link that is lost is the end. */
  readonly reconnect: BackoffConfig | undefined;
  readonly routingKeys: () => readonly string[];
  readonly emit: Emit;
  readonly onDelivery: (delivery: Delivery) => void;
  /** A link has ended. */
  readonly onLost: () => void;
  readonly onChange: () => void;
}

export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #scope = new Scope();
  readonly #first = Promise.withResolvers<undefined>();
  readonly #failed = Promise.withResolvers<Error>();
  #state: SubscriptionState = { kind: 'closed', since: new Date() };
  #paused: PromiseWithResolvers<undefined> | undefined;
  /** What was asked of the link last. */
  #switched: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get link(): Link | undefined {
    return 'link' in this.#state ? this.#state.link : undefined;
  }

  get failed(): Promise<Error> {
    return Promise.race([this.#failed.promise, this.#scope.failed]);
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#scope.run('keep a subscription', (own) => this.#keep(own));
    const stopped = Promise.withResolvers<never>();
    const stopWaiting = onAbort(signal, () =>
      stopped.reject(abortError(signal, 'connecting to the broker')),
    );
    const failed = this.failed.then((error) => {
      throw error;
    });
    await Promise.race([this.#first.promise, stopped.promise, failed]).finally(stopWaiting);
  }

  /** No delivery comes after it has resolved, until `resume`; a link that is there stays. Never rejects. */
  pause(): Promise<void> {
    this.#paused ??= Promise.withResolvers();
    const { link } = this;
    if (this.#state.kind !== 'consuming' || link === undefined) return this.#switched;
    this.#become({ kind: 'drained', since: new Date(), link });
    return this.#switch(() => link.cancel(never));
  }

  /** Ends a pause. Never rejects. */
  resume(): Promise<void> {
    this.#paused?.resolve(undefined);
    this.#paused = undefined;
    const { link } = this;
    if (this.#state.kind !== 'drained' || link === undefined) return this.#switched;
    this.#become({ kind: 'consuming', since: new Date(), link });
    return this.#switch(() => link.resume());
  }

  /** No delivery comes after it has resolved, unless the signal came first, and no link is looked for. */
  async cancel(signal: AbortSignal): Promise<void> {
    const { link } = this;
    const isPaused = this.#state.kind === 'drained';
    this.#become({ kind: 'draining', since: new Date(), link });
    // What was asked before may still be on its way, and would bring deliveries after all.
    const switched = this.#switched;
    await doneBefore(isPaused ? switched : switched.then(() => link?.cancel(signal)), signal);
  }

  async stop(deadline: Deadline): Promise<void> {
    const { link } = this;
    this.#become({ kind: 'draining', since: new Date(), link });
    await Promise.all([this.#scope.close(deadline), link?.close(deadline.signal)]);
    this.#become({ kind: 'closed', since: new Date() });
  }

  #isDraining(): boolean {
    return this.#state.kind === 'draining' || this.#state.kind === 'closed';
  }

  async #keep(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    let mayDeclareQueue = true;
    this.#become({ kind: 'connecting', since: new Date(), reason: undefined });
    while (!this.#isDraining()) {
      const link = await this.#open(attempt, mayDeclareQueue, signal);
      if (this.#isDraining()) return;
      if ('publish' in link) attempt = 0;
      const end = 'publish' in link ? await this.#live(link, signal) : link;
      if (this.#isDraining() || signal.aborted) return;
      attempt += 1;
      mayDeclareQueue = end.cause !== 'cancelled' && (mayDeclareQueue || end.cause !== 'missing');
      if (end.fatal === undefined && !(await this.#outlastPause(signal))) return;
      const { reconnect } = this.#options;
      if (end.fatal !== undefined || reconnect === undefined) {
        this.#failed.resolve(end.fatal ?? brokerGone(end));
        return;
      }
      await this.#waitFor(reconnect, attempt, end, signal);
    }
  }

  /** A link, or why there is none. */
  async #open(
    attempt: number,
    mayDeclareQueue: boolean,
    signal: AbortSignal,
  ): Promise<Link | LinkEnd> {
    const { transport, queue, routingKeys, onDelivery, onChange, emit } = this.#options;
    emit('consumer.connecting', { queue: queue.name, broker: transport.address(attempt) });
    try {
      const link = await transport.open({
        ...{ attempt, mayDeclareQueue, signal, onDelivery },
        routingKeys: routingKeys(),
        onBlocked: onChange,
      });
      if (this.#isDraining()) void link.close(AbortSignal.abort());
      return link;
    } catch (error) {
      if (error instanceof LinkError) return error.end;
      if (error instanceof HurricaneError) {
        return { cause: 'closed', reason: error.message, fatal: error };
      }
      throw error;
    }
  }

  async #live(link: Link, signal: AbortSignal): Promise<LinkEnd> {
    const { emit, queue, onLost } = this.#options;
    this.#become({ kind: 'consuming', since: new Date(), link });
    if (this.#paused !== undefined) void this.pause();
    emit('consumer.subscribed', {
      queue: queue.name,
      broker: link.broker,
      routing_keys: this.#options.routingKeys(),
    });
    this.#first.resolve(undefined);
    await doneBefore(link.ended, signal);
    if (signal.aborted) return { cause: 'closed', reason: 'stopped', fatal: undefined };
    const end = await link.ended;
    onLost();
    if (!this.#isDraining()) {
      emit('consumer.lost', { queue: queue.name, reason: end.reason, cause: end.cause });
    }
    return end;
  }

  /** False when it is to stop meanwhile. */
  async #outlastPause(signal: AbortSignal): Promise<boolean> {
    if (this.#paused === undefined) return true;
    this.#become({ kind: 'drained', since: new Date(), link: undefined });
    return (await doneBefore(this.#paused.promise, signal)) && !this.#isDraining();
  }

  async #waitFor(
    reconnect: BackoffConfig,
    attempt: number,
    { reason, cause }: LinkEnd,
    signal: AbortSignal,
  ): Promise<void> {
    const { emit, queue } = this.#options;
    const delayMs = Math.round(backoffMs(reconnect, attempt));
    this.#become({ kind: 'waiting', since: new Date(), reason });
    emit('consumer.reconnecting', {
      queue: queue.name,
      ...{ attempt, reason, cause },
      delay_ms: delayMs,
    });
    await pause(delayMs, signal);
    if (!this.#isDraining()) this.#become({ kind: 'connecting', since: new Date(), reason });
  }

  /** In the order in which they were asked for. */
  #switch(act: () => Promise<void>): Promise<void> {
    this.#switched = this.#switched.then(act);
    return this.#switched;
  }

  #become(state: SubscriptionState): void {
    this.#state = state;
    this.#options.onChange();
  }
}

const never = new AbortController().signal;

function brokerGone({ reason }: LinkEnd): HurricaneError {
  return new HurricaneError('broker-unavailable', reason, {
    hint: 'see that the broker is there; without --no-reconnect it is tried again and again',
  });
}
