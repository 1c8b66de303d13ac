import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countPending } from '../../../src/process/pending-connections.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:0000000C 00:00000000 00000000     0        0 11
   1: 0100007F:1F90 0100007F:D431 03 00000000:00000000 00:00000000 00000000     0        0 0
   2: 0100007F:1F90 0100007F:D432 01 00000000:00000005 00:00000000 00000000     0        0 12
   3: 0100007F:1F91 00000000:0000 0A 00000000:00000007 00:00000000 00000000     0        0 13
`;

test('what waits is in the queue of the listener, or in the middle of its handshake', () => {
  assert.equal(countPending(table, 8080), 13);
  assert.equal(countPending(table, 8081), 7);
  assert.equal(countPending(table, 80), 0);
});
