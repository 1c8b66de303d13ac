// `-grace-period 5s`: an option with one dash, which would be as many short ones as it has letters.

import { rows } from '../config/options.ts';

const takesValue = new Set(rows.filter(({ flag }) => !flag).map(({ name }) => `--${name}`));

/** The first of them; what is the app's is not looked at. */
export function oneDash(args: readonly string[], haltsAtWord: boolean): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (/^-[A-Za-z][\w-]/.test(arg)) return arg.replace(/=.*/s, '');
    if (haltsAtWord && !arg.startsWith('-')) return undefined;
    if (takesValue.has(arg)) at += 1;
  }
  return undefined;
}
