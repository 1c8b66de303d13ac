// `hurricane serve`: an app behind probes, proxy and ordered stop.

import type { serve } from '../../app/serve.ts';
import { loadServeConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runRunning } from '../running.ts';
import { appCommandProblems } from '../supervising.ts';

const example = 'hurricane serve -- node app.js';

export function serveCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const running = {
    command: 'serve',
    load: loadServeConfig,
    problems: (given: Invocation) => appCommandProblems('serve', example, given),
    run: async (...args: Parameters<typeof serve>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/serve.ts');
      return app.serve(...args);
    },
  } as const;
  return runRunning(running, invocation, edge);
}
