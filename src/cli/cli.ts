// The command line: which command, its tokens, its exit code. The only importer of yargs' tokenizer.

import Parser from 'yargs-parser';

import { closest } from '../lib/closest.ts';
import { rows } from '../config/options.ts';
import type { CliEdge, Invocation, RunCommand } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { consumeCommand } from './commands/consume.ts';
import { ctlCommand } from './commands/ctl.ts';
import { initCommand, initHelp } from './commands/init.ts';
import { installCommand, installHelp } from './commands/install.ts';
import { prepareCommand } from './commands/prepare.ts';
import { probeCommand } from './commands/probe.ts';
import { serveCommand } from './commands/serve.ts';
import { workerCommand } from './commands/worker.ts';
import { allOptions, overview, welcome } from './help.ts';
import { commandLineMeant } from './meant.ts';
import { oneDash } from './one-dash.ts';
import { reportError, reportUsage } from './report.ts';

const commands = {
  serve: serveCommand,
  worker: workerCommand,
  consume: consumeCommand,
  prepare: prepareCommand,
  check: checkCommand,
  probe: probeCommand,
  ctl: ctlCommand,
  init: initCommand,
  install: installCommand,
  completion: completionCommand,
} as const satisfies Record<string, RunCommand>;

const withValue = rows
  .filter(({ flag }) => !flag)
  .flatMap(({ name, alias }) => (alias ? [name, alias] : [name]));

const helpFlags = ['help', 'help-all', 'h', 'version'];

/** Runs the command to its end and resolves with the exit code. Never rejects. */
export async function run(argv: readonly string[], edge: CliEdge): Promise<number> {
  try {
    return await dispatch(argv, edge);
  } catch (error) {
    return reportError(error, edge);
  }
}

async function dispatch([word, ...rest]: readonly string[], edge: CliEdge): Promise<number> {
  if (word === undefined) return printed(welcome(edge.version), edge);
  if (word === '--help' || word === '-h' || word === 'help') {
    return printed(overview(edge.columns), edge);
  }
  if (word === '--help-all') return printed(allOptions('serve', edge.columns), edge);
  if (word === '--version') return printed(`${edge.version}\n`, edge);
  if (!isCommand(word)) return reportUsage(unknownCommand(word, rest), edge);
  const end = rest.indexOf('--');
  const slip = oneDash(rest.slice(0, end === -1 ? undefined : end), haltsAtWord(word));
  if (slip !== undefined) return reportUsage(`${slip} needs two dashes: write -${slip}`, edge);
  const invocation = tokenise(word, rest);
  return help(word, invocation, edge) ?? commands[word](invocation, edge);
}

function isCommand(word: string): word is keyof typeof commands {
  return Object.hasOwn(commands, word);
}

function printed(text: string, { print }: CliEdge): number {
  print(text);
  return 0;
}

function help(command: keyof typeof commands, { flags }: Invocation, edge: CliEdge) {
  if (flags.has('version')) return printed(`${edge.version}\n`, edge);
  const asked = flags.has('help') || flags.has('h');
  if (!asked && !flags.has('help-all')) return undefined;
  if (command === 'init') return printed(initHelp, edge);
  if (command === 'install') return printed(installHelp, edge);
  const short = (asked && command === 'serve') || command === 'completion';
  const text = short ? overview(edge.columns) : allOptions(command, edge.columns);
  return printed(text, edge);
}

function unknownCommand(word: string, rest: readonly string[]): string {
  const guess = closest(word, Object.keys(commands));
  if (guess !== undefined) return `${word} is not a command: did you mean ${guess}?`;
  const end = [word, ...rest].indexOf('--');
  if (word.startsWith('-') && end !== 0) {
    const [flag] = word.split('=', 1);
    return `${flag} stands before the command: write hurricane serve ${flag} …`;
  }
  const app = end === -1 ? [word, ...rest] : rest.slice(end);
  return `${word} is not a command: did you mean: ${commandLineMeant('serve', [], app)}`;
}

/** `serve node app.js --inspect`: behind the first word it is the app's, -- forgotten or not. */
function haltsAtWord(command: string): boolean {
  return command === 'serve' || command === 'worker';
}

/** Splits into flags, words and the app's command. The app's own flags are never looked at. */
function tokenise(command: string, args: readonly string[]): Invocation {
  const end = args.indexOf('--');
  const own = withNegatives(args.slice(0, end === -1 ? undefined : end));
  const { _: words, ...flags } = Parser(own, {
    string: [...withValue, 'lang'],
    boolean: [...rows.filter(({ flag }) => flag).map(({ name }) => name), ...helpFlags],
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'halt-at-non-option': haltsAtWord(command),
    },
  });
  return {
    flags: new Map(Object.entries(flags).map(([name, value]) => [name, textsOf(value)])),
    options: own.slice(0, own.length - words.length),
    words: words.map(String),
    appCommand: end === -1 ? undefined : args.slice(end + 1),
  };
}

/** `--drain-delay -1s` has a value, a wrong one, and no short flags -1 and -s. */
function withNegatives(args: readonly string[]): string[] {
  const negative = (index: number): boolean =>
    /^-\d/.test(args[index] ?? '') && withValue.some((name) => `--${name}` === args[index - 1]);
  return args.flatMap((arg, index) => {
    if (negative(index)) return [];
    return negative(index + 1) ? [`${arg}=${args[index + 1] ?? ''}`] : [arg];
  });
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
