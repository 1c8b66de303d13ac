// One life of a thread with a handler module in it: work goes in by batches, verdicts come out.

import type { LoadMessage } from '../process/module-bootstrap.ts';
import type { CallOptions, CallOutcome } from '../process/module-worker.ts';
import { ModuleThread, type ModuleThreadOptions } from '../process/module-thread.ts';
import type { Work } from './handler.ts';
import { originOf } from './headers.ts';
import { InHand } from './in-hand.ts';
import type { EncodedPublication } from './publication.ts';
import { ModuleCheck, UNSUSPECTED } from './module-check.ts';
import {
  SERVE_MESSAGES,
  type FromThread,
  type GivenToThread,
  type ModuleFacts,
  type ToThread,
  type WorkItem,
} from './module-bootstrap.ts';

export interface MessageThreadOptions extends ModuleThreadOptions {
  readonly queue: string;
  readonly inspector: GivenToThread['inspector'];
  readonly publish: (publication: EncodedPublication) => Promise<void>;
  /** It has ended by itself; what was in hand is finished. */
  readonly onCrash: (reason: string, trace: string | undefined) => void;
  /** Nothing is in hand that is still waited for. */
  readonly onIdle: () => void;
}

export type Loaded =
  | { readonly kind: 'loaded'; readonly facts: ModuleFacts }
  | Extract<LoadMessage, { kind: 'unloadable' }>;

/** Takes work from the start; it is handled when the module has loaded. */
export class MessageThread {
  readonly #options: MessageThreadOptions;
  readonly #thread: ModuleThread<LoadMessage | FromThread>;
  readonly #loaded = Promise.withResolvers<Loaded>();
  readonly #tornDown = Promise.withResolvers<string | undefined>();
  readonly #inHand = new InHand();
  readonly #givenUp = new Map<number, Work>();
  /** By their numbers. */
  #batch: number[] = [];
  #check: ModuleCheck | undefined;
  #isLoaded = false;

  constructor(options: MessageThreadOptions) {
    this.#options = options;
    const given: GivenToThread = { queue: options.queue, inspector: options.inspector };
    this.#thread = new ModuleThread(options, {
      serve: SERVE_MESSAGES,
      background: false,
      given,
      onMessage: (message) => this.#hear(message),
      onEnd: (reason, trace) => this.#crash(reason, trace),
    });
    void this.loaded.then(() => this.#flush());
  }

  get loaded(): Promise<Loaded> {
    return this.#loaded.promise;
  }

  get isIdle(): boolean {
    return this.#inHand.size === 0;
  }

  has(work: Work): boolean {
    return this.#inHand.idOf(work) !== undefined;
  }

  begin(work: Work): void {
    this.#batch.push(this.#inHand.add(work));
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    const id = this.#inHand.idOf(work);
    if (id !== undefined) this.#post({ kind: 'cancel', id, why });
  }

  /** It is finished; what the module still says of it comes late. */
  giveUp(work: Work): void {
    const id = this.#inHand.idOf(work);
    if (id === undefined) return;
    this.#take(id);
    this.#givenUp.set(id, work);
  }

  /** What the module does at its end; why it failed to, if it did. */
  async tearDown(): Promise<string | undefined> {
    if (this.#thread.ended) return undefined;
    this.#post({ kind: 'teardown' });
    return this.#tornDown.promise;
  }

  /** What the module says of its own health. One that does not answer is not asked a second time. */
  async check(options: CallOptions): Promise<CallOutcome> {
    if (!this.#isLoaded || this.#thread.ended) return UNSUSPECTED;
    if (this.#check === undefined) {
      this.#check = new ModuleCheck();
      this.#post({ kind: 'check' });
    }
    return this.#check.outcome(options, () => this.#inHand.size > 0);
  }

  terminate(): Promise<void> {
    return this.#thread.terminate();
  }

  #flush(): void {
    if (!this.#isLoaded || this.#thread.ended || this.#batch.length === 0) return;
    const batch = this.#batch.flatMap((id) => {
      const work = this.#inHand.get(id);
      return work === undefined ? [] : [{ id, work }];
    });
    this.#batch = [];
    const bodies = joined(batch.map(({ work }) => work.delivery.body));
    const items = JSON.stringify(batch.map(({ id, work }) => itemOf(id, work)));
    const headers = batch
      .map(({ work }, index) => [index, work.delivery.properties.headers] as const)
      .filter(([, each]) => Object.keys(each).length > 0);
    this.#post({ kind: 'work', items, headers, bodies }, [bodies.buffer]);
  }

  #post(message: ToThread, transferred?: ArrayBuffer[]): void {
    this.#thread.post(message, transferred);
  }

  #hear(message: LoadMessage | FromThread): void {
    switch (message.kind) {
      case 'loaded':
        this.#isLoaded = true;
        this.#loaded.resolve({ kind: 'loaded', facts: message.facts as ModuleFacts });
        break;
      case 'unloadable':
        this.#loaded.resolve(message);
        break;
      case 'settled':
        for (const id of message.done) this.#take(id)?.finish({ kind: 'ack' });
        for (const [id, verdict] of message.others) this.#take(id)?.finish(verdict);
        break;
      case 'publish':
        void this.#publish(message.call, message.publication);
        break;
      case 'checking':
        this.#check?.begin();
        break;
      case 'checked':
        this.#endCheck(message.outcome);
        break;
      case 'torn-down':
        this.#tornDown.resolve(message.problem);
    }
  }

  #take(id: number): Work | undefined {
    const work = this.#inHand.take(id);
    if (work === undefined) return this.#takeGivenUp(id);
    if (this.#inHand.size === 0) this.#options.onIdle();
    return work;
  }

  #takeGivenUp(id: number): Work | undefined {
    const work = this.#givenUp.get(id);
    this.#givenUp.delete(id);
    return work;
  }

  #endCheck(outcome: CallOutcome): void {
    this.#check?.end(outcome);
    this.#check = undefined;
  }

  async #publish(call: number, publication: EncodedPublication): Promise<void> {
    const problem = await this.#options.publish(publication).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (!this.#thread.ended) this.#post({ kind: 'published', call, problem });
  }

  #crash(reason: string, trace: string | undefined): void {
    this.#loaded.resolve({ kind: 'unloadable', reason, trace });
    this.#tornDown.resolve(undefined);
    const lost = this.#inHand.takeAll();
    this.#endCheck(lost.length === 0 ? { kind: 'failed', reason } : UNSUSPECTED);
    this.#options.onCrash(reason, trace);
    for (const work of lost) work.finish({ kind: 'crashed', reason });
  }
}

function itemOf(id: number, { delivery, attempt }: Work): WorkItem {
  const { messageId, contentType, timestamp, correlationId, replyTo, type } = delivery.properties;
  const { exchange, routingKey } = originOf(delivery);
  const { redelivered, body } = delivery;
  return {
    id,
    length: body.length,
    attempt,
    redelivered,
    exchange,
    routingKey,
    messageId,
    contentType,
    timestamp,
    correlationId,
    replyTo,
    type,
  };
}

/** In memory of their own, which can be handed over: a body is a piece of what the socket read. */
function joined(bodies: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bodies.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const body of bodies) {
    all.set(body, at);
    at += body.length;
  }
  return all;
}
