// Which protocol a consumer speaks: only its own is loaded.

import type { Transport } from '../amqp/transport.ts';
import type { MessagingConfig } from '../config/slices/messages.ts';

/** Built without effect. */
export async function transportOf({
  broker,
  queue,
}: Pick<MessagingConfig, 'broker' | 'queue'>): Promise<Transport> {
  const options = { broker, queue, connectionName: `hurricane ${queue.name}` };
  if (broker.protocol === '1.0') {
    const { Amqp10 } = await import('../amqp/amqp-10.ts');
    return new Amqp10(options);
  }
  const { Amqp091 } = await import('../amqp/amqp-091.ts');
  return new Amqp091(options);
}
