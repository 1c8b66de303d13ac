// Which of the files that were compressed beforehand a client may get. The only importer of negotiator.

import type { IncomingMessage } from 'node:http';

/** What stands behind the name of a file for its encoding, the smallest first. */
const suffixes: ReadonlyMap<string, string> = new Map([
  ['br', '.br'],
  ['gzip', '.gz'],
]);

export interface Encoding {
  readonly name: string;
  readonly suffix: string;
}

/** Its published types lack what decides between those that a client takes equally gladly. */
interface WithPreference {
  encodings(available: string[], options: { readonly preferred: readonly string[] }): string[];
}

/** The encodings that the client takes at least as gladly as none, in the order in which to look for them. */
export async function encodingsFor({
  headers,
}: Pick<IncomingMessage, 'headers'>): Promise<readonly Encoding[]> {
  if (headers['accept-encoding'] === undefined) return [];
  const { default: Negotiator } = await import('negotiator');
  const known = [...suffixes.keys()];
  const negotiator = new Negotiator({ headers }) as WithPreference;
  const accepted = negotiator.encodings([...known, 'identity'], { preferred: known });
  const identity = accepted.indexOf('identity');
  return accepted.slice(0, identity === -1 ? undefined : identity).flatMap((name) => {
    const suffix = suffixes.get(name);
    return suffix === undefined ? [] : [{ name, suffix }];
  });
}
