// An endless event stream at a drain ends as a stream does, not as a connection that broke.

import assert from 'node:assert/strict';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { startHurricane } from '../helpers/hurricane.ts';
import { useClient } from '../helpers/raw-tcp.ts';

forEachArtefact('an event stream gets its last chunk at a drain', async (t, artefact) => {
  const app = await useApp(t);
  if (app === undefined) return;
  const words = ['--grace-period', '3s', '--drain-delay', '0', '--drain-quiet', '0'];
  const hurricane = await startHurricane(t, [...words, '--', ...app], { artefact });
  await hurricane.up();
  const client = await useClient(t, hurricane.port);
  client.send('GET /stream?n=1000000&ms=10 HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until('data: 1\n\n');
  hurricane.signal('SIGTERM');
  assert.match(await client.all(), /data: \d+\n\n\r\n0\r\n\r\n$/);
  assert.equal(await client.closed, 'end');
  const { completed, forced } = await hurricane.sees('drain.ended');
  assert.deepEqual([completed, forced], [1, 0]);
  assert.equal((await hurricane.exit).code, 0);
});
