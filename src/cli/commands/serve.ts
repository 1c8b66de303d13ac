// `hurricane serve`: an app behind probes, proxy and ordered stop.

import type { serve } from '../../app/serve.ts';
import { loadServeConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runSupervising } from '../supervising.ts';

export function serveCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const serving = {
    command: 'serve',
    example: 'hurricane serve -- node app.js',
    load: loadServeConfig,
    run: async (...args: Parameters<typeof serve>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/serve.ts');
      return app.serve(...args);
    },
  } as const;
  return runSupervising(serving, invocation, edge);
}
