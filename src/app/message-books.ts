// The messages of a consumer, as far as probes, metrics and status look at them.

import type { Consumer } from '../amqp/consumer.ts';
import type { Transport } from '../amqp/transport.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import type { Load } from '../core/component.ts';
import type { MessageSources } from '../metrics/message-instruments.ts';
import { seconds, type MessageStatus } from './status.ts';

export interface MessageBooks extends MessageSources {
  load(): Load;
  status(): MessageStatus;
}

/** The consumer is asked for when somebody looks. */
export function messageBooks(
  { queue }: { readonly queue: QueueConfig },
  transport: Pick<Transport, 'address'>,
  consumer: () => Pick<Consumer, 'state' | 'load' | 'heldBecause' | 'oldestMs' | 'lastSettledAt'>,
): MessageBooks {
  const link = () => {
    const { state } = consumer();
    return 'link' in state ? state.link : undefined;
  };
  return {
    queue: queue.name,
    prefetch: queue.prefetch,
    load: () => consumer().load,
    inFlight: () => consumer().load.active - consumer().load.queued,
    buffered: () => consumer().load.queued,
    connected: () => link() !== undefined,
    consuming: () => consumer().state.kind === 'consuming',
    blocked: () => link()?.blocked ?? false,
    status: () => {
      const { state, load, heldBecause, oldestMs, lastSettledAt } = consumer();
      return {
        queue: queue.name,
        state: state.kind,
        since: state.since.toISOString(),
        reason: ('reason' in state ? state.reason : heldBecause) ?? '',
        broker: transport.address(0),
        in_hand: load.active,
        waiting: load.queued,
        oldest_s: seconds(oldestMs),
        settled: load.finished,
        last_settled: lastSettledAt?.toISOString() ?? null,
      };
    },
  };
}
