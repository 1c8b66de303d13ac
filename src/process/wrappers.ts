// Programs that stay between us and the app, and keep signals and exit codes to themselves.

import { basename } from 'node:path';

import { displayCommand, innermostCommand } from './command.ts';

/** One sentence with the remedy; undefined when the words give no reason to worry. */
export function wrapperWarning(command: readonly string[]): string | undefined {
  const words = innermostCommand(command);
  const name = basename(words[0] ?? '');
  const unread = shells.includes(name)
    ? undefined
    : words.find((word) => /^\$\{?PORT\}?$/.test(word));
  if (unread !== undefined) {
    return `no shell reads ${unread}, so the app is given it as it stands: write {port} instead`;
  }
  if (isRunner(name)) {
    return (
      `${name} stays between hurricane and the app: signals that the app handles end ${name} or come twice, ` +
      `and the exit code is that of ${name}: write what its script runs, such as: -- node server.js`
    );
  }
  const better = stayingShells.includes(name) ? withExec(words) : undefined;
  if (better === undefined) return undefined;
  const before = command.slice(0, command.length - words.length);
  return (
    `${name} -c stays between hurricane and the app: signals that the app handles end the shell, ` +
    `and the exit code is that of the shell: write exec in front of the app: -- ${displayCommand([...before, ...better])}`
  );
}

/** npm and its kin, which start what a script of package.json names. */
export function isRunner(name: string): boolean {
  return runners.includes(name);
}

const runners = ['npm', 'npx', 'yarn', 'yarnpkg', 'pnpm', 'pnpx'];

/** The others become the last program of a line by themselves. */
const stayingShells = ['sh', 'dash', 'ash', 'fish'];
const shells = [...stayingShells, 'bash', 'zsh', 'ksh'];

/** Who writes one of these knows what the shell does with signals, or has a program in the shell itself. */
const deliberate = ['exec', 'trap', 'wait', 'for', 'while', 'until', 'if', 'case', 'function'];
const builtins = [
  '.',
  ':',
  'cd',
  'echo',
  'exit',
  'export',
  'read',
  'return',
  'set',
  'true',
  'false',
];

/** `sh -c 'a && b'` as `sh -c 'a && exec b'`; undefined unless it is one plain line of commands. */
function withExec(words: readonly string[]): readonly string[] | undefined {
  const place = words.findIndex((word, index) => index > 0 && !/^-[a-z]+$/.test(word));
  const line = words[place];
  if (line === undefined || !words[place - 1]?.endsWith('c')) return undefined;
  const plain = blanked(line);
  if (/[|&(){}`\n]/.test(plain)) return undefined;
  const programs = plain.split(';').map((command) => command.replace(/^\s*(\w+=\S*\s+)*/, ''));
  const [last = ''] = programs.slice(-1);
  if (programs.some((program) => deliberate.includes(firstWord(program)))) return undefined;
  if (last === '' || builtins.includes(firstWord(last))) return undefined;
  const start = line.length - last.length;
  return words.with(place, `${line.slice(0, start)}exec ${line.slice(start)}`);
}

function firstWord(text: string): string {
  return /^\S*/.exec(text)?.[0] ?? '';
}

/** Of the same length: what is quoted as `"`, a redirection as `>`, each of `&&` and `||` as `;;`. */
function blanked(line: string): string {
  const fill = (sign: string) => (text: string) => sign.repeat(text.length);
  return line
    .replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$\{\w+\}/g, fill('"'))
    .replaceAll(/[<>]&[\d-]/g, fill('>'))
    .replaceAll(/&&|\|\|/g, fill(';'));
}
