// Where static and media files are served: `URL=DIR`, or no more than that they are.

import type { Mount } from './slices/files.ts';
import type { Parsed, Parser } from './option.ts';
import { onOff, urlPath } from './parsers.ts';

type Place = Omit<Mount, 'kind'>;

/** `named`: the variables STATIC_URL and so on say which. */
export type MountSpec =
  ({ readonly kind: 'place' } & Place) | { readonly kind: 'named' } | { readonly kind: 'none' };

/** `URL=DIR`, or a switch for the place that variables name. */
export const mount: Parser<MountSpec> = {
  shape: '[URL=DIR]',
  schema: { type: ['string', 'boolean'], pattern: '^/[^=]*[^=/][^=]*=.+' },
  parse: (text) => {
    const on = onOff.parse(text);
    if ('value' in on) return { value: { kind: on.value ? 'named' : 'none' } };
    const [, url, folder] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const place = placeOf(url, folder);
    return 'problem' in place ? place : { value: { kind: 'place', ...place.value } };
  },
};

/** What options say of one kind of files. */
export interface Said {
  readonly kind: Mount['kind'];
  readonly specs: readonly MountSpec[];
  /** What the variables name. */
  readonly url: string | undefined;
  readonly folder: string | undefined;
}

/** The mount of each spec, or what is wrong with the variables that should name it. */
export function mountsOf({ kind, specs, url, folder }: Said): readonly Parsed<Mount>[] {
  return specs
    .filter((spec) => spec.kind !== 'none')
    .map((spec): Parsed<Mount> => {
      if (spec.kind === 'place') return { value: { ...spec, kind } };
      const named = placeOf(url, folder);
      return 'problem' in named ? named : { value: { ...named.value, kind } };
    });
}

function placeOf(url = '', folder = ''): Parsed<Place> {
  const path = url.startsWith('/') ? urlPath.parse(url) : undefined;
  if (path === undefined || 'problem' in path || folder === '') {
    return { problem: 'is not a place for files: write URL=DIR, such as /static=public' };
  }
  return path.value === '/'
    ? { problem: 'would leave no request for the app: write a longer URL, such as /static=public' }
    : { value: { url: path.value, folder } };
}
