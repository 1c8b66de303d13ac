// `hurricane worker`: a program that nobody hands requests to.

import type { SupervisingConfig } from '../config/config.ts';
import { AppCast } from './app-cast.ts';
import type { Edge } from './edge.ts';
import { runToEnd, type Stage } from './run-to-end.ts';

/** Resolves with the exit code, at the end of the program or of the stop. */
export function work(
  config: SupervisingConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const intakes = { frontOf: undefined, deliveryOf: undefined };
  const castOf = (stage: Stage): AppCast => new AppCast({ ...stage, config, ...intakes });
  return runToEnd({ config, warnings, castOf }, edge);
}
