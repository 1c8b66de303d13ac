import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';

import {
  LineSplitter,
  OutputPump,
  OutputTail,
  type OutputLine,
} from '../../../src/process/output.ts';

type Piece = readonly [text: string, continued: boolean];

/** What a splitter tells about chunks, up to and including its end. */
function split(...chunks: (string | Buffer)[]): Piece[] {
  const pieces: Piece[] = [];
  const splitter = new LineSplitter((text, continued) => pieces.push([text, continued]));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  return pieces;
}

suite('lines of an output', () => {
  test('are the same however the bytes are cut into chunks', () => {
    const bytes = Buffer.from('eins\r\nzwei ä€😀\n\nlast');
    const whole = split(bytes);
    assert.deepEqual(
      whole.map(([text]) => text),
      ['eins', 'zwei ä€😀', '', 'last'],
    );
    for (let at = 0; at <= bytes.length; at += 1) {
      assert.deepEqual(split(bytes.subarray(0, at), bytes.subarray(at)), whole);
    }
    assert.deepEqual(split(...[...bytes].map((byte) => Buffer.of(byte))), whole);
  });

  test('a line longer than a piece is cut into pieces that say they go on', () => {
    const line = 'x'.repeat(20_000);
    const pieces = split(`${line}\nnext\n`);
    assert.deepEqual(
      pieces.map(([text, continued]) => [text.length, continued]),
      [
        [8192, true],
        [8192, true],
        [3616, false],
        [4, false],
      ],
    );
  });

  test('a line of exactly one piece is whole', () => {
    assert.deepEqual(split(`${'x'.repeat(8192)}\n`), [['x'.repeat(8192), false]]);
  });

  test('no character is cut in two', () => {
    const line = `a${'€'.repeat(10_000)}`;
    const pieces = split(line);
    assert.equal(pieces.map(([text]) => text).join(''), line);
    assert.ok(pieces.length > 2);
  });

  test('bytes that are no UTF-8 are replaced and stop nothing', () => {
    assert.deepEqual(split(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0x62])), [
      ['a\uFFFD\uFFFD', false],
      ['b', false],
    ]);
    const binary = split(Buffer.alloc(100_000, 0x80));
    assert.ok(binary.every(([text]) => text.length <= 8192));
  });
});

suite('the tail of an output', () => {
  const line = (text: string, continued = false): OutputLine => ({
    stream: 'stderr',
    text,
    continued,
  });

  test('keeps the last characters, pieces of one line together', () => {
    const tail = new OutputTail(10);
    tail.add(line('first'));
    tail.add(line('sec', true));
    tail.add(line('ond'));
    assert.equal(tail.toString(), 'st\nsecond\n');
  });

  test('stays within its limit however much comes', () => {
    const tail = new OutputTail(100);
    for (let n = 0; n < 10_000; n += 1) tail.add(line(`line ${n}`));
    assert.equal(tail.toString().length, 100);
    assert.match(tail.toString(), /line 9999\n$/);
  });
});

suite('the pump', () => {
  test('tells the lines of both streams, the unfinished last one when the stream ends', async () => {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const lines: OutputLine[] = [];
    const pump = new OutputPump({ stdout, stderr }, (line) => lines.push(line));
    stdout.end('one\ntwo');
    stderr.end('three\n');
    await pump.close();
    assert.deepEqual(
      lines.map(({ stream, text }) => `${stream} ${text}`),
      ['stdout one', 'stderr three', 'stdout two'],
    );
  });

  test('does not wait for a stream that somebody holds open', async () => {
    const stdout = new PassThrough();
    const lines: string[] = [];
    const pump = new OutputPump({ stdout, stderr: undefined }, ({ text }) => lines.push(text));
    stdout.write('unfinished');
    await pump.close();
    assert.deepEqual(lines, ['unfinished']);
    assert.equal(stdout.destroyed, true);
  });
});
