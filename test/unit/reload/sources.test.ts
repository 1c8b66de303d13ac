import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { sourcesOf } from '../../../src/reload/sources.ts';

/** Whether a change of the file is told: it is below a base, in nothing that is ignored, and counts. */
function tells(globs: readonly string[], path: string, except: readonly string[] = []): boolean {
  const { bases, ignores, counts } = sourcesOf(globs, '/app', except);
  return bases.some((base) => {
    if (path !== base && !path.startsWith(`${base}/`)) return false;
    const parts = path.slice(base.length).split('/');
    const way = parts.map((_, index) => base + parts.slice(0, index + 1).join('/'));
    return !way.some(ignores) && counts(path);
  });
}

suite('without globs', () => {
  for (const path of ['/app/a.py', '/app/src/deep/b.js', '/app/Makefile', '/app/data.json']) {
    test(`${path} counts`, () => assert.ok(tells([], path)));
  }
  const others = [
    ...['/app/node_modules/x/index.js', '/app/.git/HEAD', '/app/.env', '/app/src/.cache/x'],
    ...['/app/__pycache__/a.cpython-311.pyc', '/app/app.log', '/app/db.sqlite3', '/app/a.swp'],
    ...['/app/db.sqlite3-journal', '/app/a.py~', '/elsewhere/a.py'],
  ];
  for (const path of others) test(`${path} does not`, () => assert.ok(!tells([], path)));

  test('folders of static and media files do not', () => {
    assert.ok(!tells([], '/app/media/a.json', ['media']));
    assert.ok(!tells([], '/app/media/a.json', ['/app/media/']));
    assert.ok(tells([], '/app/mediator/a.json', ['media']));
  });
});

suite('with globs', () => {
  test('what they name counts, wherever it is', () => {
    assert.deepEqual(sourcesOf(['src/**/*.py', 'conf/app.yaml'], '/app', []).bases, [
      '/app/src',
      '/app/conf/app.yaml',
    ]);
    for (const path of ['/app/src/a.py', '/app/src/deep/er/a.py', '/app/conf/app.yaml']) {
      assert.ok(tells(['src/**/*.py', 'conf/app.yaml'], path), path);
    }
    for (const path of ['/app/src/a.js', '/app/a.py', '/app/conf/other.yaml']) {
      assert.ok(!tells(['src/**/*.py', 'conf/app.yaml'], path), path);
    }
  });

  test('a folder is all that is in it', () => {
    assert.ok(tells(['src'], '/app/src/deep/a.log'));
    assert.ok(tells(['/shared/lib'], '/shared/lib/a.js'));
  });

  test('braces and signs in the first part are understood', () => {
    assert.ok(tells(['*.{js,ts}'], '/app/a.ts'));
    assert.ok(!tells(['*.{js,ts}'], '/app/deep/a.ts'));
    assert.deepEqual(sourcesOf(['/*.js'], '/app', []).bases, ['/']);
  });

  test('a folder of a library or of an editor counts only when it is named', () => {
    assert.ok(!tells(['**/*.js'], '/app/node_modules/x/a.js'));
    assert.ok(tells(['node_modules/mine/**/*.js'], '/app/node_modules/mine/a.js'));
    assert.ok(tells(['.env'], '/app/.env'));
  });
});
