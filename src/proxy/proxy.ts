// The intake for HTTP: judges each request, hands it on or answers it, keeps the books, drains.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { StopConfig } from '../config/slices/life.ts';
import type { ProxyConfig } from '../config/slices/proxy.ts';
import type { DrainReport, Former, Intake, Load } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { RequestRecord } from '../core/request-record.ts';
import type { Handler } from '../http/listener.ts';
import type { MalformedFault } from '../http/malformed.ts';
import type { Address } from '../http/reach.ts';
import { monotonicMs } from '../lib/clock.ts';
import { Slots } from '../lib/slots.ts';
import { doneBefore } from '../lib/waiting.ts';
import { serveOn } from './drain.ts';
import { Exchange } from './exchange.ts';
import { answerFault, faults } from './faults.ts';
import { AppClient } from './forward.ts';
import { Forwarding, type ForwardingContext } from './forwarding.ts';
import { Ledger } from './ledger.ts';
import type { Site } from './local-answer.ts';
import { LocalAnswers } from './local-answers.ts';
import { Peers } from './peers.ts';
import { Pipeline } from './pipeline.ts';
import { readRequestHead, type Refusal, type RequestHead } from './request-head.ts';
import { Route } from './route.ts';
import { SilenceWatch } from './silence-watch.ts';
import { Upgrade } from './upgrade.ts';

/** What the proxy needs of the listener in front of it. */
export interface Door {
  stopAccepting(deadline: Deadline): Promise<void>;
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
  /** How long an app may answer nothing, while requests wait for it, before that is told. */
  readonly silentAfterMs?: number;
  /** True while an app that dies is started again: what it refused then waits for the next one. */
  readonly awaitsRestart: () => boolean;
  /** What is answered without the app; undefined: nothing. */
  readonly site?: Site | undefined;
  /** The listener that feeds this proxy; asked only when draining. */
  readonly door: () => Door;
}

export interface InHand extends Omit<Load, 'averageMs'> {
  /** Connections that have become WebSockets. */
  readonly upgraded: number;
  /** Age of the oldest request, 0 without one. */
  readonly oldestMs: number;
}

type State =
  | 'starting'
  | 'open'
  | 'draining'
  /** The time to drain is over and the app is told to stop: what it cuts now is cut by us. */
  | 'stopping'
  | 'stopped';

/** Longest answer to "when shall I come back", in seconds. */
const MAX_RETRY_AFTER_S = 30;

/** Until the first `open` every request for the app is answered 503; from `drain` on each answer ends its connection. */
export class Proxy implements Intake<Address>, Handler {
  readonly name = 'proxy';
  readonly #options: ProxyOptions;
  readonly #peers: Peers;
  readonly #pipeline = new Pipeline();
  readonly #ledger: Ledger;
  readonly #inHand = new Slots<Exchange>();
  readonly #localAnswers: LocalAnswers;
  readonly #silence: SilenceWatch;
  readonly #route = new Route();
  readonly #context: ForwardingContext;
  #state: State = 'starting';
  #lastRequestAt: number | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#peers = new Peers(options.config.trustProxy);
    this.#ledger = new Ledger(options.queueLimit, options.onQueueChange);
    const { maxBodyBytes, maxBufferBytes, responseTimeoutMs, requestTimeoutMs } = options.config;
    this.#context = {
      gate: this.#route.gate,
      awaitsRestart: () => this.#state !== 'stopping' && options.awaitsRestart(),
      maxBodyBytes,
      maxBufferBytes,
      responseTimeoutMs,
      requestTimeoutMs,
      onAnswer: () => this.#silence.noteAnswer(),
      isClosing: () => this.#state !== 'open',
      retryAfterS: () => this.#retryAfterS(),
      refuse: (exchange, request, response) => this.#refuse(exchange, request, response),
    };
    this.#localAnswers = new LocalAnswers(options.site, this.#context);
    this.#silence = new SilenceWatch({
      silentAfterMs: options.silentAfterMs,
      waits: () => this.#inHand.toArray().flatMap(({ waitsSince }) => waitsSince ?? []),
      queued: () => this.#ledger.queued,
      emit: options.emit,
    });
  }

  get load(): Ledger {
    return this.#ledger;
  }

  /** Who is in hand now; upgraded connections, which last as long as they like, have no age. */
  inHand(): InHand {
    const { active, queued, finished } = this.#ledger;
    const exchanges = this.#inHand.toArray();
    const requests = exchanges.filter(({ upgraded }) => !upgraded);
    const now = monotonicMs();
    return {
      active,
      queued,
      finished,
      upgraded: exchanges.length - requests.length,
      oldestMs: requests.reduce((age, { acceptedAt }) => Math.max(age, now - acceptedAt), 0),
    };
  }

  report(): DrainReport {
    return this.#ledger.report();
  }

  async start(): Promise<void> {
    // The listener starts; the proxy only answers.
  }

  open(address: Address): Former | undefined {
    if (this.#state === 'stopped') return undefined;
    if (this.#state === 'starting') this.#state = 'open';
    this.#silence.begin();
    return this.#route.open(new AppClient(address, this.#options.config.maxHeaderBytes));
  }

  hold(): Former | undefined {
    return this.#route.hold();
  }

  /**
   * Announces the end on every answer, serves on as `closeAt` says, closes the listener and waits for
   * what is in hand. WebSockets and event streams are ended one after the other, up to the deadline.
   */
  async drain(deadline: Deadline): Promise<void> {
    // After the app has ended by itself there is no time, and nothing that we would cut.
    const hadTime = !deadline.passed;
    this.#state = this.#state === 'open' ? 'draining' : 'stopped';
    if (this.#state === 'draining') {
      await serveOn(deadline, this.#options.stop, () => this.#lastRequestAt);
    }
    const door = this.#options.door();
    await door.stopAccepting(deadline);
    this.#options.emit('listener.closed', { listener: 'app' });
    const empty = new AbortController();
    await Promise.all([
      door.whenEmpty(this.#options.stop.drainQuietMs, deadline).then(() => empty.abort()),
      this.#route.sayFarewell(deadline, AbortSignal.any([deadline.signal, empty.signal])),
    ]);
    await this.#whenIdle(deadline);
    if (hadTime && this.#state === 'draining') this.#state = 'stopping';
  }

  /**
   * What is in hand may end until the deadline; then it is cut. What was cut is counted as forced. What
   * waits for an app is turned away at once: none will come.
   */
  async stop(deadline: Deadline): Promise<void> {
    this.#route.giveUp();
    await this.#whenIdle(deadline);
    this.#state = 'stopped';
    this.#silence.end();
    this.#route.close();
    this.#localAnswers.force();
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
  wantsUpgrade({ method, url, headers, httpVersionMinor }: IncomingMessage): boolean {
    return (
      method === 'GET' &&
      this.#localAnswers.pathOf(url) === undefined &&
      httpVersionMinor > 0 &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['content-length'] === undefined &&
      headers['transfer-encoding'] === undefined
    );
  }

  handleUpgrade(request: IncomingMessage, socket: Socket, bytes: Buffer): void {
    const exchange = this.#accept(request);
    const upgrade = new Upgrade(this.#context, exchange, socket, bytes);
    const head = this.#judge(exchange, request);
    if (head.kind === 'refusal') upgrade.fail(head.fault, head.text);
    else upgrade.start(head);
  }

  noteMalformed(fault: MalformedFault, socket: Socket): void {
    const exchange = this.#enter('-', '-', false);
    exchange.clientAddress = this.#peers.of(socket).address;
    exchange.fault = fault;
    exchange.answer(faults[fault].status);
    exchange.end(true);
  }

  #enter(method: string, target: string, fromFiles: boolean): Exchange {
    const exchange = new Exchange(method, target, fromFiles, this.#ledger, this.#finished);
    this.#inHand.add(exchange);
    return exchange;
  }

  #accept(request: IncomingMessage): Exchange {
    const { method = '', url = '' } = request;
    const exchange = this.#enter(method, url, this.#localAnswers.pathOf(url) !== undefined);
    this.#lastRequestAt = exchange.acceptedAt;
    exchange.clientAddress = this.#peers.of(request.socket).address;
    return exchange;
  }

  #begin(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const head = this.#judge(exchange, request);
    if (head.kind === 'refusal') {
      exchange.fault = head.fault;
      response.once('close', () => exchange.end(response.writableFinished));
      this.#refuse(exchange, request, response, head.text);
    } else if (exchange.fromFiles) {
      this.#localAnswers.begin(exchange, request, response);
    } else {
      new Forwarding(this.#context, exchange, request, response, head).start();
    }
  }

  #judge(exchange: Exchange, request: IncomingMessage): RequestHead | Refusal {
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
    if (exchange.fromFiles && !/^(GET|HEAD)$/.test(exchange.method)) {
      return refusal('method-not-allowed');
    }
    if (this.#state === 'stopped') return refusal('stopped');
    // Files need no app.
    if (this.#state === 'starting' && !exchange.fromFiles) return refusal('starting');
    return head;
  }

  #refuse(
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    text?: string,
  ): void {
    const fault = exchange.fault ?? 'bad-request';
    exchange.answer(faults[fault].status);
    exchange.responseBytes = answerFault(request, response, {
      fault,
      text: text ?? (fault === 'body-too-large' ? this.#bodyTooLarge() : undefined),
      requestId: exchange.requestId,
      retryAfterS: this.#retryAfterS(),
      close: this.#state !== 'starting' && this.#state !== 'open',
    });
  }

  #bodyTooLarge(): string {
    const { maxBodyBytes } = this.#options.config;
    return `The request body is larger than the ${maxBodyBytes} bytes that --max-body-size allows.`;
  }

  /** A start that has taken long may take as long again: half of it, between 1 and 30 seconds. */
  #retryAfterS(): number {
    return Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(this.#route.heldMs / 2000)));
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
    if (this.#state === 'stopping' && exchange.outcome === 'failed') this.#ledger.force();
    this.#options.onFinished(exchange);
    if (this.#ledger.active === 0) this.#onIdle?.();
  };
}

function refusal(fault: Refusal['fault']): Refusal {
  return { kind: 'refusal', fault };
}
