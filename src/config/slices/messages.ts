// Slices: all that messages need, for a command of their own and beside an app.

import type { DeliveryConfig, MessagingConfig } from '../config.ts';
import { brokerConfig } from './broker.ts';
import { flowConfig } from './handler.ts';
import { queueConfig } from './queue.ts';
import type { Values } from './slice.ts';

export function messagingConfig(
  values: Parameters<typeof brokerConfig>[0] &
    Parameters<typeof queueConfig>[0] &
    Parameters<typeof flowConfig>[0],
): MessagingConfig {
  return {
    broker: brokerConfig(values),
    queue: queueConfig(values),
    flow: flowConfig(values),
  };
}

/** The lifetime of `serve` is that of its app. */
export function deliveryConfig(
  values: Values<'deliver'> & Omit<Parameters<typeof messagingConfig>[0], 'maxLifetime'>,
): DeliveryConfig | undefined {
  const { deliver: path } = values;
  if (path === undefined) return undefined;
  return { path, ...messagingConfig({ ...values, maxLifetime: undefined }) };
}
