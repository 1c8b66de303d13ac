// How each language is started with its debugger: from the words of a program to other words. Pure.

import { basename } from 'node:path';

import type { DebuggingConfig } from '../config/slices/app.ts';
import { displayAddress } from '../http/reach.ts';
import { innerCommand } from '../process/command.ts';
import { isRunner } from '../process/wrappers.ts';

export type Preset =
  | {
      readonly kind: 'debugged';
      readonly words: readonly string[];
      /** Added to the environment. */
      readonly env: Readonly<Record<string, string>>;
      /** Ends with 0 when the debugger is installed; undefined where it is part of the language. */
      readonly question: readonly string[] | undefined;
      /** What is missing otherwise, and what to do about it. */
      readonly remedy: string;
    }
  /** One sentence with the remedy. */
  | { readonly kind: 'none'; readonly reason: string };

/** The program itself, behind `env` and entrypoint scripts, and what its name tells of it. */
interface Program {
  readonly word: string;
  readonly args: readonly string[];
  readonly debugging: DebuggingConfig;
}

type Language = (program: Program) => Preset;

const PAGE = 'docs/debugging.md';

/**
 * `words` begin with an interpreter and not with a script of it. Only what is named here gets other words,
 * never the programs that it starts: they would want the same port.
 */
export function presetFor(words: readonly string[], debugging: DebuggingConfig): Preset {
  const inner = innerCommand(words);
  const [word = '', ...args] = inner;
  const name = basename(word);
  const language = languages.find(([pattern]) => pattern.test(name))?.[1];
  if (language === undefined) {
    return none(`there is no debugger for ${name}: start it with its own, as ${PAGE} shows`);
  }
  const preset = language({ word, args, debugging });
  if (preset.kind === 'none') return preset;
  return { ...preset, words: [...words.slice(0, words.length - inner.length), ...preset.words] };
}

const languages: readonly (readonly [name: RegExp, language: Language])[] = [
  [/^node(js)?$/, node],
  [/^(python|pypy)[\d.]*$/, python],
  [/^ruby[\d.]*$/, ruby],
  [/^java$/, java],
  [/^php[\d.]*$/, php],
];

/** The children of a program that got this by NODE_OPTIONS would all ask for the same port. */
function node({ word, args, debugging }: Program): Preset {
  if (debugging.kind === 'connect') return listensOnly('the inspector of Node');
  const [script = ''] = args;
  if (isRunner(basename(script))) {
    return none(
      `${basename(script)} starts the app, and the debugger would be its own: ` +
        'write what its script runs, such as: -- node server.js',
    );
  }
  return debugged([word, `--inspect=${displayAddress(debugging)}`, ...args]);
}

function python({ word, args, debugging }: Program): Preset {
  const { flags, rest } = pythonArguments(args);
  if (rest.length === 0) return none(`${word} is given no program that could be debugged`);
  const interpreter = [word, ...flags];
  const address = displayAddress(debugging);
  if (debugging.kind === 'listen') {
    return debugged(
      // Without the flag the debugger of 3.11 and later misses breakpoints, and says so.
      [...interpreter, '-Xfrozen_modules=off', '-m', 'debugpy', '--listen', address, ...rest],
      pythonNeeds(interpreter, ['debugpy'], 'debugpy is not installed: pip install debugpy'),
    );
  }
  return debugged(
    [...interpreter, '-c', RUN_DIAL_OUT, debugging.host, `${debugging.port}`, ...rest],
    {
      env: { HURRICANE_DIAL_OUT: DIAL_OUT },
      ...pythonNeeds(
        interpreter,
        ['pydevd_pycharm', 'pydevd'],
        'pydevd is not installed: pip install pydevd-pycharm, in the version of your PyCharm',
      ),
    },
  );
}

function pythonNeeds(interpreter: readonly string[], modules: readonly string[], remedy: string) {
  const code = `import sys
from importlib.util import find_spec
sys.exit(not any(find_spec(name) for name in ${JSON.stringify(modules)}))`;
  return { question: [...interpreter, '-c', code], remedy };
}

/** As the interpreter reads them: its own flags, then a script, or `-m MODULE`, or `-c CODE`. */
function pythonArguments(args: readonly string[]): { flags: string[]; rest: string[] } {
  const flags: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const behind = args.slice(index + 1);
    const [, before = '', last, value = ''] = /^-([bBdEiIOPqsSuvx]*)([mc])(.*)$/.exec(arg) ?? [];
    if (last !== undefined) {
      if (before !== '') flags.push(`-${before}`);
      return { flags, rest: [`-${last}`, ...(value === '' ? [] : [value]), ...behind] };
    }
    if (!arg.startsWith('-')) return { flags, rest: [arg, ...behind] };
    if (arg === '-') return { flags, rest: [] };
    flags.push(arg);
    if (/^-[WX]$/.test(arg)) flags.push(args[(index += 1)] ?? '');
  }
  return { flags, rest: [] };
}

/** So that neither the log nor a list of processes shows all of it. */
const RUN_DIAL_OUT = "import os; exec(os.environ['HURRICANE_DIAL_OUT'])";

/** The app runs on whether or not somebody answers; it is not halted when somebody does. */
const DIAL_OUT = `import inspect, os, runpy, sys
host, port, *words = sys.argv[1:]
try:
    try:
        import pydevd_pycharm as debugger
    except ImportError:
        import pydevd as debugger
    accepted = inspect.signature(debugger.settrace).parameters
    more = {'wait_for_ready_to_run': False} if 'wait_for_ready_to_run' in accepted else {}
    debugger.settrace(host, port=int(port), suspend=False, stdoutToServer=True, stderrToServer=True, **more)
except (Exception, SystemExit) as error:
    print(f'the debugger did not connect to {host}:{port}: {error!r}', file=sys.stderr)
if words[0] == '-m':
    sys.argv = words[1:]
    runpy.run_module(words[1], run_name='__main__', alter_sys=True)
elif words[0] == '-c':
    sys.argv = ['-c', *words[2:]]
    exec(words[1], {'__name__': '__main__'})
else:
    sys.argv = words
    sys.path[0] = os.path.dirname(os.path.realpath(words[0]))
    runpy.run_path(words[0], run_name='__main__')`;

function ruby({ word, args, debugging }: Program): Preset {
  if (debugging.kind === 'connect') return listensOnly('the debugger of Ruby');
  return debugged([word, '-rdebug/open_nonstop', ...args], {
    env: { RUBY_DEBUG_HOST: debugging.host, RUBY_DEBUG_PORT: `${debugging.port}` },
    question: [word, '-rdebug/version', '-e', ''],
    remedy: 'debug is not installed: gem install debug, or add it to the Gemfile',
  });
}

function java({ word, args, debugging }: Program): Preset {
  // A JVM that cannot connect does not start, and only a connect would tell.
  if (debugging.kind === 'connect') return listensOnly('the debugger of Java');
  const agent = `transport=dt_socket,server=y,suspend=n,address=${displayAddress(debugging)}`;
  return debugged([word, `-agentlib:jdwp=${agent}`, ...args], {
    question: [word, '-agentlib:jdwp=help'],
    remedy: 'this Java was made without jdk.jdwp.agent: add that module to it',
  });
}

/** It connects at each request. */
function php({ word, args, debugging }: Program): Preset {
  if (debugging.kind === 'listen') {
    return none('Xdebug connects to the IDE: use --debugger-connect HOST:PORT instead');
  }
  const { host, port } = debugging;
  const settings = {
    mode: 'debug',
    start_with_request: 'yes',
    client_host: host,
    client_port: port,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-dxdebug.${name}=${value}`);
  return debugged([word, ...flags, ...args], {
    question: [word, '-r', "exit(extension_loaded('xdebug') ? 0 : 1);"],
    remedy: 'Xdebug is not installed: pecl install xdebug, or the package php-xdebug',
  });
}

function debugged(
  words: readonly string[],
  more: Partial<Extract<Preset, { kind: 'debugged' }>> = {},
): Preset {
  return { kind: 'debugged', words, env: {}, question: undefined, remedy: '', ...more };
}

function listensOnly(debuggerName: string): Preset {
  return none(`${debuggerName} can only listen: use --debugger instead of --debugger-connect`);
}

function none(reason: string): Preset {
  return { kind: 'none', reason };
}
