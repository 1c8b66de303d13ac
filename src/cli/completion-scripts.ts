// The table as completion scripts: commands, their flags, and the values that are known.

import type { CommandName, Option } from '../config/option.ts';
import { rows } from '../config/options.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function isShell(word: string): word is Shell {
  return shells.some((shell) => shell === word);
}

/** To be sourced by the shell: `source <(hurricane completion bash)`. */
export function completionScript(shell: Shell): string {
  return scripts[shell]();
}

const commandWords: Readonly<Record<string, readonly string[]>> = {
  serve: [],
  worker: [],
  consume: [],
  prepare: [],
  check: [],
  probe: ['startup', 'ready', 'alive'],
  ctl: ['status', 'reload', 'restart', 'drain', 'undrain'],
  init: ['--lang'],
  install: [],
  completion: shells,
};

const summaries: Readonly<Record<string, string>> = {
  serve: 'run an app behind probes, proxy and ordered stop',
  worker: 'run a program without HTTP behind probes and an ordered stop',
  consume: 'hand messages of a queue to a handler',
  prepare: 'run the startup commands without an app',
  check: 'run the configured checks once',
  probe: 'ask a probe',
  ctl: 'talk to a running hurricane',
  init: 'write the first files of a project',
  install: 'copy this hurricane into a volume',
  completion: 'print a completion script',
};

const scripts: Record<Shell, () => string> = { bash, zsh, fish };

type Row = Option & { readonly name: string };

function optionsOf(command: string): readonly Row[] {
  return rows.filter(({ on }) => on.includes(command as CommandName));
}

function bash(): string {
  const cases = Object.entries(commandWords).map(([command, words]) => {
    const all = [...words, ...optionsOf(command).map(({ name }) => `--${name}`)];
    return `    ${command}) words='${all.join(' ')}' ;;`;
  });
  const values = rows.filter(({ parser, flag }) => parser.choices && !flag);
  const files = rows.filter(({ parser }) => parser.isFile).map(({ name }) => `--${name}`);
  return `_hurricane() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    # Behind -- is a command of its own.
    [[ \${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -f -- "$word")); return; }
  done
  case $before in
${values.map(({ name, parser }) => `    --${name}) words='${parser.choices?.join(' ') ?? ''}' ;;`).join('\n')}
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [[ -z $words ]]; then case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac; fi
  ((COMP_CWORD == 1)) && words='${Object.keys(commandWords).join(' ')} --help --help-all --version'
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _hurricane hurricane
`;
}

function zsh(): string {
  const cases = Object.entries(commandWords).map(([command, words]) => {
    const specs = [
      ...words.slice(0, 1).map(() => quoteZsh(`1:what:(${words.join(' ')})`)),
      ...optionsOf(command).map((row) => quoteZsh(zshSpec(row))),
    ];
    const app = command === 'serve' || command === 'worker' ? " '*:: :_normal'" : '';
    return `    ${command}) _arguments ${specs.join(' ')}${app} ;;`;
  });
  const described = Object.entries(summaries).map(([name, text]) => quoteZsh(`${name}:${text}`));
  return `#compdef hurricane
_hurricane() {
  local -a commands=(${described.join(' ')})
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join('\n')}
  esac
}
compdef _hurricane hurricane
`;
}

function zshSpec({ name, help, flag, list, parser }: Row): string {
  const text = help.replaceAll(/[[\]:]/g, String.raw`\$&`);
  const value = parser.isFile ? '_files' : parser.choices ? `(${parser.choices.join(' ')})` : ' ';
  return `${list ? '*' : ''}--${name}${flag ? '' : '='}[${text}]${flag ? '' : `:value:${value}`}`;
}

function quoteZsh(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fish(): string {
  const none = `not __fish_seen_subcommand_from ${Object.keys(commandWords).join(' ')}`;
  const lines = Object.entries(commandWords).flatMap(([command, words]) => [
    `complete -c hurricane -n '${none}' -f -a ${command} -d ${quoteFish(summaries[command] ?? '')}`,
    ...words.map((word) => `complete -c hurricane -n '${seen(command)}' -f -a ${word}`),
    ...optionsOf(command).map((row) => fishOption(command, row)),
  ]);
  return `${lines.join('\n')}\n`;
}

function fishOption(command: string, { name, help, flag, parser }: Row): string {
  const choices = parser.choices ? ` -a '${parser.choices.join(' ')}'` : '';
  const value = flag ? '' : parser.isFile ? ' -r -F' : ` -x${choices}`;
  return `complete -c hurricane -n '${seen(command)}' -l ${name}${value} -d ${quoteFish(help)}`;
}

function seen(command: string): string {
  return `__fish_seen_subcommand_from ${command}`;
}

function quoteFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
