// Builds what is stale, measures hurricane against its bars and exits with 1 when one is missed. What counts
// is the ratio of medians taken in interleaved runs; absolute times say more about the machine.

import { report } from './bench/bar.ts';
import { benchCpu } from './bench/cpu.ts';
import { benchMemory } from './bench/memory.ts';
import { benchStart } from './bench/start.ts';
import { buildStale } from './build.ts';
import { setUpTests } from './setup-tests.ts';

setUpTests(['wrk', 'binutils']);
await buildStale();

process.exitCode = report([
  ...(await benchStart()),
  ...(await benchMemory()),
  ...(await benchCpu()),
])
  ? 0
  : 1;
