// `npm run mutants`: puts each fault of test/mutants.ts into a copy of the source, one at a time, and demands
// that the named test fails. Words choose by fault or file: npm run mutants -- webhook

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
  'examples',
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
  const survivors = chosen.filter((mutant) => !isNoticed(mutant));
  console.log(`\n${chosen.length - survivors.length} noticed, ${survivors.length} not`);
  process.exitCode = chosen.length > 0 && survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true });
}

function isNoticed(mutant: Mutant): boolean {
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
  if (testFile.startsWith('test/e2e/')) {
    execFileSync(process.execPath, ['scripts/build.ts', '--js-only'], { cwd: copy });
  }
  const options = ['--test', '--test-reporter=tap', `--test-timeout=${TIMEOUT_MS}`];
  const pattern = `--test-name-pattern=^${escape(testName)}$`;
  const { stdout } = spawnSync(process.execPath, [...options, pattern, testFile], {
    cwd: copy,
    encoding: 'utf8',
  });
  // TAP escapes what it would take for its own signs.
  const outcomes = stdout.replaceAll('\\', '').matchAll(/^\s*(ok|not ok) \d+ - (.*)$/gm);
  const own = [...outcomes].find(([, , name]) => name === testName.replaceAll('\\', ''));
  if (own === undefined)
    return say(mutant, `is out of date: ${testFile} has no test "${testName}"`);
  if (own[1] === 'not ok') console.log(`✔ "${mutant.fault}" is noticed`);
  return own[1] === 'not ok' || say(mutant, `is not noticed by "${testName}" in ${testFile}`);
}

/** Prints why the mutant counts as not noticed. */
function say({ fault }: Mutant, sentence: string): false {
  console.log(`✖ "${fault}" ${sentence}`);
  return false;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
