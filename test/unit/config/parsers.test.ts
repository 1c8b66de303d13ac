import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { Parser } from '../../../src/config/option.ts';
import * as parsers from '../../../src/config/parsers.ts';

function accepts<T>(
  parser: Parser<T>,
  cases: readonly (readonly [text: string, value: T])[],
): void {
  for (const [text, value] of cases) assert.deepEqual(parser.parse(text), { value }, text);
}

function refuses(parser: Parser<unknown>, texts: readonly string[]): void {
  for (const text of texts) assert.ok('problem' in parser.parse(text), `accepted ${text}`);
}

suite('parsers', () => {
  test('a switch takes true, yes, 1, false, no and 0', () => {
    accepts(parsers.onOff, [
      ['true', true],
      ['YES', true],
      ['1', true],
      ['false', false],
      ['no', false],
      ['0', false],
    ]);
    refuses(parsers.onOff, ['', 'on', 'maybe']);
  });

  test('a port is a whole number up to 65535', () => {
    accepts(parsers.port, [
      ['0', 0],
      ['65535', 65535],
    ]);
    refuses(parsers.port, ['65536', '-1', '80a', '8e3', '0x50', '', ' 80', '1.5', '9'.repeat(30)]);
  });

  test('a buffer is not smaller than what is on its way anyway', () => {
    accepts(parsers.bufferSize, [
      ['256Ki', 262_144],
      ['1Mi', 1_048_576],
    ]);
    refuses(parsers.bufferSize, ['255Ki', '1', '0', 'off', '1.5Mi']);
  });

  test('a count begins at 1, or at 0 where nothing is a number too', () => {
    accepts(parsers.count, [['1', 1]]);
    refuses(parsers.count, ['0', '-2', '1.5', 'ten']);
    accepts(parsers.countOrZero, [['0', 0]]);
    refuses(parsers.countOrZero, ['-2', '1.5', 'ten']);
  });

  test('a time needs a unit, 0 excepted', () => {
    accepts(parsers.duration, [
      ['0', 0],
      ['500ms', 500],
      ['1.5s', 1500],
      ['5m', 300_000],
      ['2h', 7_200_000],
      ['24d', 2_073_600_000],
    ]);
    refuses(parsers.duration, ['30', '-1s', '5 s', '1y', 's', 'off', '']);
  });

  test('a time that a timer of Node cannot hold is refused', () => {
    refuses(parsers.duration, ['25d', '1000h', '99999999999s']);
  });

  test('off is no limit where it is allowed', () => {
    accepts(parsers.durationOrOff, [
      ['off', Infinity],
      ['1s', 1000],
    ]);
    accepts(parsers.sizeOrOff, [['off', Infinity]]);
    refuses(parsers.size, ['off']);
  });

  test('a size is bytes, or has a decimal or binary unit', () => {
    accepts(parsers.size, [
      ['1', 1],
      ['64Ki', 65_536],
      ['100Mi', 104_857_600],
      ['2k', 2000],
      ['1Gi', 1_073_741_824],
    ]);
    refuses(parsers.size, ['0', '-1', '1.5Mi', '10MB', 'Mi', '9999999999999999Gi']);
  });

  test('an address may stand in brackets', () => {
    accepts(parsers.host, [
      ['::', '::'],
      ['[::1]', '::1'],
      ['0.0.0.0', '0.0.0.0'],
      ['my-host.local', 'my-host.local'],
    ]);
    refuses(parsers.host, ['', 'a b', 'http://x', '-x']);
  });

  test('a path of ours has one leading slash, no spaces and no trailing slash', () => {
    accepts(parsers.urlPath, [
      ['probe', '/probe'],
      ['/probe/', '/probe'],
      ['///a /b', '/a/b'],
      ['/', '/'],
      ['/a.b-c_d~e', '/a.b-c_d~e'],
    ]);
    refuses(parsers.urlPath, ['/a?b', '/a#b', '/ü', '/a"b']);
  });

  test('a request target keeps its query', () => {
    accepts(parsers.requestTarget, [['/healthz?deep=1', '/healthz?deep=1']]);
    refuses(parsers.requestTarget, ['healthz', '/a b', '']);
  });

  test('a signal may be written without SIG and in lower case', () => {
    accepts(parsers.stopSignal, [
      ['SIGQUIT', { signal: 'SIGQUIT', leaderOnly: false }],
      ['quit', { signal: 'SIGQUIT', leaderOnly: false }],
      ['TERM:leader', { signal: 'SIGTERM', leaderOnly: true }],
    ]);
    refuses(parsers.stopSignal, ['SIGFOO', '15', '', ':leader', 'SIGTERM:group', 'SIGTERM:']);
  });

  test('a command is split as a shell splits words, and nothing else happens to it', () => {
    accepts(parsers.commandLine, [
      [
        `sh -c 'a  "b"' x\\ y "" $HOME *`,
        {
          words: ['sh', '-c', 'a  "b"', 'x y', '', '$HOME', '*'],
          text: `sh -c 'a  "b"' x\\ y "" $HOME *`,
        },
      ],
    ]);
    refuses(parsers.commandLine, [`echo 'open`, 'echo \\', '   ']);
  });

  test('the text of a command is shown without the credentials in its URLs', () => {
    const parsed = parsers.commandLine.parse('migrate postgres://me:secret@db/app');
    assert.deepEqual(parsed, {
      value: {
        words: ['migrate', 'postgres://me:secret@db/app'],
        text: 'migrate postgres://***@db/app',
      },
    });
  });

  test('a choice names all its words when it refuses', () => {
    const parsed = parsers.choice('all', 'off').parse('some');
    assert.deepEqual(parsed, { problem: 'is not possible here: give all, off' });
  });

  test('the name of a variable is letters, digits and _', () => {
    accepts(parsers.variable, [['PORT_1', 'PORT_1']]);
    refuses(parsers.variable, ['1PORT', 'MY-PORT', '', 'A=B']);
  });

  test('a text with a line break is refused', () => {
    refuses(parsers.text, ['a\nb', '']);
  });
});
