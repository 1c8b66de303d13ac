// The development broker, for what RabbitMQ does not do when asked.

import type { TestContext } from 'node:test';

import { DevelopmentBroker } from '../../scripts/development-broker/broker.ts';

/** Stopped after the test. */
export async function useDevelopmentBroker(t: TestContext): Promise<DevelopmentBroker> {
  const broker = new DevelopmentBroker();
  await broker.start();
  t.after(() => broker.stop());
  return broker;
}
