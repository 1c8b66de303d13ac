// What a server says in the body of its answer, as far as it is for people.

import type { IncomingHttpHeaders } from 'node:http';

/** Enough for so many characters, whatever they are. */
const CHARACTERS = 200;
const BYTES = 4 * CHARACTERS;

/** Its beginning on one line; nothing of what is not text, or a page for a browser. */
export class AnswerText {
  readonly #isReadable: boolean;
  #bytes = Buffer.alloc(0);

  constructor(headers: IncomingHttpHeaders) {
    const { 'content-type': type = 'text/plain', 'content-encoding': coding } = headers;
    this.#isReadable = coding === undefined && /^(text\/plain|[^;]*[/+]json)\b/i.test(type);
  }

  add(chunk: Buffer): void {
    if (!this.#isReadable || this.#bytes.length >= BYTES) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, BYTES)]);
  }

  get text(): string {
    const line = this.#bytes
      .toString()
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return Array.from(line).slice(0, CHARACTERS).join('');
  }
}
