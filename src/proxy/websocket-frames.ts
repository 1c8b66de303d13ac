// Where the frames of a WebSocket begin and end (RFC 6455, 5.2): lengths only, no payload is looked at. Pure.

const CLOSE = 8;
const MASK_BYTES = 4;

/** Close frame with status 1012, service restart (7.4, and the registry of close codes); a server does not mask. */
export const serviceRestart: Buffer = Buffer.from([0x80 | CLOSE, 2, 1012 >> 8, 1012 & 0xff]);

/** Follows the bytes of one direction, however they are cut. */
export class FrameEdges {
  /** Bytes of the current head that have come; 0 at an edge and within a payload. */
  #headBytes = 0;
  #lengthBytes = 0;
  #headEnd = 0;
  #payloadBytes = 0;
  #opcode = 0;
  #closing = false;

  /** True when everything so far ended with a whole frame: here another one may be put in (5.4, 5.5). */
  get atEdge(): boolean {
    return this.#headBytes === 0 && this.#payloadBytes === 0;
  }

  /** A close frame has begun: nothing may follow it (5.5.1). */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** Takes all bytes. */
  follow(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at = this.#step(bytes, at);
  }

  /** Takes bytes up to the next edge, or all of them when there is none; returns how many. */
  followToEdge(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      at = this.#step(bytes, at);
      if (this.atEdge) return at;
    }
    return at;
  }

  /** One byte of a head, or as much of a payload as there is. */
  #step(bytes: Uint8Array, at: number): number {
    if (this.#payloadBytes === 0 || this.#headBytes > 0) {
      this.#takeHeadByte(bytes[at] ?? 0);
      return at + 1;
    }
    const taken = Math.min(this.#payloadBytes, bytes.length - at);
    this.#payloadBytes -= taken;
    return at + taken;
  }

  #takeHeadByte(byte: number): void {
    this.#headBytes += 1;
    if (this.#headBytes === 1) {
      this.#opcode = byte & 0x0f;
      return;
    }
    if (this.#headBytes === 2) this.#takeShortLength(byte);
    // Beyond 2^53 it is not exact, and no such frame ever ends.
    else if (this.#headBytes <= 2 + this.#lengthBytes)
      this.#payloadBytes = this.#payloadBytes * 256 + byte;
    if (this.#headBytes < this.#headEnd) return;
    this.#headBytes = 0;
    this.#closing ||= this.#opcode === CLOSE;
  }

  #takeShortLength(byte: number): void {
    const short = byte & 0x7f;
    this.#lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    this.#headEnd = 2 + this.#lengthBytes + (byte >= 0x80 ? MASK_BYTES : 0);
    this.#payloadBytes = this.#lengthBytes === 0 ? short : 0;
  }
}
