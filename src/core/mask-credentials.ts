// How a text that may hold URLs is shown: without the credentials in them.

/** Replaces `user:password@` of every URL in the text by `***@`, broken URLs included. */
export function maskCredentials(text: string): string {
  return text.replaceAll(/(?<=:\/\/)[^\s"']*@/g, '***@');
}
