// `npm run mutants`: puts each fault of test/mutants.ts into a copy of the source, one at a time, and demands
// that the named test, which passes without it, fails. Words choose by fault or file: npm run mutants -- webhook

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mutants, type Mutant } from '../test/mutants.ts';

const TIMEOUT_MS = 60_000;
const copied = [
  'src',
  'scripts',
  'test',
  'chart',
  'docs',
  'examples',
  'README.md',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const chosen = mutants.filter(
  ({ fault, file }) =>
    words.length === 0 || words.some((word) => `${fault} ${file}`.includes(word)),
);

const copy = mkdtempSync(join(tmpdir(), 'hurricane-mutants-'));
try {
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const passing = passingTests();
  const survivors = chosen.filter((mutant) => !isNoticed(mutant, passing));
  console.log(`\n${chosen.length - survivors.length} noticed, ${survivors.length} not`);
  process.exitCode = chosen.length > 0 && survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true });
}

type Outcomes = ReadonlyMap<string, 'ok' | 'not ok'>;

/** How the named tests of each file go without a fault: what fails already notices nothing. */
function passingTests(): ReadonlyMap<string, Outcomes> {
  build();
  const passing = new Map<string, Outcomes>();
  for (const [file, own] of Map.groupBy(chosen, ({ testFile }) => testFile)) {
    const names = own.map(({ testName }) => testName);
    passing.set(file, runNamed(file, names));
  }
  return passing;
}

function isNoticed(mutant: Mutant, passing: ReadonlyMap<string, Outcomes>): boolean {
  const { testFile, testName } = mutant;
  const before = passing.get(testFile)?.get(testName);
  if (before === undefined)
    return say(mutant, `is out of date: ${testFile} has no test "${testName}"`);
  if (before === 'not ok')
    return say(mutant, `proves nothing: "${testName}" in ${testFile} fails without it too`);
  const path = join(copy, mutant.file);
  const original = readFileSync(path, 'utf8');
  const places = original.split(mutant.find).length - 1;
  if (places !== 1)
    return say(mutant, `is out of date: its line is ${places} times in ${mutant.file}`);
  writeFileSync(
    path,
    original.replace(mutant.find, () => mutant.replace),
  );
  try {
    return judge(mutant);
  } finally {
    writeFileSync(path, original);
  }
}

function judge(mutant: Mutant): boolean {
  const { testFile, testName } = mutant;
  if (testFile.startsWith('test/e2e/')) build();
  const noticed = runNamed(testFile, [testName]).get(testName) === 'not ok';
  if (noticed) console.log(`✔ "${mutant.fault}" is noticed`);
  return noticed || say(mutant, `is not noticed by "${testName}" in ${testFile}`);
}

function build(): void {
  execFileSync(process.execPath, ['scripts/build.ts', '--js-only'], { cwd: copy });
}

function runNamed(testFile: string, names: readonly string[]): Outcomes {
  const options = ['--test', '--test-reporter=tap', `--test-timeout=${TIMEOUT_MS}`];
  const patterns = names.map((name) => `--test-name-pattern=^${escape(name)}$`);
  const { stdout, signal } = spawnSync(process.execPath, [...options, ...patterns, testFile], {
    cwd: copy,
    encoding: 'utf8',
  });
  if (signal !== null) throw new Error(`${testFile} was ended by ${signal}: nothing is proven`);
  // TAP escapes what it would take for its own signs.
  const outcomes = [...stdout.replaceAll('\\', '').matchAll(/^\s*(ok|not ok) \d+ - (.*)$/gm)];
  return new Map(
    names.flatMap((name) => {
      const own = outcomes.find(([, , told]) => told === name.replaceAll('\\', ''));
      return own === undefined ? [] : [[name, own[1] === 'ok' ? 'ok' : 'not ok'] as const];
    }),
  );
}

/** Prints why the mutant counts as not noticed. */
function say({ fault }: Mutant, sentence: string): false {
  console.log(`✖ "${fault}" ${sentence}`);
  return false;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
