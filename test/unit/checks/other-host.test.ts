import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reachesOtherHost } from '../../../src/checks/other-host.ts';

const http = (url: string): boolean => reachesOtherHost({ kind: 'http', url });
const tcp = (host: string): boolean => reachesOtherHost({ kind: 'tcp', host, port: 1 });

test('tells loopback from other hosts', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', 'app.localhost']) {
    assert.equal(tcp(host), false, host);
  }
  for (const host of ['db', '10.0.0.1', 'fd00::1', '127.example.com', 'localhost.example']) {
    assert.equal(tcp(host), true, host);
  }
  assert.equal(http('http://[::1]:8000/x'), false);
  assert.equal(http('https://db.example/health'), true);
});

test('the app itself is no other host', () => {
  assert.equal(reachesOtherHost({ kind: 'app', url: 'tcp://{host}:{port}' }), false);
  assert.equal(reachesOtherHost({ kind: 'app', url: 'http://db:{port}/' }), true);
});

test('accuses no program, module or file', () => {
  assert.equal(reachesOtherHost({ kind: 'command', words: ['curl', 'http://db'] }), false);
  assert.equal(reachesOtherHost({ kind: 'module', path: 'x.mjs' }), false);
  assert.equal(reachesOtherHost({ kind: 'file', path: '/x', maxAgeMs: undefined }), false);
});
