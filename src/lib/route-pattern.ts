// Which targets of requests a pattern such as `/orders/{id}` or `/static/*` means. Pure.

export type RoutePattern = (target: string) => boolean;

const SEGMENT = String.raw`(?:\{\w+\}|[\w.~!$&'()+,;=@%-][\w.~!$&'()+,;=:@%-]*)`;
const shape = new RegExp(String.raw`^/(?:${SEGMENT}(?:/${SEGMENT})*(?:/\*?)?|\*)?$`);

/** A path; a name in braces stands for one whole segment, and `*` at the end for all the rest. */
export function isRoutePattern(text: string): boolean {
  return shape.test(text);
}

/**
 * Takes a target as the client sent it: a path or an absolute URL, query and one slash at the end left out.
 * A segment is matched byte by byte, and the time for it does not depend on what it holds.
 */
export function routePattern(text: string): RoutePattern {
  const path = segmentsOf(text)
    .map((segment) => (segment === '*' ? String.raw`(?:/[^?#]*)?` : `/${segmentPattern(segment)}`))
    .join('');
  const pattern = new RegExp(String.raw`^(?:https?://[^/?#]*)?${path}/?(?:[?#]|$)`);
  return (target) => pattern.test(target);
}

/** One that `text` matches, and that only a pattern as wide as it matches too. */
export function widestTarget(text: string): string {
  const segments = segmentsOf(text).map((segment) =>
    segment === '*' ? '\0/\0' : isName(segment) ? '\0' : segment,
  );
  return `/${segments.join('/')}`;
}

function segmentsOf(text: string): readonly string[] {
  return text.split('/').filter((segment) => segment !== '');
}

function segmentPattern(segment: string): string {
  return isName(segment) ? '[^/?#]+' : segment.replaceAll(/[.$()+*?^|[\]{}\\]/g, String.raw`\$&`);
}

function isName(segment: string): boolean {
  return segment.startsWith('{');
}
