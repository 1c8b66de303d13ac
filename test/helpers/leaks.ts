// Preloaded into every file of end-to-end tests: a test that leaves anything behind, or makes Node warn,
// fails. Its proof is test/integration/leak-check.test.ts.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { beforeEach } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { eventually } from './eventually.ts';

/** What has just been asked to close may take so long. */
const PATIENCE_MS = 1000;

// Every process that a test starts inherits this variable, and its children do.
const mark = randomUUID();
process.env['TEST_MARK'] = mark;

const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(`warning: ${warning.stack ?? warning.message}`));

beforeEach((t) => {
  if (!('after' in t)) return; // a suite; its tests are checked
  const before = holdings();
  // Hooks run in the order in which they were added: one added by a hook comes after all of the test's.
  t.after(() => t.after(() => check(before)));
});

async function check(before: readonly string[]): Promise<void> {
  await nextTurn(); // a warning is told one turn late
  await eventually(
    () => {
      const left = [...surplus(holdings(), before), ...survivors(), ...warnings];
      if (left.length > 0) throw new Error(`left behind:\n${left.join('\n')}`);
    },
    { within: PATIENCE_MS },
  ).finally(() => {
    warnings.length = 0;
    for (const { pid } of markedProcesses()) process.kill(pid, 'SIGKILL');
  });
}

/** Timers, servers, sockets, descriptors, and listeners of the process. */
function holdings(): string[] {
  return [
    ...process.getActiveResourcesInfo().map((type) => `resource ${type}`),
    ...openFiles().map((target) => `descriptor ${target}`),
    ...process
      .eventNames()
      .flatMap((name) => process.listeners(name as 'exit').map(() => `listener ${String(name)}`)),
  ];
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('/proc/') || target.startsWith('anon_inode:') ? [] : [target];
    } catch {
      return []; // the descriptor by which the folder was read
    }
  });
}

/** What is in `now` more often than in `before`. */
function surplus(now: readonly string[], before: readonly string[]): string[] {
  const known = [...before];
  return now.filter((entry) => {
    const at = known.indexOf(entry);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

function survivors(): string[] {
  return markedProcesses().map(({ pid, command }) => `process ${pid} ${command}`);
}

function markedProcesses(): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      try {
        if (!readFileSync(`/proc/${entry}/environ`, 'utf8').includes(mark)) return [];
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(entry), command }];
      } catch {
        return []; // ended meanwhile, or not ours to read
      }
    });
}
