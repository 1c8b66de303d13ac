import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isRoutePattern, routePattern, widestTarget } from '../../../src/lib/route-pattern.ts';

function matched(pattern: string, targets: readonly string[]): readonly string[] {
  return targets.filter(routePattern(pattern));
}

suite('a pattern of paths', () => {
  test('means a path, whatever its query, its last slash and its authority', () => {
    const same = ['/a/b', '/a/b/', '/a/b?x=/c', '/a/b/?x', 'http://host/a/b', 'https://host/a/b#x'];
    assert.deepEqual(matched('/a/b', [...same, '/a', '/a/bc', '/a/b/c', '/A/b', '*', '-']), same);
    assert.deepEqual(matched('/a/b/', same), same);
    assert.deepEqual(matched('/', ['/', '/?x', 'http://host', '/a']), ['/', '/?x', 'http://host']);
  });

  test('has names for whole segments, which are not empty', () => {
    const targets = ['/o/1', '/o/%2f/', '/o/a:b?x', '/o/', '/o', '/o/1/2', '/o//'];
    assert.deepEqual(matched('/o/{id}', targets), ['/o/1', '/o/%2f/', '/o/a:b?x']);
    assert.deepEqual(matched('/o/{id}/x', ['/o/1/x', '/o/1/y', '/o//x']), ['/o/1/x']);
  });

  test('ends with a star for all below it, and for what it is below', () => {
    const all = ['/a', '/a/', '/a/b/c?x', '/a//'];
    assert.deepEqual(matched('/a/*', [...all, '/ab', '/']), all);
    assert.deepEqual(matched('/*', [...all, '/', '*']), [...all, '/']);
  });

  test('is literal in every other sign', () => {
    assert.deepEqual(matched('/a.b+(c)', ['/a.b+(c)', '/axb+(c)', '/a.bb(c)']), ['/a.b+(c)']);
  });

  test('is refused where it is none', () => {
    const none = ['', 'a', '//', '/a//b', '/a*', '/*/a', '/{a}.json', '/{}', '/:id', '/a?x', '/é'];
    assert.deepEqual(none.filter(isRoutePattern), []);
    const some = ['/', '/*', '/a', '/a/', '/a/*', '/{a}/{b}/', '/caf%C3%A9', '/a:b'];
    assert.deepEqual(some.filter(isRoutePattern), some);
  });

  test('takes no longer for a target that is made to be slow', () => {
    const matches = routePattern('/{a}/{b}/{c}/{d}/x');
    const startedAt = performance.now();
    assert.ok(!matches(`/${'a'.repeat(100_000)}/${'/'.repeat(100_000)}`));
    assert.ok(performance.now() - startedAt < 100);
  });

  test('has a target that only a pattern as wide matches', () => {
    const widerThan = (pattern: string): readonly string[] =>
      ['/a/{x}', '/a/b', '/a/*', '/*'].filter((other) =>
        routePattern(other)(widestTarget(pattern)),
      );
    assert.deepEqual(widerThan('/a/{y}'), ['/a/{x}', '/a/*', '/*']);
    assert.deepEqual(widerThan('/a/b'), ['/a/{x}', '/a/b', '/a/*', '/*']);
    assert.deepEqual(widerThan('/a/*'), ['/a/*', '/*']);
  });
});
