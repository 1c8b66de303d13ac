import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameEdges, serviceRestart } from '../../../src/proxy/websocket-frames.ts';
import { frame, RandomFrames } from '../../helpers/random-frames.ts';
import { useSeeds } from '../../helpers/seeded.ts';

test('each encoding of a length, masked or not, ends where it says', () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536]) {
    for (const mask of [undefined, Buffer.from('mask')]) {
      const bytes = frame(2, true, Buffer.alloc(length), mask);
      const edges = new FrameEdges();
      assert.equal(edges.followToEdge(Buffer.concat([bytes, bytes])), bytes.length, `${length}`);
      assert.ok(edges.atEdge);
    }
  }
});

test('before the first byte is an edge, within a head or a payload is none', () => {
  const bytes = frame(1, true, Buffer.alloc(300));
  const edges = new FrameEdges();
  assert.ok(edges.atEdge);
  for (const [at, byte] of bytes.entries()) {
    edges.follow(Buffer.of(byte));
    assert.equal(edges.atEdge, at === bytes.length - 1, `behind byte ${at}`);
  }
});

test('between two fragments of a message is an edge', () => {
  const edges = new FrameEdges();
  edges.follow(frame(1, false, Buffer.from('half')));
  assert.ok(edges.atEdge);
});

test('a close frame of the app is noticed, other control frames are not taken for it', () => {
  const edges = new FrameEdges();
  edges.follow(frame(9, true, Buffer.from('ping')));
  assert.equal(edges.isClosing, false);
  edges.follow(serviceRestart);
  assert.deepEqual([edges.isClosing, edges.atEdge], [true, true]);
});

test('the edges of random frames are found, however the bytes are cut', (t) => {
  for (const random of useSeeds(t, 20)) {
    const source = new RandomFrames(random);
    const frames = Array.from({ length: 60 }, () => source.next());
    const ends = new Set<number>();
    let length = 0;
    for (const { length: bytes } of frames) ends.add((length += bytes));
    const stream = Buffer.concat(frames);
    const edges = new FrameEdges();
    for (let at = 0; at < stream.length;) {
      const piece = stream.subarray(
        at,
        at +
          random.pick([
            [3, random.between(1, 9)],
            [1, 5000],
          ]),
      );
      if (random.next() < 0.5) {
        edges.follow(piece);
        at += piece.length;
      } else {
        const taken = edges.followToEdge(piece);
        const next = [...ends].find((end) => end > at) ?? 0;
        assert.equal(at + taken, Math.min(next, at + piece.length), `seed ${random.seed}`);
        at += taken;
      }
      assert.equal(edges.atEdge, ends.has(at), `seed ${random.seed}, byte ${at}`);
    }
  }
});
