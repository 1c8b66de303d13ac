// `hurricane completion bash|zsh|fish`: a script for the shell, made from the option table.

import { completionScript, isShell, shells } from '../completion-scripts.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { reportUsage } from '../report.ts';

export function completionCommand({ words, flags }: Invocation, edge: CliEdge): Promise<number> {
  const [shell = ''] = words;
  const [flag] = flags.keys();
  if (flag !== undefined) {
    return Promise.resolve(reportUsage(`completion has no options: remove --${flag}`, edge));
  }
  if (words.length !== 1 || !isShell(shell)) {
    const message = `completion needs the name of a shell: ${shells.join(', ')}`;
    return Promise.resolve(reportUsage(message, edge));
  }
  edge.print(completionScript(shell));
  return Promise.resolve(0);
}
