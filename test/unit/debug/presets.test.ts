import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { presetFor } from '../../../src/debug/presets.ts';

const listen = { kind: 'listen', host: '127.0.0.1', port: 5678 } as const;
const connect = { kind: 'connect', host: 'ide.local', port: 9003 } as const;

function wordsFor(command: string, debugging: typeof listen | typeof connect = listen): string {
  const preset = presetFor(command.split(' '), debugging);
  return preset.kind === 'none' ? `none: ${preset.reason}` : preset.words.join(' ');
}

suite('a debugger that listens', () => {
  const cases: readonly (readonly [command: string, words: string])[] = [
    ['node app.js --x', 'node --inspect=127.0.0.1:5678 app.js --x'],
    ['env A=1 /opt/bin/node app.js', 'env A=1 /opt/bin/node --inspect=127.0.0.1:5678 app.js'],
    [
      'python3 -u app.py -v',
      'python3 -u -Xfrozen_modules=off -m debugpy --listen 127.0.0.1:5678 app.py -v',
    ],
    [
      'python -W error -um flask run',
      'python -W error -u -Xfrozen_modules=off -m debugpy --listen 127.0.0.1:5678 -m flask run',
    ],
    [
      'java -Xmx1g -jar app.jar',
      'java -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:5678 -Xmx1g -jar app.jar',
    ],
    ['ruby app.rb', 'ruby -rdebug/open_nonstop app.rb'],
  ];
  for (const [command, words] of cases) {
    test(`${command} gets it by its words`, () => assert.equal(wordsFor(command), words));
  }

  test('Ruby is told the place by its environment', () => {
    const preset = presetFor(['ruby', 'app.rb'], listen);
    assert.partialDeepStrictEqual(preset, {
      env: { RUBY_DEBUG_HOST: '127.0.0.1', RUBY_DEBUG_PORT: '5678' },
    });
  });

  test('an address of IPv6 is in brackets', () => {
    const preset = presetFor(['node', 'app.js'], { ...listen, host: '::1' });
    assert.partialDeepStrictEqual(preset, { words: ['node', '--inspect=[::1]:5678', 'app.js'] });
  });

  test('there is none for npm, for PHP, for Python without a program, and for what has no preset', () => {
    assert.match(wordsFor('/usr/bin/node /usr/bin/npm start'), /^none: npm starts the app/);
    assert.match(wordsFor('php -S 127.0.0.1:1'), /^none: Xdebug connects to the IDE/);
    assert.match(wordsFor('python3 -i'), /^none: python3 is given no program/);
    assert.match(wordsFor('/app/server'), /^none: there is no debugger for server/);
  });
});

suite('a debugger that connects', () => {
  test('Python runs a program that dials out first', () => {
    assert.match(
      wordsFor('python3 -u -m flask run', connect),
      /^python3 -u -c import os; exec\(.*\) ide\.local 9003 -m flask run$/,
    );
  });

  test('PHP gets the settings of Xdebug as flags', () => {
    assert.equal(
      wordsFor('php -S 127.0.0.1:1', connect),
      'php -dxdebug.mode=debug -dxdebug.start_with_request=yes -dxdebug.client_host=ide.local ' +
        '-dxdebug.client_port=9003 -S 127.0.0.1:1',
    );
  });

  for (const command of ['node app.js', 'ruby app.rb', 'java App']) {
    test(`there is none for ${command}`, () => {
      assert.match(wordsFor(command, connect), /^none: .* can only listen: use --debugger/);
    });
  }
});
