// A peer that speaks AMQP 1.0 by a script: what a broker says of itself, whom it refuses, and what becomes of
// a message. It writes down every outcome that it is told.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

import rhea, { type Connection, type EventContext, type Sender } from 'rhea';

/** What becomes of a message that is published; `silence` leaves it without an answer. */
export type Verdict = 'accept' | 'reject' | 'release' | 'modified' | 'silence' | Refusal;

/** No other try would change it: who publishes loses what it does so by. */
interface Refusal {
  readonly by: 'detach' | 'session';
  readonly condition: string;
  readonly description: string;
}

export interface PeerScript {
  readonly product?: string;
  readonly version?: string;
  readonly password?: string;
  /** Addresses that are not there, and how that is told. */
  readonly missing?: {
    readonly address: string;
    readonly by: 'detach' | 'session';
    /** Whoever publishes there is not told. */
    readonly quietly?: true;
  };
  /** Who consumes there is not allowed to. */
  readonly forbidden?: string;
  readonly verdict?: () => Verdict;
}

export interface Peer {
  readonly port: number;
  /** `accepted`, `released`, `modified` or `rejected`, with the number of the message. */
  readonly outcomes: readonly string[];
  readonly published: readonly { readonly address: string; readonly message: rhea.Message }[];
  /** Hands a message to who consumes, of several the first; it has to be given credit. */
  hand(message: object): void;
  /** Ends the consumer as a broker does when its queue is deleted. */
  detach(condition: string, description: string): void;
  /** From now on says and reads nothing, as behind a network that has gone. */
  fallSilent(): void;
}

/** The library types it as any. */
interface Logins {
  enable_plain(allows: (user: string, password: string) => boolean): void;
}

/** Listens on a port of its own; gone after the test. */
export async function usePeer(t: TestContext, script: PeerScript = {}): Promise<Peer> {
  const { product = 'scripted', version = '1', password = 'guest', verdict } = script;
  const container = rhea.create_container();
  const logins = container.sasl_server_mechanisms as Logins;
  logins.enable_plain((_user, given) => given === password);
  const outcomes: string[] = [];
  const published: { address: string; message: rhea.Message }[] = [];
  const connections = new Set<Connection>();
  let consumer: Sender | undefined;

  const refuses = ({ session }: EventContext, address: string, link: rhea.link): boolean => {
    const { missing, forbidden } = script;
    if (forbidden === address) {
      const description = `access to queue '${address}' refused`;
      link.close({ condition: 'amqp:unauthorized-access', description });
      return true;
    }
    if (missing?.address !== address) return false;
    const error = { condition: 'amqp:not-found', description: `no queue '${address}'` };
    if (missing.by === 'detach') link.close(error);
    else session?.close(error);
    return true;
  };
  container.on('connection_open', ({ connection }: EventContext) => connections.add(connection));
  for (const end of ['connection_close', 'disconnected']) {
    container.on(end, ({ connection }: EventContext) => {
      connections.delete(connection);
      if (consumer?.connection === connection) consumer = undefined;
    });
  }
  container.on('connection_error', () => undefined);
  container.on('sender_open', (context: EventContext) => {
    const { sender } = context;
    const address = sender?.source.address ?? '';
    if (sender === undefined || refuses(context, address, sender)) return;
    sender.set_source(sender.source);
    consumer ??= sender;
  });
  container.on('receiver_open', (context: EventContext) => {
    const { receiver } = context;
    const address = receiver?.target.address ?? '';
    if (receiver === undefined) return;
    if (script.missing?.quietly !== true && refuses(context, address, receiver)) return;
    receiver.set_target(receiver.target);
    receiver.add_credit(100);
  });
  container.on('sender_draining', ({ sender }: EventContext) => sender?.set_drained(true));
  container.on('message', ({ message, delivery, receiver }: EventContext) => {
    if (message === undefined || delivery === undefined) return;
    published.push({ address: receiver?.target.address ?? '', message });
    const what = verdict?.() ?? 'accept';
    if (what === 'modified') delivery.modified({ delivery_failed: true });
    else if (what === 'reject') delivery.reject({ condition: 'amqp:x', description: 'too large' });
    else if (typeof what === 'object') end(what, receiver);
    else if (what !== 'silence') delivery[what]();
  });
  for (const outcome of ['accepted', 'released', 'rejected', 'modified']) {
    container.on(outcome, ({ delivery }: EventContext) => {
      outcomes.push(`${outcome} ${delivery?.id ?? '?'}`);
    });
  }

  const server = container.listen({
    ...{ port: 0, host: '127.0.0.1', autoaccept: false, credit_window: 0 },
    ...{ treat_modified_as_released: false, session_buffer_size: 100_000 },
    properties: { product, version },
  } as Parameters<typeof container.listen>[0]);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    // The error is for the library, which otherwise keeps its timers.
    for (const socket of sockets) socket.destroy(new Error('the test is over'));
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    outcomes,
    published,
    hand: (message) => consumer?.send(message as rhea.Message),
    detach: (condition, description) => {
      consumer?.close({ condition, description });
      consumer = undefined;
    },
    fallSilent: () => {
      for (const connection of connections) Object.assign(connection, { output: () => undefined });
      for (const socket of sockets) socket.pause();
    },
  };
}

function end({ by, ...error }: Refusal, link: rhea.link | undefined): void {
  if (by === 'detach') link?.close(error);
  else link?.session.close(error);
}
