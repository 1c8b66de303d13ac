// The only importer of rhea-promise: AMQP 1.0. One link is a connection to consume and one to publish, since a
// broker in need of memory stops reading from those that publish. Whatever of it breaks, the whole link ends.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import {
  Connection,
  ConnectionEvents,
  message as codec,
  ReceiverEvents,
  SenderEvents,
  SessionEvents,
  type AwaitableSender,
  type Delivery as Handed,
  type EventContext,
  type Message,
  type Receiver,
  type Session,
} from 'rhea-promise';

import type { BrokerAddress, BrokerConfig } from '../config/config.ts';
import { HurricaneError } from '../core/errors.ts';
import { monotonicMs } from '../lib/clock.ts';
import { NextRun } from '../lib/next-run.ts';
import { onAbort, pause } from '../lib/waiting.ts';
import { addressOf, displayPlace, tlsOptions, tryingAt } from './broker-address.ts';
import { dialectOf, type Dialect, type Target } from './dialect-10.ts';
import {
  connectFault,
  endReason,
  isMissing,
  linkFault,
  publishFault,
  republishRefusal,
} from './faults-10.ts';
import { unreachable, type Trying } from './faults.ts';
import { attemptIn, bodyOf, isRedelivered, propertiesOf, sectionsOf } from './message-10.ts';
import { sideQueues } from './topology.ts';
import {
  LinkError,
  OPEN_MS,
  openedTooLate,
  type Delivery,
  type Link,
  type LinkEnd,
  type OpenOptions,
  type Properties,
  type Publishing,
  type Transport,
  type TransportOptions,
} from './transport.ts';

/** For a broker to say what became of a message. */
const PUBLISH_MS = 15_000;
/** For a broker to say that no delivery is on its way. */
const CANCEL_MS = 1000;
/** Handlers may publish to any number of addresses; a broker allows so many sessions. */
const MOST_TARGETS = 32;
/** That a session holds behind its oldest unsettled one; the library's own 2048 are soon behind a slow one. */
const SESSION_DELIVERIES = 131_072;
/** We say so to brokers. What is longer is none of the protocol, and the library would wait for its end. */
const LONGEST_FRAME = 64 * 1024 * 1024;

export class Amqp10 implements Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  address(attempt: number): string {
    return displayPlace(addressOf(this.#options.broker, attempt));
  }

  async open(open: OpenOptions): Promise<Link> {
    const { broker, queue } = this.#options;
    const address = addressOf(broker, open.attempt);
    const trying = tryingAt(address, broker, queue);
    const link = new Link10({ ...this.#options, address, trying, open });
    await link.begin();
    return link;
  }
}

interface LinkOptions extends TransportOptions {
  readonly address: BrokerAddress;
  readonly trying: Trying;
  readonly open: OpenOptions;
}

/** What a session was opened for, until the broker ends it: `gone` is aborted with what it says. */
interface Attached<T> {
  readonly link: T;
  readonly gone: AbortSignal;
}

class Link10 implements Link {
  readonly blocked = false; // no broker says so in this protocol
  readonly #options: LinkOptions;
  readonly #ended = Promise.withResolvers<LinkEnd>();
  readonly #over = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #targets = new Map<string, TargetLink>();
  #consuming: Connection | undefined;
  #publishing: Connection | undefined;
  #receiver: Receiver | undefined;
  #dialect: Dialect = dialectOf('', '');
  #settled: Settlement[] = [];
  #isFlushing = false;
  #cancelled = false;
  /** Handed out, and the broker was not told what became of them. */
  #unsettled = 0;
  /** Since the last look whether the queue is there. */
  #handedOut = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get broker(): string {
    const { product = 'a broker', version = '' } = productOf(this.#consuming);
    return `${[product, version].join(' ').trim()} at ${this.#options.trying.at}`;
  }

  get ended(): Promise<LinkEnd> {
    return this.#ended.promise;
  }

  get alive(): boolean {
    return !this.#over.signal.aborted;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Connections, a look at the topology, consumer; nothing is left of the link when it rejects. */
  async begin(): Promise<void> {
    const late = (): void => this.#end('timeout', openedTooLate());
    const timer = setTimeout(late, OPEN_MS);
    const stopWaiting = onAbort(this.#options.open.signal, late);
    try {
      await this.#open();
    } catch (error) {
      this.#end('channel', this.#faultOf(error));
      const { cause, reason, fatal } = await this.ended;
      throw fatal ?? new LinkError(cause, reason);
    } finally {
      clearTimeout(timer);
      stopWaiting();
    }
  }

  publish(publishing: Publishing): Promise<void> {
    return this.#publish(publishing, () => undefined);
  }

  republish(publishing: Publishing): Promise<void> {
    return this.#publish(publishing, (error) => {
      const refusal = republishRefusal(error, this.#options.trying);
      if (refusal !== undefined) this.#end('channel', refusal);
    });
  }

  /** Frames do not bound them in this protocol. */
  headerRoom(): number {
    return Infinity;
  }

  /** Queues are not ours to make in this protocol. */
  async redeclare(): Promise<void> {
    // What is missing has to come back by other hands.
  }

  async cancel(signal: AbortSignal): Promise<void> {
    this.#cancelled = true;
    if (!this.alive || this.#receiver === undefined) return;
    const drained = once(this.#receiver, ReceiverEvents.receiverDrained, {
      signal: AbortSignal.any([signal, this.#over.signal, AbortSignal.timeout(CANCEL_MS)]),
    });
    this.#receiver.drainCredit();
    await drained.catch(() => undefined); // what still comes is given back
  }

  resume(): Promise<void> {
    this.#cancelled = false;
    const credit = this.#options.queue.prefetch - this.#unsettled;
    if (this.alive && this.#receiver !== undefined) {
      // The library leaves it set, and the next credit would be drained too.
      this.#receiver.drain = false;
      if (credit > 0) this.#receiver.addCredit(credit);
    }
    return Promise.resolve();
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.alive) {
      this.#flush();
      const abortSignal = AbortSignal.any([signal, this.#over.signal]);
      const open = [this.#consuming, this.#publishing].filter((each) => each !== undefined);
      await Promise.allSettled(open.map((connection) => connection.close({ abortSignal })));
    }
    this.#end('closed', undefined);
  }

  /** Told to the broker together with all others of this turn. */
  settle(settlement: Settlement): void {
    this.#settled.push(settlement);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(this.#flush);
  }

  async #open(): Promise<void> {
    const { queue, open } = this.#options;
    this.#consuming = await this.#connect();
    this.#publishing = await this.#connect();
    const { product = '', version = '' } = productOf(this.#consuming);
    this.#dialect = dialectOf(product, version);
    if (queue.topology === 'passive') await this.#checkSideQueues();
    const { link, gone } = await this.#receive(
      this.#consuming,
      queue.name,
      ({ message, delivery }) => {
        if (message === undefined || delivery === undefined || !this.alive) return;
        this.#unsettled += 1;
        this.#handedOut += 1;
        open.onDelivery(new Delivery10(this, message, delivery));
      },
    );
    this.#receiver = link;
    onAbort(gone, () => this.#end('cancelled', gone.reason));
    link.addCredit(queue.prefetch);
    void this.#noticeDeletion();
  }

  /** RabbitMQ 3.x does not always tell a consumer that its queue has gone. */
  async #noticeDeletion(): Promise<void> {
    const { queue, broker } = this.#options;
    while (await pause(broker.heartbeatMs, this.#over.signal)) {
      const isQuiet = this.#handedOut === 0;
      this.#handedOut = 0;
      if (!isQuiet) continue;
      await this.#check(queue.name).catch((error: unknown) => {
        if (isMissing(error)) this.#end('cancelled', error);
      });
    }
  }

  async #publish(publishing: Publishing, onFault: (error: unknown) => void): Promise<void> {
    const { exchange, routingKey, body } = publishing;
    const target = this.#dialect.target(exchange, routingKey);
    if (target === undefined) throw new Error(NOBODY_TELLS);
    const { address, queue } = target;
    const link = this.#targetLink(target);
    try {
      const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const message = { ...sectionsOf(publishing), body: codec.data_section(content) as unknown };
      await link.send(message);
      if (queue !== undefined && !this.#dialect.acceptsOnlyRouted) await link.check.request();
    } catch (error) {
      onFault(error);
      if (!this.alive) throw new Error((await this.ended).reason, { cause: error });
      throw publishFault(error, address);
    }
  }

  async #connect(): Promise<Connection> {
    const { broker, address, trying, connectionName } = this.#options;
    const { vhost, host, port } = address;
    const tls = address.tls ? tlsOptions(broker.tls, host) : undefined;
    let heard: Uint8Array = Buffer.alloc(0);
    let heardAt = monotonicMs();
    let dialled: Socket | undefined;
    const dial = (_port: number, _host: string, _options: object, onConnected: () => void) => {
      const place = { host, port, noDelay: true };
      const socket = tls
        ? connectTls({ ...place, ...tls }, onConnected)
        : connectTcp(place, onConnected);
      socket.on('data', (chunk: Buffer) => {
        heardAt = monotonicMs();
        if (heard.length === 0) heard = chunk;
      });
      this.#sockets.add(socket);
      dialled = socket;
      return socket;
    };
    const connection = new Connection({
      ...{ host, port, reconnect: false },
      connection_details: () => ({ host, port, connect: dial }),
      // RabbitMQ's way to name one; others know no virtual hosts.
      hostname: vhost === '/' ? host : `vhost:${vhost}`,
      container_id: `${connectionName} ${randomUUID()}`,
      properties: { product: 'hurricane', connection_name: connectionName },
      idle_time_out: broker.heartbeatMs,
      max_frame_size: LONGEST_FRAME,
      operationTimeoutInSeconds: OPEN_MS / 1000,
      ...mechanisms(broker, address),
    });
    widenSessions(connection);
    const silence = (): number => monotonicMs() - heardAt;
    const lost = (error: unknown): void => {
      const silentMs = silence();
      const isSilent = error === undefined && silentMs > broker.heartbeatMs;
      const reason = isSilent ? new Error(`it said nothing for ${seconds(silentMs)}`) : error;
      const isOpening = this.#receiver === undefined;
      this.#end('connection', isOpening ? connectFault(reason, heard, trying) : reason);
    };
    for (const event of connectionEnds) {
      connection.on(event, ({ error, connection: ending }) => lost(error ?? ending.error));
    }
    const inTime = AbortSignal.timeout(broker.connectTimeoutMs);
    try {
      const abortSignal = AbortSignal.any([this.#over.signal, inTime]);
      await connection.open({ abortSignal });
      // Behind the listener of the library, which has read by then how long the frame will be.
      dialled?.on('data', () => {
        const bytes = frameSizeOf(connection);
        if (bytes > LONGEST_FRAME) lost(new Error(`it sent a frame of ${bytes} bytes`));
      });
      void this.#noticeSilence(silence, () => lost(undefined));
      return connection;
    } catch (error) {
      if (!inTime.aborted) throw connectFault(error, heard, trying);
      throw unreachable(trying, `no answer within ${seconds(broker.connectTimeoutMs)}`);
    }
  }

  /** The library does not look at the time while the end of a frame is missing. */
  async #noticeSilence(silence: () => number, onSilent: () => void): Promise<void> {
    const { heartbeatMs } = this.#options.broker;
    while (await pause(heartbeatMs / 2, this.#over.signal)) {
      if (silence() > 2 * heartbeatMs) onSilent();
    }
  }

  /** Each in a session of its own: a broker that refuses one may end its session, and only there say why. */
  async #attach<T>(
    connection: Connection | undefined,
    attach: (session: Session, abortSignal: AbortSignal, onClose: OnClose) => Promise<T>,
  ): Promise<Attached<T>> {
    if (connection === undefined) throw new Error('the connection is not open');
    const gone = new AbortController();
    const onClose: OnClose = ({ receiver, sender, session }) =>
      gone.abort(receiver?.error ?? sender?.error ?? session?.error ?? new Error(ENDED));
    const session = await connection.createSession({ abortSignal: this.#over.signal });
    session.on(SessionEvents.sessionError, onClose);
    session.on(SessionEvents.sessionClose, onClose);
    try {
      const abortSignal = AbortSignal.any([this.#over.signal, gone.signal]);
      const link = await attach(session, abortSignal, onClose);
      gone.signal.throwIfAborted();
      return { link, gone: gone.signal };
    } catch (error) {
      void session.close().catch(() => undefined);
      throw gone.signal.aborted ? gone.signal.reason : error;
    }
  }

  #receive(
    connection: Connection | undefined,
    queue: string,
    onMessage: (context: EventContext) => void,
  ): Promise<Attached<Receiver>> {
    return this.#attach(connection, async (session, abortSignal, onClose) => {
      const receiver = await session.createReceiver({
        source: { address: this.#dialect.queue(queue) },
        // Unsettled until we say so, and none without credit from us.
        ...{ snd_settle_mode: 0, rcv_settle_mode: 0, credit_window: 0, autoaccept: false },
        ...{ abortSignal, onClose, onMessage, onError: onClose },
      });
      // Refused: why comes with its end, in the next frame.
      if (!hasSource(receiver)) await never(abortSignal);
      return receiver;
    });
  }

  #targetLink({ address, queue }: Target): TargetLink {
    const target = this.#targets.get(address) ?? this.#openTarget(address, queue);
    this.#targets.delete(address);
    this.#targets.set(address, target);
    const [oldest] = this.#targets.values();
    if (this.#targets.size > MOST_TARGETS && oldest !== undefined) {
      this.#targets.delete(oldest.address);
      oldest.close();
    }
    return target;
  }

  #openTarget(address: string, queue = ''): TargetLink {
    const opening = this.#attach(this.#publishing, (session, abortSignal, onClose) =>
      session.createAwaitableSender({ target: { address }, abortSignal, onClose }),
    );
    const forget = (): void => {
      if (this.#targets.get(address) === target) this.#targets.delete(address);
    };
    const check = new NextRun(() => this.#check(queue));
    const target = new TargetLink({ address, opening, check, over: this.#over.signal });
    opening.then(({ gone }) => onAbort(gone, forget), forget);
    return target;
  }

  /** A queue is there if it can be consumed; without credit nothing comes. */
  async #check(queue: string): Promise<void> {
    const { link } = await this.#receive(this.#publishing, queue, () => undefined);
    void link.session.close().catch(() => undefined); // it may have ended by itself
  }

  async #checkSideQueues(): Promise<void> {
    for (const { name } of sideQueues(this.#options.queue)) {
      await this.#check(name);
    }
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    const settled = inSafeOrder(this.#settled);
    this.#settled = [];
    if (!this.alive || settled.length === 0) return;
    for (const settlement of settled) this.#tell(settlement);
    this.#unsettled -= settled.length;
    if (!this.#cancelled) this.#receiver?.addCredit(settled.length);
  };

  #tell({ handed, how }: Settlement): void {
    if (how === 'accept') handed.accept();
    else if (how === 'requeue' && this.#dialect.knowsModified) {
      handed.modified({ delivery_failed: true });
    } else handed.release();
  }

  #faultOf(error: unknown): Error {
    const known = error instanceof LinkError || error instanceof HurricaneError;
    return known ? error : linkFault(error, this.#options.trying);
  }

  #end(cause: LinkEnd['cause'], error: unknown): void {
    if (!this.alive) return;
    const fatal = error instanceof HurricaneError ? error : undefined;
    const end =
      error instanceof LinkError ? error.end : { cause, reason: endReason(error, cause), fatal };
    this.#ended.resolve(end);
    this.#over.abort();
    // The error is for the library, which otherwise would not hear that it is over.
    for (const socket of this.#sockets) socket.destroy(new Error(end.reason));
  }
}

type OnClose = (context: Pick<EventContext, 'receiver' | 'sender' | 'session'>) => void;

interface Settlement {
  readonly handed: Handed;
  readonly how: 'accept' | 'release' | 'requeue';
}

/**
 * Neighbours in ascending order are told of in one frame. But the library takes the first two of a turn for
 * alike whatever became of them: an accepted one would take a released one with it, which then is lost.
 */
function inSafeOrder(settlements: readonly Settlement[]): readonly Settlement[] {
  const isMixed = settlements.some(({ how }) => how !== settlements[0]?.how);
  const direction = isMixed ? -1 : 1;
  return settlements.toSorted((a, b) => direction * (a.handed.id - b.handed.id));
}

const connectionEnds = [
  ConnectionEvents.connectionClose,
  ConnectionEvents.disconnected,
  ConnectionEvents.protocolError,
  ConnectionEvents.error,
];

const ENDED = 'the broker has ended it and does not say why';

const NOBODY_TELLS =
  'RabbitMQ 3.x does not tell over AMQP 1.0 whether an exchange has given a message to any queue: ' +
  'publish to the queue itself, or use --protocol 0-9-1';

interface TargetLinkOptions {
  readonly address: string;
  readonly opening: Promise<Attached<AwaitableSender>>;
  /** Looks whether its queue is there. */
  readonly check: NextRun;
  readonly over: AbortSignal;
}

/** One address to publish to. */
class TargetLink {
  readonly address: string;
  readonly check: NextRun;
  readonly #opening: Promise<Attached<AwaitableSender>>;
  readonly #over: AbortSignal;

  constructor({ address, opening, check, over }: TargetLinkOptions) {
    this.address = address;
    this.check = check;
    this.#opening = opening;
    this.#over = over;
  }

  /** Resolves when the broker has accepted it; rejects when it has not, or does not say. */
  async send(message: object): Promise<void> {
    const { link: sender, gone } = await this.#opening;
    const abortSignal = AbortSignal.any([gone, this.#over]);
    const inTime = AbortSignal.any([abortSignal, AbortSignal.timeout(PUBLISH_MS)]);
    try {
      while (!sender.sendable()) await once(sender, SenderEvents.sendable, { signal: inTime });
      await sender.send(message as Message, { abortSignal, timeoutInSeconds: PUBLISH_MS / 1000 });
    } catch (error) {
      throw gone.aborted ? gone.reason : error;
    }
  }

  close(): void {
    this.#opening.then(({ link }) => link.close()).catch(() => undefined); // it has ended by itself
  }
}

class Delivery10 implements Delivery {
  readonly exchange = ''; // the protocol knows none
  readonly body: Buffer;
  readonly properties: Properties;
  readonly #link: Link10;
  readonly #message: Message;
  readonly #handed: Handed;

  constructor(link: Link10, message: Message, handed: Handed) {
    this.#link = link;
    this.#message = message;
    this.#handed = handed;
    this.body = bodyOf(message.body);
    this.properties = propertiesOf(message, message.body);
  }

  get routingKey(): string {
    return this.#message.subject ?? '';
  }

  get redelivered(): boolean {
    return isRedelivered(this.#message, this.#link.dialect);
  }

  get attempt(): number {
    return attemptIn(this.#message, this.#link.dialect);
  }

  isCurrent(): boolean {
    return this.#link.alive;
  }

  ack(): void {
    this.#link.settle({ handed: this.#handed, how: 'accept' });
  }

  release(): void {
    this.#link.settle({ handed: this.#handed, how: 'release' });
  }

  requeue(): void {
    this.#link.settle({ handed: this.#handed, how: 'requeue' });
  }
}

/** The library counts the letters of a password where it should count their bytes. */
function mechanisms({ sasl }: BrokerConfig, { user, password }: BrokerAddress): object {
  const say = (words: Buffer) => ({
    start: (answer: (error: undefined, words: Buffer) => void) => answer(undefined, words),
  });
  return {
    sasl_mechanisms:
      sasl === 'external'
        ? { EXTERNAL: () => say(Buffer.alloc(0)) }
        : { PLAIN: () => say(Buffer.from(`\0${user}\0${password}`)) },
  };
}

interface Inner {
  create_session(size?: number): unknown;
  /** Of a frame whose end has not come yet. */
  readonly frame_size?: number;
}

function innerOf(connection: Connection): Inner {
  return (connection as unknown as { readonly _connection: Inner })._connection;
}

function frameSizeOf(connection: Connection): number {
  return innerOf(connection).frame_size ?? 0;
}

/** The size of a session is not among the options that the library hands on. */
function widenSessions(connection: Connection): void {
  const inner = innerOf(connection);
  const create = inner.create_session.bind(inner);
  inner.create_session = () => create(SESSION_DELIVERIES);
}

function productOf(connection: Connection | undefined): {
  readonly product?: string;
  readonly version?: string;
} {
  return (connection?.properties ?? {}) as { product?: string; version?: string };
}

function hasSource({ source }: { readonly source: unknown }): boolean {
  const { address } = (source ?? {}) as { readonly address?: unknown };
  return typeof address === 'string';
}

/** Rejects when the signal aborts. */
function never(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  onAbort(signal, () => reject(signal.reason as Error));
  return promise;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10}s`;
}
