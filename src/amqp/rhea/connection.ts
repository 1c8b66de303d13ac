// One connection of AMQP 1.0. This folder is the only importer of rhea-promise, and knows what that library needs.

import { randomUUID } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { Connection, ConnectionEvents, type ConnectionOptions, type Session } from 'rhea-promise';

import type { BrokerAddress, BrokerConfig } from '../../config/slices/broker.ts';
import { monotonicMs } from '../../lib/clock.ts';
import { displaySeconds } from '../../lib/display-seconds.ts';
import { pause } from '../../lib/waiting.ts';
import { tlsOptions } from '../broker-address.ts';
import { connectFault } from '../faults-10.ts';
import { unreachable, type Trying } from '../faults.ts';
import { OPEN_MS } from '../transport.ts';

/** That a session holds behind its oldest unsettled one; the library's own 2048 are soon behind a slow one. */
const SESSION_DELIVERIES = 131_072;
/** We say so to brokers. What is longer is none of the protocol, and the library would wait for its end. */
const LONGEST_FRAME = 64 * 1024 * 1024;

export interface BrokerConnectionOptions {
  readonly broker: BrokerConfig;
  readonly address: BrokerAddress;
  readonly trying: Trying;
  /** Shown by brokers that list their connections. */
  readonly connectionName: string;
  /** Aborted when nobody wants anything of it any more. */
  readonly over: AbortSignal;
  /** Nothing more comes or goes; `heard` is the first that the broker said. */
  readonly onLost: (error: unknown, heard: Uint8Array) => void;
}

export class BrokerConnection {
  readonly #options: BrokerConnectionOptions;
  #connection: Connection | undefined;
  #socket: Socket | undefined;
  #heard: Uint8Array = Buffer.alloc(0);
  #heardAt = 0;

  constructor(options: BrokerConnectionOptions) {
    this.#options = options;
  }

  get over(): AbortSignal {
    return this.#options.over;
  }

  /** What the broker says it is. */
  get product(): { readonly product?: string; readonly version?: string } {
    return (this.#connection?.properties ?? {}) as { product?: string; version?: string };
  }

  /** Resolves when the broker has let us in; rejects with what its refusal means. */
  async open(): Promise<void> {
    const { broker, address, trying, over } = this.#options;
    const tls = address.tls ? tlsOptions(broker.tls, address.host) : undefined;
    this.#heardAt = monotonicMs();
    const connection = new Connection(this.#settings(tls));
    widenSessions(connection);
    for (const event of connectionEnds) {
      connection.on(event, ({ error, connection: ending }) => this.#lose(error ?? ending.error));
    }
    const inTime = AbortSignal.timeout(broker.connectTimeoutMs);
    try {
      const abortSignal = AbortSignal.any([over, inTime]);
      await connection.open({ abortSignal });
      // Behind the listener of the library, which has read by then how long the frame will be.
      this.#socket?.on('data', () => {
        const bytes = frameSizeOf(connection);
        if (bytes > LONGEST_FRAME) this.#lose(new Error(`it sent a frame of ${bytes} bytes`));
      });
      void this.#noticeSilence();
      this.#connection = connection;
    } catch (error) {
      if (!inTime.aborted) throw connectFault(error, this.#heard, trying);
      throw unreachable(trying, `no answer within ${displaySeconds(broker.connectTimeoutMs)}`);
    }
  }

  async createSession(): Promise<Session> {
    if (this.#connection === undefined) throw new Error('the connection is not open');
    return this.#connection.createSession({ abortSignal: this.over });
  }

  async close(abortSignal: AbortSignal): Promise<void> {
    await this.#connection?.close({ abortSignal });
  }

  /** The reason is for the library, which otherwise would not hear that it is over. */
  destroy(reason: string): void {
    this.#socket?.destroy(new Error(reason));
  }

  #settings(tls: Tls | undefined): ConnectionOptions {
    const { broker, address, connectionName } = this.#options;
    const { vhost, host, port } = address;
    return {
      ...{ host, port, reconnect: false },
      connection_details: () => ({ host, port, connect: this.#dialler(tls) }),
      // RabbitMQ's way to name one; others know no virtual hosts.
      hostname: vhost === '/' ? host : `vhost:${vhost}`,
      container_id: `${connectionName} ${randomUUID()}`,
      properties: { product: 'hurricane', connection_name: connectionName },
      idle_time_out: broker.heartbeatMs,
      max_frame_size: LONGEST_FRAME,
      operationTimeoutInSeconds: OPEN_MS / 1000,
      ...mechanisms(broker, address),
    };
  }

  /** Called by the library with what it knows of the place, which is less than we know. */
  #dialler(tls: Tls | undefined) {
    const { host, port } = this.#options.address;
    const place = { host, port, noDelay: true };
    return (_port: number, _host: string, _options: object, onConnected: () => void): Socket => {
      const socket = tls
        ? connectTls({ ...place, ...tls }, onConnected)
        : connectTcp(place, onConnected);
      socket.on('data', (chunk: Buffer) => {
        this.#heardAt = monotonicMs();
        if (this.#heard.length === 0) this.#heard = chunk;
      });
      this.#socket = socket;
      return socket;
    };
  }

  #lose(error: unknown): void {
    const silentMs = this.#silentMs();
    const isSilent = error === undefined && silentMs > this.#options.broker.heartbeatMs;
    const reason = isSilent ? new Error(`it said nothing for ${displaySeconds(silentMs)}`) : error;
    this.#options.onLost(reason, this.#heard);
  }

  /** The library does not look at the time while the end of a frame is missing. */
  async #noticeSilence(): Promise<void> {
    const { heartbeatMs } = this.#options.broker;
    while (await pause(heartbeatMs / 2, this.over)) {
      if (this.#silentMs() > 2 * heartbeatMs) this.#lose(undefined);
    }
  }

  #silentMs(): number {
    return monotonicMs() - this.#heardAt;
  }
}

type Tls = ReturnType<typeof tlsOptions>;

const connectionEnds = [
  ConnectionEvents.connectionClose,
  ConnectionEvents.disconnected,
  ConnectionEvents.protocolError,
  ConnectionEvents.error,
];

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
