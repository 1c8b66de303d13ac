// An app that is replaced again and again leaves nothing of its processes behind in hurricane.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { childrenOf } from '../helpers/pid-namespace.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

/** The long form is for a run by itself. */
const isLong = process.env['SOAK_RUNS'] !== undefined;
/** Two apps side by side take longer: the new one has to prove itself first. */
const replacements = { 'stop-first': isLong ? 200 : 20, 'start-first': isLong ? 200 : 3 } as const;
/** After these all that is kept for good is there, but for code that V8 optimises later. */
const FIRST = 3;
const KIB = 1024;
const MIB = 1024 * KIB;
const MOST_HEAP_BYTES = 3 * MIB;
/** With its garbage. */
const MOST_RESIDENT_BYTES = 32 * MIB;

/** What it tells itself where it is a script. */
interface Inside {
  readonly heapBytes: number;
  readonly listeners: number;
  readonly resources: number;
}

const untold: Inside = { heapBytes: 0, listeners: 0, resources: 0 };

interface Holdings extends Inside {
  readonly descriptors: number;
  readonly residentBytes: number;
}

forEachArtefact(
  'replacements leave no descriptor, no listener and no memory behind',
  async (t, artefact) => {
    await Promise.all([
      replaceAgainAndAgain(t, artefact, 'start-first'),
      replaceAgainAndAgain(t, artefact, 'stop-first'),
    ]);
  },
);

async function replaceAgainAndAgain(
  t: TestContext,
  artefact: Artefact,
  replace: keyof typeof replacements,
): Promise<void> {
  const folder = useTempDir(t);
  const told = artefact === 'js' ? join(folder, 'holdings') : undefined;
  const [, teller] = useScript('tells-what-it-holds.mjs');
  const env = {
    LEDGER: join(folder, 'ledger'),
    ...(told === undefined ? {} : { NODE_OPTIONS: `--import ${teller}`, HOLDINGS: told }),
  };
  const args = ['--replace', replace, '--', ...useScript('keeps-ledger.mjs')];
  const hurricane = await startHurricane(t, args, { artefact, env });
  await hurricane.up();
  const count = replacements[replace];
  let before: Holdings | undefined;
  for (let n = 1; n <= FIRST + count; n += 1) {
    hurricane.signal('SIGHUP');
    assert.equal((await hurricane.get(`/?id=r${n}&ms=50`)).text, `done r${n}\n`);
    await hurricane.seesNth(n, 'app.replaced');
    if (n === FIRST) before = await holdingsOf(hurricane, told);
  }
  assert.ok(before);
  const { residentBytes, heapBytes, ...counts } = before;
  await eventually(async () => {
    const now = await holdingsOf(hurricane, told);
    for (const name of ['descriptors', 'listeners', 'resources'] as const) {
      assert.ok(now[name] <= counts[name], `${name}: ${counts[name]}, then ${now[name]}`);
    }
    const grown = { resident: now.residentBytes - residentBytes, heap: now.heapBytes - heapBytes };
    assert.ok(grown.resident < MOST_RESIDENT_BYTES, `resident grew by ${grown.resident}`);
    assert.ok(grown.heap < MOST_HEAP_BYTES, `the heap grew by ${grown.heap}`);
  });
  assert.equal(hurricane.stderr, '');
}

/** When nothing of another app is left. */
async function holdingsOf(hurricane: Hurricane, told: string | undefined): Promise<Holdings> {
  const { pid } = hurricane;
  await eventually(() => assert.equal(childrenOf(pid).length, 1), { within: 30_000 });
  const inside = told === undefined ? untold : await ask(hurricane, told);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    ...inside,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    residentBytes: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB,
  };
}

async function ask(hurricane: Hurricane, told: string): Promise<Inside> {
  rmSync(told, { force: true });
  hurricane.signal('SIGWINCH');
  return eventually(() => JSON.parse(readFileSync(told, 'utf8')) as Inside);
}
