// Frames of AMQP 0-9-1: cut out of a stream of bytes, and made.

import { Refusal } from './methods.ts';

export const FRAME_MAX = 131_072;
const FRAME_END = 0xce;
const HEAD_BYTES = 7;

const types = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
export type FrameType = keyof typeof types;
const typeNames = new Map<number, FrameType>(
  Object.entries(types).map(([name, code]) => [code, name as FrameType]),
);

export interface Frame {
  readonly type: FrameType;
  readonly channel: number;
  readonly payload: Buffer;
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Every frame that is whole by now. */
  *read(bytes: Buffer): Generator<Frame> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= HEAD_BYTES) {
      const length = HEAD_BYTES + this.#rest.readUInt32BE(3) + 1;
      if (length > FRAME_MAX) throw new Refusal(501, `a frame of ${length} bytes is too large`);
      if (this.#rest.length < length) return;
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = typeNames.get(frame.readUInt8(0));
      if (type === undefined || frame[length - 1] !== FRAME_END) {
        throw new Refusal(501, 'this is no frame');
      }
      yield { type, channel: frame.readUInt16BE(1), payload: frame.subarray(HEAD_BYTES, -1) };
    }
  }
}

export function writeFrame({ type, channel, payload }: Frame): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(types[type]);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}

/** The body in parts that fit a frame. */
export function* inParts(body: Buffer, frameMax: number): Generator<Buffer> {
  const most = frameMax - HEAD_BYTES - 1;
  for (let at = 0; at < body.length; at += most) yield body.subarray(at, at + most);
}
