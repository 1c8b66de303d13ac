// `hurricane prepare`: the startup commands, and no app behind them.

import type { PrepareConfig } from '../config/config.ts';
import type { Edge } from './edge.ts';
import { PrepareCast } from './prepare-cast.ts';
import { runToEnd, type Stage } from './run-to-end.ts';

/** Resolves with the exit code: 0 when all commands have succeeded. */
export function prepare(
  config: PrepareConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const castOf = (stage: Stage): PrepareCast => new PrepareCast({ ...stage, config });
  return runToEnd({ config, warnings, castOf }, edge);
}
