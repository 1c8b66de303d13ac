import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { wrapperWarning } from '../../../src/process/wrappers.ts';

suite('a shell between hurricane and the app', () => {
  const lines: readonly (readonly [line: string, remedy: string])[] = [
    ['node app.js', 'exec node app.js'],
    ['PORT=80 A="b c" node app.js', 'PORT=80 A="b c" exec node app.js'],
    ['cd /srv && node app.js', 'cd /srv && exec node app.js'],
    ['migrate; node app.js > log 2>&1', 'migrate; exec node app.js > log 2>&1'],
    ['node app.js --port ${PORT} "$HOME"', 'exec node app.js --port ${PORT} "$HOME"'],
    ['echo "a; exec b" && python3 app.py', 'echo "a; exec b" && exec python3 app.py'],
    ['execute app', 'exec execute app'],
  ];
  for (const [line, remedy] of lines) {
    test(`is named, with the remedy, in sh -c '${line}'`, () => {
      const warning = wrapperWarning(['/bin/sh', '-c', line]);
      assert.ok(warning !== undefined);
      assert.match(warning, /^sh -c stays between hurricane and the app: /);
      assert.ok(warning.endsWith(`: -- /bin/sh -c '${remedy}'`), warning);
    });
  }

  test('is found behind options, an entrypoint script and variables', () => {
    for (const words of [
      ['sh', '-ec', 'node app.js'],
      ['sh', '-e', '-c', 'node app.js', 'argument'],
      ['dash', '-c', 'node app.js'],
      ['fish', '-c', 'node app.js'],
      ['docker-entrypoint.sh', 'sh', '-c', 'node app.js'],
      ['env', 'A=1', 'ash', '-c', 'node app.js'],
    ]) {
      assert.match(wrapperWarning(words) ?? '', /'exec node app\.js'/);
    }
  });

  test('keeps in the remedy what stands before it', () => {
    for (const before of [
      'env A=1',
      'docker-entrypoint.sh',
      'bundle exec',
      'env A=1 bundle exec',
    ]) {
      const warning = wrapperWarning([...before.split(' '), 'sh', '-c', 'puma']) ?? '';
      assert.ok(warning.endsWith(`: -- ${before} sh -c 'exec puma'`), warning);
    }
  });

  const fine = [
    ...['exec node app.js', 'cd /srv && exec node app.js', 'A=1 exec node app.js'],
    ...['trap "kill %1" TERM; node app.js & wait', 'node app.js & wait', 'node app.js | tee log'],
    ...['while true; do node job.js; sleep 60; done', 'if test -f a; then node a; fi'],
    ...['run() { node app.js; }; run', '(node app.js)', 'node $(cat name)', 'sleep 1\nnode app.js'],
    ...['exit 3', 'echo up; read x', '. ./app.sh', '', ';'],
  ];
  for (const line of fine) {
    test(`is no reason to warn in sh -c ${JSON.stringify(line)}`, () => {
      assert.equal(wrapperWarning(['sh', '-c', line]), undefined);
    });
  }

  test('is not there when a script or a program is run, or when the shell steps aside by itself', () => {
    for (const command of ['sh start.sh', 'sh -e start.sh -c', './start.sh', 'node app.js', 'sh']) {
      assert.equal(wrapperWarning(command.split(' ')), undefined, command);
    }
    assert.equal(wrapperWarning(['bash', '-c', 'node app.js']), undefined);
    assert.equal(wrapperWarning(['sh', '-c']), undefined);
    assert.equal(wrapperWarning([]), undefined);
  });
});

test('the package manager between hurricane and the app is named', () => {
  for (const command of [
    'npm start',
    '/usr/bin/yarn run serve',
    'env A=1 pnpm start',
    'npx next',
    'bundle exec npm start',
  ]) {
    assert.match(wrapperWarning(command.split(' ')) ?? '', /^(npm|yarn|pnpm|npx) stays between/);
  }
  assert.match(wrapperWarning(['npm', 'start']) ?? '', /such as: -- node server\.js$/);
});

test('passwords in the remedy are masked', () => {
  const warning = wrapperWarning(['sh', '-c', 'app --db postgres://me:secret@db/shop']);
  assert.doesNotMatch(warning ?? 'secret', /secret/);
});

test('a variable that only a shell would read is named', () => {
  const warned = wrapperWarning(['python3', '-m', 'http.server', '$PORT']);
  assert.match(warned ?? '', /^no shell reads \$PORT, .*write \{port\} instead$/);
  for (const fine of [
    ['python3', '-m', 'http.server', '{port}'],
    ['zsh', '-c', 'app', '$PORT'],
  ]) {
    assert.equal(wrapperWarning(fine), undefined);
  }
});
