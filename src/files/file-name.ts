// From the path of a URL to the name of a file below a folder. Pure.

/** The names from the folder down to the file; why there is no such file otherwise. */
export type FileName =
  | { readonly kind: 'name'; readonly segments: readonly [string, ...string[]] }
  | { readonly kind: 'malformed' }
  /** Nobody's business, or nothing that could be a file. */
  | { readonly kind: 'hidden' };

/**
 * `path` is what stands behind the URL of the folder, still percent-encoded. Decoded once; whatever leads out
 * of the folder begins with a dot, and no name does.
 */
export function fileName(path: string): FileName {
  const decoded = decode(path);
  if (decoded === undefined || decoded.includes('\0')) return { kind: 'malformed' };
  const names = decoded.split('/');
  // What ends in a slash is a folder.
  if (names.at(-1) === '') return { kind: 'hidden' };
  const [first, ...rest] = names.filter((name) => name !== '');
  if (first === undefined || [first, ...rest].some((name) => name.startsWith('.'))) {
    return { kind: 'hidden' };
  }
  return { kind: 'name', segments: [first, ...rest] };
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // a percent sign without its two digits, or bytes that are not UTF-8
  }
}
