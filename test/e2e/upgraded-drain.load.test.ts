// WebSockets at a drain: each is told to come back, none is cut, and they come back one after the other.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

import { WebSocket } from 'ws';

import { serviceRestart } from '../../src/proxy/websocket-frames.ts';
import { useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { RandomFrames } from '../helpers/random-frames.ts';
import { seeded } from '../helpers/seeded.ts';

/** The long form is for a run by itself. */
const SOCKETS = process.env['SOAK_RUNS'] === undefined ? 100 : 500;
const GRACE_S = 15;
/** Of the grace, without the app's share and the time for the last answers. */
const WINDOW_MS = 9000;
const SLOTS = 6;

forEachArtefact(
  'WebSockets are ended by 1012 at the edge of a frame, spread over the drain',
  async (t, artefact) => {
    const words = ['--grace-period', `${GRACE_S}s`, '--drain-delay', '0', '--drain-quiet', '0'];
    const app = useScript('talks-without-end.mjs');
    const hurricane = await startHurricane(t, [...words, '--', ...app], { artefact });
    await hurricane.up();
    const listeners = Array.from({ length: SOCKETS }, (_, seed) => listen(hurricane.port, seed));
    for (const { heard } of listeners) await heard;
    hurricane.signal('SIGTERM');
    const ends = await Promise.all(listeners.map(({ ended }) => ended));

    assert.deepEqual(new Set(ends.map(({ code }) => code)), new Set([1012]));
    assert.deepEqual(
      ends.filter(({ rest }) => !rest.equals(serviceRestart)),
      [],
    );
    assertSpread(ends.map(({ atMs }) => atMs));
    const { completed, aborted, failed, forced } = await hurricane.sees('drain.ended');
    assert.deepEqual([completed, aborted, failed, forced], [SOCKETS, 0, 0, 0]);
    assert.equal((await hurricane.exit).code, 0);
  },
);

interface End {
  readonly code: number;
  readonly atMs: number;
  /** What came behind the last whole frame of the app. */
  readonly rest: Buffer;
}

/** A client that compares every byte with what the app says; `heard` resolves with the first frame. */
function listen(port: number, seed: number): { heard: Promise<unknown>; ended: Promise<End> } {
  const heard = Promise.withResolvers<undefined>();
  const expected = new Expected(seed, () => heard.resolve(undefined));
  const client = new WebSocket(`ws://127.0.0.1:${port}/${seed}`);
  client.once('upgrade', ({ socket }: IncomingMessage) => {
    // Not before the client itself reads: the first bytes come only once.
    client.once('open', () => socket.on('data', (chunk: Buffer) => expected.take(chunk)));
  });
  const ended = once(client, 'close').then((values) => {
    const [code] = values as [number];
    return { code, atMs: performance.now(), rest: expected.rest };
  });
  return { heard: heard.promise, ended };
}

/** The bytes that one connection must bring: the frames of its seed. */
class Expected {
  readonly #frames: RandomFrames;
  readonly #onFrame: () => void;
  #next: Buffer;
  rest = Buffer.alloc(0);

  constructor(seed: number, onFrame: () => void) {
    this.#frames = new RandomFrames(seeded(seed));
    this.#next = this.#frames.next();
    this.#onFrame = onFrame;
  }

  take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (
      this.rest.length >= this.#next.length &&
      this.rest.subarray(0, this.#next.length).equals(this.#next)
    ) {
      this.rest = this.rest.subarray(this.#next.length);
      this.#next = this.#frames.next();
      this.#onFrame();
    }
  }
}

/** Over most of the window, and in no part of it more than twice as many as an even spread has. */
function assertSpread(times: readonly number[]): void {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  assert.ok(last - first > WINDOW_MS * 0.8, `all within ${last - first} ms`);
  assert.ok(last - first < WINDOW_MS * 1.2, `spread over ${last - first} ms`);
  const counts = Array.from({ length: SLOTS }, () => 0);
  for (const atMs of times) {
    const slot = Math.min(SLOTS - 1, Math.floor(((atMs - first) / (last - first)) * SLOTS));
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  const most = (2 * times.length) / SLOTS;
  assert.ok(
    counts.every((count) => count > 0 && count < most),
    counts.join(' '),
  );
}
