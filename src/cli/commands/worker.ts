// `hurricane worker`: a program without HTTP behind probes and an ordered stop.

import type { work } from '../../app/worker.ts';
import { loadWorkerConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runRunning } from '../running.ts';
import { appCommandProblems } from '../supervising.ts';

const example = 'hurricane worker -- celery --app tasks worker';

export function workerCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const running = {
    command: 'worker',
    load: loadWorkerConfig,
    problems: (given: Invocation) => appCommandProblems('worker', example, given),
    run: async (...args: Parameters<typeof work>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/worker.ts');
      return app.work(...args);
    },
  } as const;
  return runRunning(running, invocation, edge);
}
