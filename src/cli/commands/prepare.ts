// `hurricane prepare`: what comes before an app, once for all pods.

import type { prepare } from '../../app/prepare.ts';
import { loadPrepareConfig } from '../../config/load.ts';
import { usageProblem, type Problem } from '../../config/problem.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runRunning } from '../running.ts';

export function prepareCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const running = {
    command: 'prepare',
    load: loadPrepareConfig,
    problems: surplusWords,
    run: async (...args: Parameters<typeof prepare>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/prepare.ts');
      return app.prepare(...args);
    },
  } as const;
  return runRunning(running, invocation, edge);
}

/** Nothing is started behind the commands: an app there is a mistake. */
function surplusWords({ words, appCommand = [] }: Invocation): readonly Problem[] {
  const [surplus] = [...words, ...appCommand];
  if (surplus === undefined) return [];
  return [usageProblem(`prepare starts no app, and takes no "${surplus}": remove it`)];
}
