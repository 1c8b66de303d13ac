// The books of the requests: accepted = completed + shed + aborted + failed + in flight + queued.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks, type Books } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useSeeds, type Seeded } from '../helpers/seeded.ts';

type Outcome = 'completed' | 'shed' | 'aborted' | 'failed';

/** One request as bytes, when the client goes away if it does, and how it must stand in the books. */
interface Kind {
  readonly outcome: Outcome;
  readonly bytes: string;
  /** The client destroys the connection once it has read this. */
  readonly leavesAt?: RegExp;
  /** What a client that stays has read in the end. */
  readonly reads?: RegExp;
}

const get = (path: string, fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: books\r\nConnection: close\r\n${fields}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: books\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const kinds: readonly (readonly [weight: number, Kind])[] = [
  [8, { outcome: 'completed', bytes: get('/'), reads: /^HTTP\/1.1 200[^]*good\n$/ }],
  [8, { outcome: 'completed', bytes: get('/?ms=100'), reads: /^HTTP\/1.1 200[^]*good\n$/ }],
  [4, { outcome: 'completed', bytes: post('/echo', 'a body'), reads: /a body/ }],
  [2, { outcome: 'completed', bytes: get('/teapot'), reads: /^HTTP\/1.1 418/ }],
  [2, { outcome: 'shed', bytes: post('/echo', 'x'.repeat(2000)), reads: /^HTTP\/1.1 413/ }],
  [
    2,
    {
      outcome: 'shed',
      bytes: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      reads: /^HTTP\/1.1 400/,
    },
  ],
  [2, { outcome: 'shed', bytes: 'no HTTP\r\n\r\n', reads: /^HTTP\/1.1 400/ }],
  [2, { outcome: 'shed', bytes: get(`/${'x'.repeat(40_000)}`), reads: /^HTTP\/1.1 414/ }],
  [
    2,
    { outcome: 'shed', bytes: get('/', `X: ${'x'.repeat(70_000)}\r\n`), reads: /^HTTP\/1.1 431/ },
  ],
  [4, { outcome: 'aborted', bytes: get('/hold'), leavesAt: /^HTTP\/1.1 103/ }],
  [4, { outcome: 'aborted', bytes: get('/endless'), leavesAt: /begun/ }],
  [3, { outcome: 'failed', bytes: get('/reset'), reads: /^HTTP\/1.1 502/ }],
  [3, { outcome: 'failed', bytes: get('/garbage'), reads: /^HTTP\/1.1 502/ }],
  [3, { outcome: 'failed', bytes: get('/cut'), reads: /^HTTP\/1.1 200[^]*only this$/ }],
  [1, { outcome: 'failed', bytes: get('/?ms=30000'), reads: /^HTTP\/1.1 504/ }],
];

const REQUESTS = 500;
const AT_A_TIME = 25;
const LEFT_IN_HAND = 5;

forEachArtefact(
  'accounts for every request, at every moment, as the clients do',
  async (t, artefact) => {
    const [seeded] = useSeeds(t, 1) as [Seeded];
    const hurricane = await startHurricane(
      t,
      [
        ...['--max-body-size', '1Ki', '--response-timeout', '1s', '--grace-period', '3s'],
        ...['--drain-quiet', '0', '--', ...useScript('misbehaves.mjs')],
      ],
      { artefact },
    );
    await hurricane.up();

    const moments: Books[] = [];
    const expected = await load(hurricane, seeded, async () =>
      moments.push(await readBooks(hurricane)),
    );
    for (const moment of moments) assertBalanced(moment);
    const busy = moments.filter(({ inFlight, queued }) => inFlight + queued > 0);
    t.diagnostic(`${moments.length} moments, ${busy.length} of them with requests in hand`);
    assert.ok(busy.length >= 5, `only ${busy.length} moments with requests in hand`);

    const rest = { ...expected, accepted: REQUESTS, inFlight: 0, queued: 0 };
    await eventually(async () => assert.deepEqual(await readBooks(hurricane), rest));
    await assertDrainReport(t, hurricane, rest);
  },
);

/** Sends them all, looks at the books now and then, and returns what the clients know of the outcomes. */
async function load(
  hurricane: Hurricane,
  seeded: Seeded,
  look: () => Promise<unknown>,
): Promise<Record<Outcome, number>> {
  const expected = { completed: 0, shed: 0, aborted: 0, failed: 0 };
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun++ < REQUESTS) {
      const kind = seeded.pick(kinds);
      expected[kind.outcome] += 1;
      if (seeded.next() < 0.1) await Promise.all([look(), send(hurricane.port, kind)]);
      else await send(hurricane.port, kind);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, client));
  return expected;
}

/** The report of a stop that has to cut what is in hand adds only that. */
async function assertDrainReport(t: TestContext, hurricane: Hurricane, rest: Books): Promise<void> {
  const held = Array.from({ length: LEFT_IN_HAND }, () => open(hurricane.port, get('/endless')));
  t.after(() => held.forEach(({ socket }) => socket.destroy()));
  await eventually(async () => {
    const now = await readBooks(hurricane);
    assertBalanced(now);
    assert.equal(now.inFlight, LEFT_IN_HAND);
  });
  hurricane.signal('SIGTERM');
  const drain = await hurricane.sees('drain.ended');
  const { accepted, completed, shed, aborted, failed } = rest;
  assert.deepEqual(
    ['accepted', 'completed', 'shed', 'aborted', 'failed', 'forced'].map((name) => drain[name]),
    [accepted + LEFT_IN_HAND, completed, shed, aborted, failed + LEFT_IN_HAND, LEFT_IN_HAND],
  );
  await hurricane.exit;
}

function assertBalanced({
  accepted,
  completed,
  shed,
  aborted,
  failed,
  inFlight,
  queued,
}: Books): void {
  assert.equal(accepted, completed + shed + aborted + failed + inFlight + queued);
}

/** Resolves when the connection is closed, by whoever it was up to; throws when it read something else. */
async function send(port: number, { bytes, leavesAt, reads }: Kind): Promise<void> {
  const { closed } = open(port, bytes, leavesAt);
  assert.match(await closed, leavesAt ?? reads ?? /$/);
}

function open(
  port: number,
  bytes: string,
  leavesAt?: RegExp,
): { socket: Socket; closed: Promise<string> } {
  let text = '';
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1').write(bytes);
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (leavesAt?.test(text) === true) socket.destroy();
  });
  // What was read until then counts; a reset is one of the endings.
  socket.on('error', () => undefined);
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}
