import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { handOn } from '../../../src/proxy/flow.ts';

const KIB = 1024;
const PIECE = 64 * KIB;
const PIECES = 64;

/** Pieces as a socket reads them, and a sink that takes the next one only when it is told. */
function makeFlow(maxBufferBytes: number) {
  let [left, taken] = [PIECES, 0];
  let next: (() => void) | undefined;
  const from = new Readable({
    highWaterMark: PIECE,
    read() {
      left -= 1;
      this.push(left < 0 ? null : Buffer.alloc(PIECE));
    },
  });
  const to = new Writable({
    highWaterMark: PIECE,
    write(chunk: Buffer, _, done) {
      taken += chunk.length;
      next = done;
    },
  });
  from.on('data', (chunk: Buffer) => handOn(chunk, from, to, maxBufferBytes));
  return {
    held: () => from.readableLength + to.writableLength,
    taken: () => taken,
    take: () => {
      const done = next;
      next = undefined;
      done?.();
    },
  };
}

/** Until nothing moves any more. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await setImmediate();
}

suite('what is handed on to whoever takes it slowly', () => {
  for (const maxKiB of [256, 300, 1024, 2048]) {
    test(`holds nearly ${maxKiB} KiB, and never more`, async () => {
      const flow = makeFlow(maxKiB * KIB);
      await settle();
      assert.ok(flow.held() <= maxKiB * KIB, `${flow.held()} held`);
      assert.ok(flow.held() > maxKiB * KIB - 3 * PIECE, `only ${flow.held()} held`);
      assert.equal(flow.taken(), PIECE);
      for (let turn = 0; turn < 2 * PIECES; turn += 1) {
        flow.take();
        await setImmediate();
        assert.ok(flow.held() <= maxKiB * KIB, `${flow.held()} held`);
      }
      assert.equal(flow.taken(), PIECES * PIECE);
    });
  }
});
