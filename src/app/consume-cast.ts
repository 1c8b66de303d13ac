// The cast of `hurricane consume`: the handler, the consumer that hands messages to it, and all that stands
// behind them.

import { Consumer } from '../amqp/consumer.ts';
import { publishingOf } from '../amqp/publication.ts';
import type { MessageHandler } from '../amqp/handler.ts';
import type { Transport } from '../amqp/transport.ts';
import type { ConsumeConfig } from '../config/config.ts';
import type { StopReason } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import { Events, type Emit } from '../core/events.ts';
import { Debugger } from '../debug/debugger.ts';
import { monotonicMs } from '../lib/clock.ts';
import type { OutputLine } from '../process/output.ts';
import { Backstage } from './backstage.ts';
import { Reloader } from '../reload/reloader.ts';
import { displayHandler, handlerOf } from './handler-of.ts';
import { messageBooks } from './message-books.ts';
import type { App, Stopped } from './run.ts';
import type { PlayCast, Stage } from './run-to-end.ts';

export interface ConsumeCastOptions extends Stage {
  readonly config: ConsumeConfig;
  readonly transport: Transport;
}

/** Built without effect; everything happens in the order of run.ts. */
export class ConsumeCast implements PlayCast {
  readonly role = 'consume';
  readonly app: App;
  readonly intake: Consumer;
  readonly emit: Emit;
  readonly lastWords = { restarts: 0, stderr: '' };
  readonly #options: ConsumeCastOptions;
  readonly #backstage: Backstage;
  readonly #handler: MessageHandler;
  readonly #reloader: Reloader | undefined;
  /** Why it does not consume, as health was told. */
  #awayBecause: string | undefined;

  constructor(options: ConsumeCastOptions) {
    const { config, edge, shutdown } = options;
    const { queue, flow, broker } = config;
    const events = new Events();
    const { emit } = events;
    this.#options = options;
    this.emit = emit;
    this.#backstage = new Backstage({
      ...options,
      events,
      requests: undefined,
      messages: messageBooks(config, options.transport, () => this.intake),
      setDrained: (drained) => void this.intake.setDrained(drained),
      app: undefined,
    });
    this.#handler = handlerOf(config, {
      queue: queue.name,
      env: this.#backstage.env,
      cwd: edge.cwd,
      onLine: this.#backstage.onAppLine ?? (({ text }: OutputLine) => options.print(text)),
      debug: new Debugger({
        debugging: config.debugging,
        emit,
        log: options.log.component('handler'),
      }),
      onAway: (reason) => this.intake.setHold('handler', reason),
      publish: (publication) => this.intake.publish(publishingOf(publication)),
      onRestart: (cause, reason, stack) => emit('handler.restarted', { cause, reason, stack }),
    });
    this.intake = new Consumer({
      transport: options.transport,
      handler: this.#handler,
      ...{ queue, flow, emit },
      reconnect: broker.reconnect,
      onSettled: (record) => this.#backstage.metrics.recordMessage(record),
      onChange: () => this.#onChange(),
      onLifetime: (settled) =>
        shutdown.request({
          kind: 'finished',
          text: `${settled} messages are settled (--max-lifetime)`,
        }),
    });
    this.app = this.#asApp();
    const { autoreload } = config;
    if (autoreload === undefined || this.#handler.reload === undefined) return;
    this.#reloader = new Reloader({
      config: autoreload,
      cwd: edge.cwd,
      reload: () => this.#reload(),
      log: options.log.component('reload'),
    });
  }

  get givenBack(): number {
    return this.intake.report().forced;
  }

  get failed(): Promise<Error> {
    const { failed } = this.#backstage;
    return this.#reloader === undefined ? failed : Promise.race([failed, this.#reloader.failed]);
  }

  get sickness(): string | undefined {
    return this.#backstage.sickness;
  }

  get startWaitsFor(): string {
    return this.#backstage.startWaitsFor;
  }

  get hasWebhooks(): boolean {
    return this.#backstage.hasWebhooks;
  }

  async listen(): Promise<void> {
    await this.#backstage.begin(displayHandler(this.#options.config.handler));
    await this.#backstage.listen(undefined);
    await this.#reloader?.start();
  }

  prepare(signal: AbortSignal, over: AbortSignal): Promise<void> {
    return this.#backstage.prepare(signal, over);
  }

  announceUp(): void {
    this.#backstage.announceUp();
    this.#reloader?.open();
  }

  announceStop(): void {
    this.#backstage.announceStop();
  }

  onSignal(): void {
    // Nobody is supervised who could want it.
  }

  async farewell(deadline: Deadline): Promise<void> {
    await this.#reloader?.stop(deadline);
    await this.#backstage.farewell(deadline);
  }

  /** It is up when the handler is loaded and the first message could come. */
  #asApp(): App {
    const ended = this.intake.failed.then((error): StopReason => ({ kind: 'failed', error }));
    let started = false;
    return {
      ended,
      stopSignal: 'SIGTERM',
      start: async (signal) => {
        started = true;
        const startedAt = monotonicMs();
        await this.#handler.start(signal);
        const duration_ms = Math.round(monotonicMs() - startedAt);
        const handler = displayHandler(this.#options.config.handler);
        this.emit('handler.loaded', { handler, duration_ms });
        await this.intake.start(signal);
        const { checks } = this.#backstage;
        const { check } = this.#handler;
        if (check !== undefined) checks.add(HANDLER_CHECK, check);
        await checks.startupPassed(signal, Infinity, {});
      },
      close: () => undefined,
      stop: async (deadline): Promise<Stopped | undefined> => {
        if (!started) return undefined;
        await this.intake.stop(deadline);
        await this.#handler.stop(deadline);
        return { status: { kind: 'exited', code: 0 }, killed: false };
      },
    };
  }

  async #reload(): Promise<void> {
    const startedAt = monotonicMs();
    const reason = await this.#handler.reload?.();
    const handler = displayHandler(this.#options.config.handler);
    const duration_ms = Math.round(monotonicMs() - startedAt);
    if (reason === undefined) this.emit('handler.reloaded', { handler, duration_ms });
    else this.emit('handler.reload-failed', { handler, reason });
  }

  #onChange(): void {
    const { state, heldBecause } = this.intake;
    const { health } = this.#backstage;
    health.loadChanged();
    // Who has drained it says so.
    const consumes = state.kind === 'consuming' || state.kind === 'drained';
    const why = consumes ? heldBecause : whyNotConsuming(state);
    if (why === this.#awayBecause) return;
    this.#awayBecause = why;
    this.#backstage.setAway(
      why === undefined ? undefined : { reason: 'not-consuming', text: `not consuming: ${why}` },
    );
  }
}

/** Its own word on its health decides whether the container is of use. */
const HANDLER_CHECK = { name: 'handler', label: 'handler', tags: ['liveness'] } as const;

function whyNotConsuming(state: Consumer['state']): string {
  const reason = 'reason' in state ? state.reason : undefined;
  return reason ?? (state.kind === 'connecting' ? 'connecting to the broker' : state.kind);
}
