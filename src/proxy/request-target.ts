// The four forms of a request target (RFC 9112, 3.2) and the Host that belongs to it. Pure.

export type Target =
  | { readonly kind: 'target'; readonly path: string; readonly host: string }
  | { readonly kind: 'bad'; readonly text: string };

/** Host as RFC 9110 4.2 and 7.2 allow it, without user information; the list sign `,` is refused. */
const hostPattern = /^(?:[\w\-.~!$&'()*+;=%]*|\[[\da-f:.]+\])(?::\d*)?$/i;
const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/is;

/** The path goes on byte by byte; of an absolute target the authority becomes the Host (3.2.2). */
export function readTarget(
  method: string,
  url: string,
  hosts: readonly string[],
  isOld: boolean,
): Target {
  if (hosts.length > 1) return bad('There is more than one Host.');
  const host = hosts[0] ?? (isOld ? 'localhost' : undefined);
  if (host === undefined) return bad('HTTP/1.1 needs a Host.');
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS')) {
    return hostPattern.test(host) ? { kind: 'target', path: url, host } : bad('Host is not valid.');
  }
  const [, authority, rest = ''] = absoluteForm.exec(url) ?? [];
  if (authority === undefined || authority === '' || !hostPattern.test(authority)) {
    return bad('The request target is neither a path nor an http URL.');
  }
  return { kind: 'target', path: originForm(method, rest), host: authority };
}

/** The path of a target in one of the two forms that have one, without its query. */
export function pathOf(url: string): string | undefined {
  const target = url.startsWith('/') ? url : absoluteForm.exec(url)?.[2];
  return target?.replace(/[?#].*$/s, '');
}

function originForm(method: string, rest: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function bad(text: string): Target {
  return { kind: 'bad', text };
}
