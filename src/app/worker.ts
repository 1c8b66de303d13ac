// `hurricane worker`: a program that nobody hands requests to.

import type { SupervisingConfig } from '../config/config.ts';
import type { Edge } from './edge.ts';
import { supervise } from './supervise.ts';

/** Resolves with the exit code, at the end of the program or of the stop. */
export function work(
  config: SupervisingConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  return supervise({ config, warnings, frontOf: undefined }, edge);
}
