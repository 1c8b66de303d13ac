// Which fields end at this hop (RFC 9110, 7.6.1).

/** Lower-case name; `Trailer` is decided by the framing of the next hop. */
export function isHopByHop(name: string): boolean {
  switch (name) {
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'proxy-authenticate':
    case 'proxy-authorization':
    case 'te':
    case 'transfer-encoding':
    case 'upgrade':
      return true;
    default:
      return false;
  }
}

/**
 * The fields that a Connection field names besides its own words, in lower case. Framing and Host
 * cannot be named away: the next hop would read another request than we did.
 */
export function namedByConnection(value: string): ReadonlySet<string> | undefined {
  // By far the most frequent values, without the cost of a set.
  if (value === '' || value === 'keep-alive' || value === 'close') return undefined;
  const names = value
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && !kept.has(word));
  return names.length === 0 ? undefined : new Set(names);
}

const kept = new Set(['close', 'keep-alive', 'upgrade', 'host', 'content-length']);

/** A raw list of fields (name, value, name, value …) without those named. */
export function withoutFields(raw: readonly string[], names: ReadonlySet<string>): string[] {
  const rest: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!names.has(name.toLowerCase())) rest.push(name, raw[i + 1] ?? '');
  }
  return rest;
}
