// The intake for HTTP: judges each request, hands it on or answers it, keeps the books, drains.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { ProxyConfig, StopConfig } from '../config/config.ts';
import type { DrainReport, Intake } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { RequestRecord } from '../core/request-record.ts';
import type { Handler } from '../http/listener.ts';
import type { MalformedFault } from '../http/malformed.ts';
import type { Address } from '../http/reach.ts';
import { doneBefore, pause } from '../lib/waiting.ts';
import { Slots } from '../lib/slots.ts';
import { closeAt } from './drain.ts';
import { Exchange } from './exchange.ts';
import { answerFault, faults } from './faults.ts';
import { AppClient } from './forward.ts';
import { Forwarding, type ForwardingContext } from './forwarding.ts';
import { Ledger } from './ledger.ts';
import { Peers } from './peers.ts';
import { Pipeline } from './pipeline.ts';
import { readRequestHead, type Refusal, type RequestHead } from './request-head.ts';
import { Upgrade } from './upgrade.ts';

/** What the proxy needs of the listener in front of it. */
export interface Door {
  stopAccepting(): Promise<void>;
  whenEmpty(idleMs: number, deadline: Deadline): Promise<void>;
}

export interface ProxyOptions {
  readonly config: ProxyConfig;
  readonly stop: StopConfig;
  /** The queue length at which `onQueueChange` is called, and again at 80 % of it. */
  readonly queueLimit: number;
  readonly onQueueChange: () => void;
  /** Called once per accepted request, after the ledger has it. */
  readonly onFinished: (record: RequestRecord) => void;
  readonly emit: Emit;
  /** The listener that feeds this proxy; asked only when draining. */
  readonly door: () => Door;
}

type State =
  | { readonly kind: 'starting' }
  | { readonly kind: 'open'; readonly context: ForwardingContext }
  | { readonly kind: 'draining'; readonly context: ForwardingContext }
  /** The time to drain is over and the app is told to stop: what it cuts now is cut by us. */
  | { readonly kind: 'stopping'; readonly context: ForwardingContext }
  | { readonly kind: 'stopped' };

/** Longest answer to "when shall I come back", in seconds. */
const MAX_RETRY_AFTER_S = 30;

/** Until `open` every request is answered 503; from `drain` on each answer ends its connection. */
export class Proxy implements Intake, Handler {
  readonly name = 'proxy';
  readonly #options: ProxyOptions;
  readonly #peers: Peers;
  readonly #pipeline = new Pipeline();
  readonly #ledger: Ledger;
  readonly #inHand = new Slots<Exchange>();
  readonly #madeAt = performance.now();
  #state: State = { kind: 'starting' };
  #client: AppClient | undefined;
  #lastRequestAt: number | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#peers = new Peers(options.config.trustProxy);
    this.#ledger = new Ledger(options.queueLimit, options.onQueueChange);
  }

  get load(): Ledger {
    return this.#ledger;
  }

  report(): DrainReport {
    return this.#ledger.report();
  }

  async start(): Promise<void> {
    // The listener starts; the proxy only answers.
  }

  /** Where the app listens; before `open`. */
  connectTo(address: Address): void {
    this.#client = new AppClient(address, this.#options.config.maxHeaderBytes);
  }

  open(): void {
    const client = this.#client;
    if (client === undefined) throw new Error('the address of the app is not known yet');
    if (this.#state.kind !== 'starting') return;
    const { maxBodyBytes, responseTimeoutMs, requestTimeoutMs } = this.#options.config;
    const context: ForwardingContext = {
      client,
      maxBodyBytes,
      responseTimeoutMs,
      requestTimeoutMs,
      isClosing: () => this.#state.kind !== 'open',
      refuse: (exchange, request, response) => this.#refuse(exchange, request, response),
    };
    this.#state = { kind: 'open', context };
  }

  /**
   * Announces the end on every answer, serves on as `closeAt` says, closes the listener and waits for
   * what is in hand. Upgraded connections are kept until the deadline and then ended.
   */
  async drain(deadline: Deadline): Promise<void> {
    // After the app has ended by itself there is no time, and nothing that we would cut.
    const hadTime = !deadline.passed;
    this.#state =
      this.#state.kind === 'open'
        ? { kind: 'draining', context: this.#state.context }
        : { kind: 'stopped' };
    if (this.#state.kind === 'draining') await this.#serveOn(deadline);
    const door = this.#options.door();
    await door.stopAccepting();
    this.#options.emit('listener.closed', { listener: 'app' });
    await door.whenEmpty(this.#options.stop.drainQuietMs, deadline);
    await this.#whenIdle(deadline);
    for (const { work } of this.#inHand.toArray()) work?.endUpgraded();
    if (hadTime && this.#state.kind === 'draining') {
      this.#state = { kind: 'stopping', context: this.#state.context };
    }
  }

  /** What is in hand may end until the deadline; then it is cut. What was cut is counted as forced. */
  async stop(deadline: Deadline): Promise<void> {
    await this.#whenIdle(deadline);
    this.#state = { kind: 'stopped' };
    for (const { work } of this.#inHand.toArray()) work?.force();
    this.#client?.close();
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#accept(request);
    if (Pipeline.isBehind(response)) {
      this.#pipeline.wait(request, response, {
        begin: () => this.#begin(exchange, request, response),
        abandon: () => exchange.end(false),
      });
    } else {
      this.#begin(exchange, request, response);
    }
  }

  /** A WebSocket handshake without a body; every other wish for an upgrade is ignored (RFC 9110, 7.8). */
  wantsUpgrade({ method, headers, httpVersionMinor }: IncomingMessage): boolean {
    return (
      method === 'GET' &&
      httpVersionMinor > 0 &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['content-length'] === undefined &&
      headers['transfer-encoding'] === undefined
    );
  }

  handleUpgrade(request: IncomingMessage, socket: Socket, bytes: Buffer): void {
    const exchange = this.#accept(request);
    const upgrade = new Upgrade(exchange, socket);
    exchange.work = upgrade;
    const head = this.#judge(exchange, request);
    if (head.kind === 'refusal') upgrade.fail(head.fault, head.text);
    else upgrade.start(head.context, bytes, head.head);
  }

  noteMalformed(fault: MalformedFault, socket: Socket): void {
    const exchange = this.#enter('-', '-');
    exchange.clientAddress = this.#peers.of(socket).address;
    exchange.fault = fault;
    exchange.answer(faults[fault].status);
    exchange.end(true);
  }

  #enter(method: string, target: string): Exchange {
    const exchange = new Exchange(method, target, this.#ledger, this.#finished);
    this.#inHand.add(exchange);
    return exchange;
  }

  #accept(request: IncomingMessage): Exchange {
    const { method = '', url = '' } = request;
    const exchange = this.#enter(method, url);
    this.#lastRequestAt = exchange.acceptedAt;
    exchange.clientAddress = this.#peers.of(request.socket).address;
    return exchange;
  }

  #begin(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const judged = this.#judge(exchange, request);
    if (judged.kind === 'refusal') {
      exchange.fault = judged.fault;
      response.once('close', () => exchange.end(response.writableFinished));
      this.#refuse(exchange, request, response, judged.text);
      return;
    }
    const forwarding = new Forwarding(judged.context, exchange, request, response, judged.head);
    exchange.work = forwarding;
    forwarding.start();
  }

  #judge(
    exchange: Exchange,
    request: IncomingMessage,
  ): { kind: 'go'; context: ForwardingContext; head: RequestHead } | Refusal {
    const peer = this.#peers.of(request.socket);
    const head = readRequestHead(request, peer);
    if (head.kind === 'refusal') return head;
    exchange.requestId = head.requestId;
    exchange.traceparent = head.traceparent;
    if (head.forwardedFor !== '') exchange.clientAddress = this.#peers.clientOf(head.forwardedFor);
    const { maxBodyBytes, maxHeaderBytes } = this.#options.config;
    // The parser limits the whole head; a target alone may take half of it.
    if (exchange.target.length > maxHeaderBytes / 2) return refusal('target-too-long');
    if (head.bodyBytes > maxBodyBytes) return refusal('body-too-large');
    if (this.#state.kind === 'starting') return refusal('starting');
    if (this.#state.kind === 'stopped') return refusal('stopped');
    return { kind: 'go', context: this.#state.context, head };
  }

  #refuse(
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    text?: string,
  ): void {
    const fault = exchange.fault ?? 'bad-request';
    exchange.answer(faults[fault].status);
    answerFault(request, response, {
      fault,
      text,
      requestId: exchange.requestId,
      retryAfterS: this.#retryAfterS(),
      close: this.#state.kind !== 'starting' && this.#state.kind !== 'open',
    });
  }

  /** A start that has taken long may take as long again: half of it, between 1 and 30 seconds. */
  #retryAfterS(): number {
    if (this.#state.kind !== 'starting') return 1;
    const waitedS = (performance.now() - this.#madeAt) / 1000;
    return Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(waitedS / 2)));
  }

  async #serveOn(deadline: Deadline): Promise<void> {
    const { drainDelayMs, drainQuietMs } = this.#options.stop;
    const startedAt = performance.now();
    const budgetMs = deadline.leftMs;
    for (;;) {
      const times = { startedAt, delayMs: drainDelayMs, quietMs: drainQuietMs, budgetMs };
      const leftMs = closeAt({ ...times, lastRequestAt: this.#lastRequestAt }) - performance.now();
      if (leftMs <= 0 || deadline.passed) return;
      await pause(leftMs, deadline.signal);
    }
  }

  async #whenIdle(deadline: Deadline): Promise<void> {
    if (this.#ledger.active === 0 || deadline.passed) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#onIdle = () => resolve(undefined);
    await doneBefore(promise, deadline.signal);
    this.#onIdle = undefined;
  }

  readonly #finished = (exchange: Exchange): void => {
    this.#inHand.remove(exchange);
    if (this.#state.kind === 'stopping' && exchange.outcome === 'failed') this.#ledger.force();
    this.#options.onFinished(exchange);
    if (this.#ledger.active === 0) this.#onIdle?.();
  };
}

function refusal(fault: Refusal['fault']): Refusal {
  return { kind: 'refusal', fault };
}
