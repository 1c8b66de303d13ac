// `hurricane serve`: an app that requests are handed to, and messages if it is told so.

import type { ServeConfig } from '../config/config.ts';
import type { DeliveryConfig } from '../config/slices/messages.ts';
import { AppCast, type BehindDelivery } from './app-cast.ts';
import type { Delivery } from './delivery.ts';
import type { Edge } from './edge.ts';
import type { Behind } from './front.ts';
import { HttpFront } from './http-front.ts';
import { runToEnd, type Stage } from './run-to-end.ts';

/** Resolves with the exit code, at the end of the app or of the stop. */
export async function serve(
  config: ServeConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const frontOf = (behind: Behind): HttpFront => new HttpFront(config, behind, edge.cwd);
  const deliveryOf = config.delivery && (await deliveriesOf(config.delivery));
  const castOf = (stage: Stage): AppCast => new AppCast({ ...stage, config, frontOf, deliveryOf });
  return runToEnd({ config, warnings, castOf }, edge);
}

/** What only messages need is loaded only for them. */
async function deliveriesOf(config: DeliveryConfig): Promise<(behind: BehindDelivery) => Delivery> {
  const { Delivery } = await import('./delivery.ts');
  const { transportOf } = await import('./transport-of.ts');
  const transport = await transportOf(config);
  return (behind) => new Delivery({ ...behind, config, transport });
}
