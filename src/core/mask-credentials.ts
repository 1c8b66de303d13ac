// How a text that may hold URLs is shown: without the credentials in them.

/**
 * Replaces `user:password@` of every URL in the text by `***@`, broken URLs included, and what its query
 * says: a token is often there, under a name that nobody can know.
 */
export function maskCredentials(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replaceAll(/(?<=:\/\/)[^\s"']*@/g, '***@')
    .replaceAll(/(?<=:\/\/[^\s"'?#]*\?)[^\s"'#]+/g, maskQuery);
}

/** Names stay, so that people find the URL again. */
function maskQuery(query: string): string {
  const parts = query.split('&').map((part) => part.replace(/^([^=]*=)?.*$/, '$1***'));
  return parts.join('&');
}
