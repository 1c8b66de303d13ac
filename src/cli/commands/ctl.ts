// `hurricane ctl status|reload|restart|drain|undrain`: talks to a hurricane that runs on this machine.

import type { ControlAnswer, Question } from '../../app/ask-control.ts';
import type { Status } from '../../app/status.ts';
import { loadCtlConfig } from '../../config/load.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { formatStatus } from '../format-status.ts';
import { reportProblems, reportUsage, reportWarnings } from '../report.ts';

export const questions = [
  'status',
  'reload',
  'restart',
  'drain',
  'undrain',
] as const satisfies readonly Question[];

/** What says which hurricane is meant. */
const naming: ReadonlySet<string> = new Set(['control-socket', 'probe-port', 'port']);

/** Exit code 0 when it was done, 1 when it was not, 69 when nobody answers, 77 when we may not ask. */
export async function ctlCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const { flags, words, appCommand } = invocation;
  const [word = '', surplus] = [...words, ...(appCommand ?? [])];
  const question = questions.find((name) => name === word);
  if (question === undefined || surplus !== undefined) {
    return reportUsage(`ctl needs one word: ${questions.join(', ')}`, edge);
  }
  const { config, entries, problems, warnings } = await loadCtlConfig({
    ...edge,
    flags,
    appCommand: [],
    problems: [],
  });
  if (config === undefined) return reportProblems('ctl', problems, edge);
  reportWarnings(warnings, edge);
  const { askControl, othersThere } = await import('../../app/ask-control.ts');
  const isNamed = entries.some(
    ({ name, origin }) => naming.has(name) && origin.layer !== 'default',
  );
  const found = isNamed || question !== 'status' ? [] : await othersThere(config.controlSocket);
  if (found.length > 1) {
    const list = found.map(({ path, state }) => `  ${path}: ${state}\n`).join('');
    edge.printError(`hurricane: several run here, name one with --control-socket:\n${list}`);
    return 1;
  }
  const answer = await askControl(found[0]?.path ?? config.controlSocket, question);
  if (config.json) edge.print(`${JSON.stringify(answer.body)}\n`);
  else show(question, answer, edge);
  return answer.done ? 0 : 1;
}

function show(question: Question, { done, body }: ControlAnswer, edge: CliEdge): void {
  if (question === 'status' && done) {
    edge.print(formatStatus(body as unknown as Status, new Date(), edge.stdout.isTerminal));
  } else if (done) edge.print(`${String(body['text'])}\n`);
  else edge.printError(`hurricane: no ${question}: ${String(body['text'] ?? body['error'])}\n`);
}
