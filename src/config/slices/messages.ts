// Slices: all that messages need, for a command of their own and beside an app.

import { brokerConfig, type BrokerConfig } from './broker.ts';
import { flowConfig, type FlowConfig } from './handler.ts';
import { queueConfig, type QueueConfig } from './queue.ts';
import type { Values } from './slice.ts';

/** Where messages come from, and how they go through what handles them. */
export interface MessagingConfig {
  readonly broker: BrokerConfig;
  readonly queue: QueueConfig;
  readonly flow: FlowConfig;
}

export interface DeliveryConfig extends MessagingConfig {
  /** What is asked of the app for each message, query included. */
  readonly path: string;
}

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
