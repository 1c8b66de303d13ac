// `hurricane consume`: messages of a queue, handed to a handler.

import type { ConsumeConfig } from '../config/config.ts';
import { ConsumeCast } from './consume-cast.ts';
import type { Edge } from './edge.ts';
import { runToEnd, type Stage } from './run-to-end.ts';

/** Resolves with the exit code, at the end of the stop. */
export function consume(
  config: ConsumeConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const castOf = (stage: Stage): ConsumeCast => new ConsumeCast({ ...stage, config });
  return runToEnd({ config, warnings, castOf }, edge);
}
