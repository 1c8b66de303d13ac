// The command line that somebody probably meant who forgot `--`.

import { rows } from '../config/options.ts';
import { joinWords } from '../config/words.ts';
import { maskCredentials } from '../core/mask-credentials.ts';

const secretFlags = rows.filter(({ secret }) => secret).map(({ name }) => `--${name}`);

/** Never shows a secret: of our options none, and of the app nothing from a secret option of ours on. */
export function commandLineMeant(
  command: string,
  options: readonly string[],
  app: readonly string[],
): string {
  const secret = app.findIndex((word) => secretFlags.includes(word.split('=', 1)[0] ?? ''));
  const shown = maskCredentials(joinWords(secret === -1 ? app : app.slice(0, secret)));
  const given = options.length > 0 || secret !== -1 ? '[options] ' : '';
  return `hurricane ${command} ${given}-- ${shown}`;
}
