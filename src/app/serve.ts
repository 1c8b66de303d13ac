// `hurricane serve`: an app that requests are handed to.

import type { ServeConfig } from '../config/config.ts';
import type { Edge } from './edge.ts';
import { HttpFront } from './http-front.ts';
import { supervise } from './supervise.ts';

/** Resolves with the exit code, at the end of the app or of the stop. */
export function serve(
  config: ServeConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  return supervise({ config, warnings, frontOf: (behind) => new HttpFront(config, behind) }, edge);
}
