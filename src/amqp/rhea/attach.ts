// Links of AMQP 1.0, each in a session of its own: a broker that refuses one may end its session, and only there
// say why.

import {
  SessionEvents,
  type AwaitableSender,
  type EventContext,
  type Receiver,
  type Session,
} from 'rhea-promise';

import { onAbort } from '../../lib/waiting.ts';
import type { BrokerConnection } from './connection.ts';

/** A link until the broker ends it: `gone` is aborted with what it says. */
export interface Attached<T> {
  readonly link: T;
  readonly gone: AbortSignal;
}

/** Nothing comes before it is given credit, and all that comes waits to be settled. */
export function attachReceiver(
  connection: BrokerConnection,
  address: string,
  onMessage: (context: EventContext) => void,
): Promise<Attached<Receiver>> {
  return attach(connection, async (session, abortSignal, onClose) => {
    const receiver = await session.createReceiver({
      source: { address },
      // Unsettled until we say so, and none without credit from us.
      ...{ snd_settle_mode: 0, rcv_settle_mode: 0, credit_window: 0, autoaccept: false },
      ...{ abortSignal, onClose, onMessage, onError: onClose },
    });
    // Refused: why comes with its end, in the next frame.
    if (!hasSource(receiver)) await never(abortSignal);
    return receiver;
  });
}

export function attachSender(
  connection: BrokerConnection,
  address: string,
): Promise<Attached<AwaitableSender>> {
  return attach(connection, (session, abortSignal, onClose) =>
    session.createAwaitableSender({ target: { address }, abortSignal, onClose }),
  );
}

/** Rejects when there is no such queue: one that is there can be consumed, and without credit nothing comes. */
export async function checkQueue(connection: BrokerConnection, address: string): Promise<void> {
  const { link } = await attachReceiver(connection, address, () => undefined);
  void link.session.close().catch(() => undefined); // it may have ended by itself
}

type OnClose = (context: Pick<EventContext, 'receiver' | 'sender' | 'session'>) => void;

async function attach<T>(
  connection: BrokerConnection,
  create: (session: Session, abortSignal: AbortSignal, onClose: OnClose) => Promise<T>,
): Promise<Attached<T>> {
  const gone = new AbortController();
  const onClose: OnClose = ({ receiver, sender, session }) =>
    gone.abort(receiver?.error ?? sender?.error ?? session?.error ?? new Error(ENDED));
  const session = await connection.createSession();
  session.on(SessionEvents.sessionError, onClose);
  session.on(SessionEvents.sessionClose, onClose);
  try {
    const abortSignal = AbortSignal.any([connection.over, gone.signal]);
    const link = await create(session, abortSignal, onClose);
    gone.signal.throwIfAborted();
    return { link, gone: gone.signal };
  } catch (error) {
    void session.close().catch(() => undefined);
    throw gone.signal.aborted ? gone.signal.reason : error;
  }
}

const ENDED = 'the broker has ended it and does not say why';

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
