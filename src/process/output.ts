// What programs print: lines of any length in bounded memory, and the tail of it for reports.

import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';

import { pause } from '../lib/waiting.ts';

export interface OutputLine {
  readonly stream: 'stdout' | 'stderr';
  /** Without its line end; what is not UTF-8 is replaced. */
  readonly text: string;
  /** The line was cut here, and its rest comes as the next line of the same stream. */
  readonly continued: boolean;
}

/** A piece and what JSON adds to it stay below the 16 KiB at which container runtimes split lines. */
const PIECE_BYTES = 8 * 1024;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts bytes into lines, and lines longer than 8 KiB into pieces. Holds at most one piece. */
export class LineSplitter {
  readonly #onLine: (text: string, continued: boolean) => void;
  #rest = Buffer.alloc(0);

  constructor(onLine: (text: string, continued: boolean) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = data.subarray(0, PIECE_BYTES + 1).indexOf(NEWLINE);
      if (end !== -1) {
        this.#tell(data.subarray(0, end), false);
        data = data.subarray(end + 1);
      } else if (data.length > PIECE_BYTES) {
        const cut = cutBefore(data, PIECE_BYTES);
        this.#tell(data.subarray(0, cut), true);
        data = data.subarray(cut);
      } else break;
    }
    // A copy, so that the rest of a line does not keep a whole chunk alive.
    this.#rest = Buffer.from(data);
  }

  /** The last line may lack its end. */
  end(): void {
    if (this.#rest.length > 0) this.#tell(this.#rest, false);
    this.#rest = Buffer.alloc(0);
  }

  #tell(line: Buffer, continued: boolean): void {
    const whole = !continued && line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    this.#onLine(whole.toString('utf8'), continued);
  }
}

/** The last place at or before `limit` that is not inside a UTF-8 character. */
function cutBefore(data: Buffer, limit: number): number {
  for (let cut = limit; cut > limit - 4; cut -= 1) {
    if (((data[cut] ?? 0) & 0xc0) !== 0x80) return cut;
  }
  return limit;
}

/** The last characters of an output, at most `limit`. */
export class OutputTail {
  readonly #limit: number;
  #text = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ text, continued }: OutputLine): void {
    this.#text += continued ? text : `${text}\n`;
    // Cut once per `limit` characters: a cut per line would copy the tail for every line.
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit);
  }

  toString(): string {
    return this.#text.slice(-this.#limit);
  }
}

/** How long output may still come when all who were to write it have ended. */
const LAST_OUTPUT_MS = 250;

/**
 * Reads the streams of a program to their ends, as fast as they come, and tells each line; of stdout the
 * bytes as they are, where they are asked for.
 */
export class OutputPump {
  readonly #streams: readonly Readable[];
  readonly #splitters: readonly LineSplitter[];
  readonly #ended: Promise<unknown>;

  constructor(
    streams: { readonly stdout: Readable | undefined; readonly stderr: Readable | undefined },
    onLine: (line: OutputLine) => void,
    onStdout?: (chunk: Buffer) => void,
  ) {
    const pumped = (['stdout', 'stderr'] as const).flatMap((stream) => {
      const readable = streams[stream];
      if (readable === undefined) return [];
      const splitter = new LineSplitter((text, continued) => onLine({ stream, text, continued }));
      const asBytes = stream === 'stdout' ? onStdout : undefined;
      readable.on('data', asBytes ?? ((chunk: Buffer) => splitter.push(chunk)));
      readable.on('end', () => splitter.end());
      return [{ readable, splitter }];
    });
    this.#streams = pumped.map(({ readable }) => readable);
    this.#splitters = pumped.map(({ splitter }) => splitter);
    this.#ended = Promise.allSettled(this.#streams.map((stream) => finished(stream)));
  }

  /** Waits shortly for what is still in the pipes, which a program that left its group may hold open. */
  async close(): Promise<void> {
    const enough = new AbortController();
    await Promise.race([this.#ended, pause(LAST_OUTPUT_MS, enough.signal)]);
    enough.abort();
    for (const stream of this.#streams) stream.destroy();
    for (const splitter of this.#splitters) splitter.end();
  }
}
