// WebSocket frames of every kind as a server may send them, from a seed: app and test make the same ones.

import type { Seeded } from './seeded.ts';

const CONTINUATION = 0;
const BINARY = 2;
const PING = 9;
const PONG = 10;

/** Where the encoding of a length changes (RFC 6455, 5.2), and what is usual. */
const lengths: readonly (readonly [weight: number, span: readonly [number, number]])[] = [
  [6, [0, 40]],
  [3, [0, 0]],
  [3, [120, 130]],
  [2, [200, 3000]],
  [1, [65_530, 65_540]],
];

/** Messages of one or more fragments, control frames between them. */
export class RandomFrames {
  readonly #random: Seeded;
  /** A message has begun and has not ended. */
  #open = false;

  constructor(random: Seeded) {
    this.#random = random;
  }

  /** The next frame, unmasked. */
  next(): Buffer {
    const random = this.#random;
    if (random.next() < 0.2) {
      return frame(
        random.pick([
          [1, PING],
          [1, PONG],
        ]),
        true,
        this.#payload(random.between(0, 125)),
      );
    }
    const opcode = this.#open ? CONTINUATION : BINARY;
    const last = random.next() < 0.4;
    this.#open = !last;
    const [least, most] = random.pick(lengths);
    return frame(opcode, last, this.#payload(random.between(least, most)));
  }

  #payload(length: number): Buffer {
    return Buffer.alloc(length, this.#random.between(0, 255));
  }
}

export function frame(opcode: number, last: boolean, payload: Buffer, mask?: Buffer): Buffer {
  const { length } = payload;
  const masked = mask === undefined ? 0 : 0x80;
  const head = Buffer.alloc(length > 65_535 ? 10 : length > 125 ? 4 : 2);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = masked | (length > 65_535 ? 127 : length > 125 ? 126 : length);
  if (length > 65_535) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length > 125) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, mask ?? Buffer.alloc(0), payload]);
}
