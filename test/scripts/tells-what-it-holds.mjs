// Preloaded into dist/hurricane.js: at every SIGWINCH it writes to the file $HOLDINGS what it holds then. The
// app inherits it, and is left alone.

import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const { HOLDINGS } = process.env;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

async function tell() {
  collectGarbage();
  // Cleanups of what was collected hold memory themselves until they have run.
  await sleep(100);
  collectGarbage();
  const listeners = process.eventNames().map((name) => process.listenerCount(name));
  const holdings = {
    heapBytes: process.memoryUsage().heapUsed,
    listeners: listeners.reduce((sum, count) => sum + count, 0),
    resources: process.getActiveResourcesInfo().length,
  };
  writeFileSync(`${HOLDINGS}.new`, JSON.stringify(holdings));
  renameSync(`${HOLDINGS}.new`, HOLDINGS);
}

if (process.argv[1].endsWith('hurricane.js')) process.on('SIGWINCH', tell);
