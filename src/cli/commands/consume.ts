// `hurricane consume`: messages of a queue for a handler.

import type { consume } from '../../app/consume.ts';
import { loadConsumeConfig } from '../../config/load.ts';
import { usageProblem, type Problem } from '../../config/problem.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { runRunning } from '../running.ts';

export function consumeCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const running = {
    command: 'consume',
    load: loadConsumeConfig,
    problems: wordProblems,
    run: async (...args: Parameters<typeof consume>) => {
      // What a wrong configuration never gets to need is loaded only now.
      const app = await import('../../app/consume.ts');
      return app.consume(...args);
    },
  } as const;
  return runRunning(running, withHandler(invocation), edge);
}

/** `hurricane consume handler.mjs`: the first word is the handler, as a flag would be. */
function withHandler(invocation: Invocation): Invocation {
  const { flags, words } = invocation;
  const [handler] = words;
  if (handler === undefined || flags.has('handler')) return invocation;
  return {
    ...invocation,
    flags: new Map([...flags, ['handler', [handler]]]),
    words: words.slice(1),
  };
}

function wordProblems({ words, appCommand }: Invocation): readonly Problem[] {
  const [surplus] = [...words, ...(appCommand ?? [])];
  if (surplus === undefined) return [];
  return [usageProblem(`consume takes no "${surplus}" besides its one handler: remove it`)];
}
