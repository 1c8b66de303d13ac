// Large bodies through the proxy: when one end stops reading, the other is held back, and what lies in
// between is bounded, in bytes and in memory.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { serveLent } from '../helpers/lent-app.ts';

const MIB = 1024 * 1024;
const TOTAL = 256 * MIB;
const PIECE = 64 * 1024;
/** What the kernel and the streams of two connections may hold together. */
const IN_BETWEEN = 32 * MIB;
/** What hurricane may grow by while it is held back. */
const HELD_MIB = 24;
/** And while all goes through: buffers that have been sent lie about until they are collected. */
const GROWTH_MIB = 128;
/** So many looks in a row without progress: the writer is held back. */
const STILL = 15;

/** One body on its way: how much has been given to the writer's socket. */
class Body {
  written = 0;

  async write(stream: Writable): Promise<void> {
    const piece = Buffer.alloc(PIECE);
    while (this.written < TOTAL) {
      this.written += piece.length;
      if (!stream.write(piece)) await once(stream, 'drain');
    }
    stream.end();
  }

  /** Resolves when nothing more is written, for want of a reader or because it is all. */
  async standsStill(): Promise<number> {
    let [last, looks] = [-1, 0];
    await eventually(
      () => {
        looks = this.written === last ? looks + 1 : 0;
        last = this.written;
        assert.ok(looks >= STILL, `still at it after ${last} bytes`);
      },
      { within: 30_000 },
    );
    return last;
  }
}

function anonymousMiB({ pid }: Hurricane): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Nothing is read until the writer stands still; then all of it, and memory is looked at throughout. */
async function assertHeldBack(hurricane: Hurricane, body: Body, reader: Readable): Promise<void> {
  const before = anonymousMiB(hurricane);
  const held = await body.standsStill();
  assert.ok(held <= IN_BETWEEN, `${held / MIB} MiB lie in between`);
  let [read, most] = [0, anonymousMiB(hurricane)];
  assert.ok(most - before < HELD_MIB, `from ${before} to ${most} MiB while held back`);
  for await (const bytes of reader as AsyncIterable<Buffer>) {
    read += bytes.length;
    most = Math.max(most, anonymousMiB(hurricane));
  }
  assert.equal(read, TOTAL);
  assert.ok(most - before < GROWTH_MIB, `from ${before} to ${most} MiB for ${TOTAL / MIB}`);
}

forEachArtefact(
  'a reader that stops holds back a download of 256 MiB, and memory stays flat',
  async (t, artefact) => {
    const body = new Body();
    const app = await useHttpServer(t, (_, response) => void body.write(response));
    const hurricane = await serveLent(t, app, [], { artefact });
    const download = httpRequest(hurricane.url, { agent: false }).end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    await assertHeldBack(hurricane, body, answer);
  },
);

/** Each of them reads nothing of its answer, which is larger than all that may lie in between. */
const READERS = 40;

forEachArtefact(
  'slow readers together hold --max-buffer-size each, and no more',
  async (t, artefact) => {
    const grown: number[] = [];
    for (const mib of [1, 4]) {
      const app = await useHttpServer(t, (_, response) => void new Body().write(response));
      const args = ['--max-buffer-size', `${mib}Mi`];
      const hurricane = await serveLent(t, app, args, { artefact });
      const before = anonymousMiB(hurricane);
      const downloads = Array.from({ length: READERS }, () =>
        httpRequest(hurricane.url, { agent: false }).end(),
      );
      await Promise.all(downloads.map((download) => once(download, 'response')));
      let [last, looks] = [0, 0];
      await eventually(
        () => {
          const now = anonymousMiB(hurricane);
          looks = now === last ? looks + 1 : 0;
          last = now;
          assert.ok(looks >= STILL, `${now} MiB, and not still`);
        },
        { within: 30_000 },
      );
      grown.push(last - before);
      for (const download of downloads) download.destroy();
      hurricane.signal('SIGTERM');
      assert.equal((await hurricane.exit).code, 0);
    }
    const [little = 0, much = 0] = grown;
    const told = `${little} MiB for 1 MiB each, ${much} MiB for 4`;
    // Before the reader's end was full as much again went through, and was not all collected.
    assert.ok(little < READERS * 4, told);
    const [least, most] = [READERS * 3 * 0.5, READERS * 3 * 1.5];
    assert.ok(much - little > least && much - little < most, told);
  },
);

forEachArtefact(
  'an app that stops reading holds back an upload of 256 MiB, and memory stays flat',
  async (t, artefact) => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const app = await useHttpServer(t, (request, response) => {
      arrived.resolve(request);
      request.on('end', () => response.end('thanks'));
    });
    const hurricane = await serveLent(t, app, ['--max-body-size', '1Gi'], { artefact });
    const body = new Body();
    const upload = httpRequest(hurricane.url, { method: 'POST', agent: false });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    const sent = body.write(upload);
    await assertHeldBack(hurricane, body, await arrived.promise);
    await sent;
    const [answer] = await answered;
    assert.equal(answer.statusCode, 200);
    answer.resume();
  },
);
