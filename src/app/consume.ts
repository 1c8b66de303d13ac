// `hurricane consume`: messages of a queue, handed to a handler.

import type { ConsumeConfig } from '../config/config.ts';
import { ConsumeCast } from './consume-cast.ts';
import type { Edge } from './edge.ts';
import { runToEnd, type Stage } from './run-to-end.ts';
import { transportOf } from './transport-of.ts';

/** Resolves with the exit code, at the end of the stop. */
export async function consume(
  config: ConsumeConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const transport = await transportOf(config);
  const castOf = (stage: Stage): ConsumeCast => new ConsumeCast({ ...stage, config, transport });
  return runToEnd({ config, warnings, castOf }, edge);
}
