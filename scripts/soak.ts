// `npm run soak`: the long forms of the tests whose promises need many runs, on fresh artefacts.
//   npm run soak                    all of them, a hundred runs each
//   npm run soak -- orderly-stop    only test files whose path contains one of the words
//   SOAK_RUNS=10 npm run soak       fewer runs

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { setUpTests } from './setup-tests.ts';
import { runTests } from './test-run.ts';

const RUNS = '100';
/** For one test with all its runs. */
const TIMEOUT_MS = 2 * 60 * 60_000;

const root = join(import.meta.dirname, '..');
const startsFile = join(root, 'node_modules/.cache/hurricane/soak-starts.ndjson');
const words = process.argv.slice(2);
process.chdir(root);
// The tests ask for these names, and take their short form without them.
process.env['SOAK_RUNS'] ??= RUNS;
process.env['SOAK'] = '1';

const files = globSync('test/e2e/**/*.test.ts')
  .filter((file) => readFileSync(file, 'utf8').includes("process.env['SOAK"))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no test file with a long form has ${words.join(' or ')} in its path`);
  process.exit(1);
}

setUpTests();
const build = spawnSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(1);
mkdirSync(join(startsFile, '..'), { recursive: true });
writeFileSync(startsFile, '');
console.log(
  `SOAK_RUNS=${process.env['SOAK_RUNS']}, one after the other:\n  ${files.join('\n  ')}\n`,
);
const startedAt = performance.now();
const results = await runTests({
  ...{ root, files, concurrency: 1, timeoutMs: TIMEOUT_MS, startsFile },
  preload: [join(root, 'test/helpers/leaks.ts')],
});

const unpassed = results.filter(({ outcome }) => outcome !== 'passed');
for (const { file, name, outcome, reason } of unpassed) {
  console.log(`${outcome}: ${file}: ${name}${reason === undefined ? '' : `: ${reason}`}`);
}
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
console.log(`\n${results.length - unpassed.length} of ${results.length} passed in ${minutes} min`);
process.exitCode = results.length > 0 && unpassed.length === 0 ? 0 : 1;
