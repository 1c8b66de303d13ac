import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { parseListeners } from '../../../src/process/listening-ports.ts';
import { parseStat } from '../../../src/process/proc.ts';

suite('/proc', () => {
  test('the name of a process may hold blanks and parentheses', () => {
    assert.deepEqual(parseStat('42 (a) S 1 (b)) Z 1 40 39 0 -1 4194560 0'), {
      ...{ pid: 42, state: 'Z', parent: 1, group: 40, session: 39 },
    });
  });

  test('listening sockets are found in the tables of TCP, connections are not', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100
   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100
`;
    assert.deepEqual(parseListeners(table), [{ port: 8080, inode: '4711' }]);
    assert.deepEqual(parseListeners(''), []);
  });
});
