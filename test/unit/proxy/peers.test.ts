import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Peers } from '../../../src/proxy/peers.ts';

const ranges = new Peers({ kind: 'ranges', cidrs: ['10.0.0.0/8', '::1/128', '192.0.2.7'] });

function from(peers: Peers, remoteAddress: string): { address: string; trusted: boolean } {
  const { address, trusted } = peers.of({ remoteAddress, localPort: 80 });
  return { address, trusted };
}

test('an address in a trusted range is trusted, also in the clothes of IPv6', () => {
  assert.deepEqual(from(ranges, '::ffff:10.1.2.3'), { address: '10.1.2.3', trusted: true });
  assert.deepEqual(from(ranges, '::1'), { address: '::1', trusted: true });
  assert.equal(from(ranges, '192.0.2.7').trusted, true);
  assert.equal(from(ranges, '192.0.2.8').trusted, false);
  assert.equal(from(ranges, '2001:db8::1').trusted, false);
});

test('all and none need no ranges', () => {
  assert.equal(from(new Peers({ kind: 'all' }), '203.0.113.9').trusted, true);
  assert.equal(from(new Peers({ kind: 'none' }), '127.0.0.1').trusted, false);
});

test('the client is the nearest address that is not a trusted proxy', () => {
  assert.equal(ranges.clientOf('6.6.6.6, 203.0.113.9, 10.0.0.1'), '203.0.113.9');
  assert.equal(ranges.clientOf('10.0.0.2, 10.0.0.1'), '10.0.0.2');
});
