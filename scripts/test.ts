// `npm test`: set-up, check, build, then unit, integration, chart, end-to-end and image tests, and the table of acceptance.
//   npm test                    everything
//   npm test -- serve-drain     only test files whose path contains one of the words; build as needed
// The report of the last run is test-report.json in node_modules/.cache/hurricane.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { judgeAcceptance } from '../test/acceptance.ts';
import { lendRabbitmq } from '../test/helpers/rabbitmq.ts';
import { setUpImages } from './setup-images.ts';
import { setUpTests } from './setup-tests.ts';
import { runTests, type TestResult } from './test-run.ts';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache/hurricane');
const startsFile = join(cache, 'test-starts.ndjson');
const leakCheck = join(root, 'test/helpers/leaks.ts');

/** Far longer than any test takes: one that waits for ever must not keep the others from being told. */
const TEST_TIMEOUT_MS = 5 * 60_000;

interface Stage {
  readonly title: string;
  readonly files: string;
  readonly concurrency: number;
  readonly preload?: readonly string[];
}

/** What is measured in time runs alone; the rest shares two cores, end to end mostly waiting. */
const stages: readonly Stage[] = [
  { title: 'unit', files: 'test/unit/**/!(*.load).test.ts', concurrency: 2 },
  { title: 'integration', files: 'test/integration/**/*.test.ts', concurrency: 2 },
  { title: 'chart', files: 'test/chart/**/*.test.ts', concurrency: 2, preload: [leakCheck] },
  { title: 'e2e', files: 'test/e2e/**/!(*.load).test.ts', concurrency: 3, preload: [leakCheck] },
  {
    title: 'e2e under load',
    files: 'test/e2e/**/*.load.test.ts',
    concurrency: 1,
    preload: [leakCheck],
  },
  { title: 'image', files: 'test/image/**/*.test.ts', concurrency: 3 },
];

const words = process.argv.slice(2);
process.chdir(root);
setUpTests();
const everything = words.length === 0;
if (everything) perform('check', 'npm', ['run', '--silent', 'check']);
if (everything || filesOf('test/{e2e,chart}/**').length > 0) {
  perform('build', process.execPath, ['scripts/build.ts']);
}
if (filesOf('test/image/**').length > 0) {
  console.log('\n── set-up of images');
  const reason = await setUpImages();
  if (reason !== undefined) process.env['NO_IMAGES'] = reason;
}
mkdirSync(cache, { recursive: true });
writeFileSync(startsFile, '');
const results = await runStages();
writeFileSync(join(cache, 'test-report.json'), JSON.stringify(results, null, 1));
process.exitCode = conclude(results, everything ? judgeAcceptance(results) : []);

/** The test files of a pattern, or those of them that were asked for. */
function filesOf(pattern: string): string[] {
  return globSync(pattern)
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => everything || words.some((word) => file.includes(word)))
    .sort();
}

function perform(title: string, program: string, args: readonly string[]): void {
  console.log(`\n── ${title}`);
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(`\n${title} failed: nothing was tested`);
  process.exit(1);
}

async function runStages(): Promise<TestResult[]> {
  const all: TestResult[] = [];
  for (const { title, files, concurrency, preload = [] } of stages) {
    const chosen = filesOf(files);
    if (chosen.length === 0) continue;
    console.log(`\n── ${title}`);
    const startedAt = performance.now();
    const sharesRabbitmq = chosen.some((file) => readFileSync(file).includes('shareRabbitmq('));
    const endRabbitmq = sharesRabbitmq ? await lendRabbitmq() : undefined;
    const options = { root, concurrency, preload, timeoutMs: TEST_TIMEOUT_MS, startsFile };
    all.push(...(await runTests({ ...options, files: chosen })));
    await endRabbitmq?.();
    console.log(`${title} took ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }
  return all;
}

/** Prints what was wrong and the counts; the exit code. Skipped tests fail the run unless ALLOW_SKIP is 1. */
function conclude(tests: readonly TestResult[], complaints: readonly string[]): number {
  const having = (outcome: TestResult['outcome']): readonly TestResult[] =>
    tests.filter((result) => result.outcome === outcome);
  const [passed, failed, skipped] = [having('passed'), having('failed'), having('skipped')];
  for (const { file, name, reason } of skipped) console.log(`skipped: ${file}: ${name}: ${reason}`);
  for (const { file, name, reason } of failed) console.log(`failed: ${file}: ${name}: ${reason}`);
  for (const complaint of complaints) console.log(`acceptance: ${complaint}`);
  if (tests.length === 0) console.log(`no test file has ${words.join(' or ')} in its path`);
  const skipsFail = skipped.length > 0 && process.env['ALLOW_SKIP'] !== '1';
  if (skipsFail)
    console.log('skipped tests fail the run: install what is missing, or set ALLOW_SKIP=1');
  console.log(
    `\n${passed.length} passed, ${failed.length} failed` +
      (skipped.length > 0 ? `, ${skipped.length} skipped` : '') +
      (complaints.length > 0 ? `, ${complaints.length} lines of acceptance unmet` : ''),
  );
  return passed.length > 0 && failed.length + complaints.length === 0 && !skipsFail ? 0 : 1;
}
