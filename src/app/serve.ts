// `hurricane serve`: an app that requests are handed to.

import type { ServeConfig } from '../config/config.ts';
import { AppCast } from './app-cast.ts';
import type { Edge } from './edge.ts';
import type { Behind } from './front.ts';
import { HttpFront } from './http-front.ts';
import { runToEnd, type Stage } from './run-to-end.ts';

/** Resolves with the exit code, at the end of the app or of the stop. */
export function serve(
  config: ServeConfig,
  warnings: readonly string[],
  edge: Edge,
): Promise<number> {
  const frontOf = (behind: Behind): HttpFront => new HttpFront(config, behind);
  const castOf = (stage: Stage): AppCast => new AppCast({ ...stage, config, frontOf });
  return runToEnd({ config, warnings, castOf }, edge);
}
