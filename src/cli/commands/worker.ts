// `hurricane worker`: a program without HTTP behind probes and an ordered stop.

import type { work } from '../../app/worker.ts';
import { loadWorkerConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runSupervising } from '../supervising.ts';

export function workerCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const working = {
    command: 'worker',
    example: 'hurricane worker -- celery --app tasks worker',
    load: loadWorkerConfig,
    run: async (...args: Parameters<typeof work>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/worker.ts');
      return app.work(...args);
    },
  } as const;
  return runSupervising(working, invocation, edge);
}
