// Runs test files and keeps a record of every test: what the tables and the last line are made of.

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const SWIFT_EXIT = join(import.meta.dirname, '../test/helpers/swift-exit.ts');

/** One test as it went. */
export interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped or failed. */
  readonly reason?: string;
  /** The artefacts it started. */
  readonly artefacts: readonly string[];
  readonly seconds: number;
}

export interface RunOptions {
  readonly root: string;
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  /** Modules loaded into every file before its own. */
  readonly preload: readonly string[];
  /** A test that takes longer has failed. */
  readonly timeoutMs: number;
  /** Where tests note the artefacts they start; an empty file. */
  readonly startsFile: string;
}

/** Prints what happens and resolves with the tests of all files, suites themselves left out. */
export async function runTests(options: RunOptions): Promise<TestResult[]> {
  const { root, files, concurrency, preload, timeoutMs, startsFile } = options;
  const results: TestResult[] = [];
  const running = run({
    files: [...files],
    concurrency,
    timeout: timeoutMs,
    execArgv: [SWIFT_EXIT, ...preload].flatMap((module) => ['--import', module]),
    env: { ...process.env, TEST_STARTS_FILE: startsFile },
  });
  const note = (event: TestEvent, outcome: TestResult['outcome'], reason?: string): void => {
    if (event.details.type === 'suite') return;
    // Of a test that a helper defines, `file` is the helper.
    const file = relative(root, event.entryFile ?? event.file ?? '');
    const { name } = event;
    results.push({
      file,
      name,
      outcome,
      artefacts: [],
      seconds: Math.round(event.details.duration_ms) / 1000,
      ...(reason === undefined ? {} : { reason }),
    });
  };
  running.on('test:pass', (event) => {
    const unrun = event.skip ?? event.todo;
    if (unrun === undefined) note(event, 'passed');
    else note(event, 'skipped', typeof unrun === 'string' ? unrun : 'no reason given');
  });
  running.on('test:fail', (event) => note(event, 'failed', event.details.error.message));
  await new Promise((resolve) => {
    running.compose(new spec()).on('end', resolve).pipe(process.stdout, { end: false });
  });
  return withArtefacts(results, startsFile, root);
}

interface TestEvent {
  readonly name: string;
  readonly file?: string | undefined;
  readonly entryFile?: string | undefined;
  readonly details: { readonly type?: string | undefined; readonly duration_ms: number };
}

function withArtefacts(results: TestResult[], startsFile: string, root: string): TestResult[] {
  const starts = readFileSync(startsFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { file: string; name: string; artefact: string });
  return results.map((result) => {
    const own = starts.filter(
      ({ file, name }) => relative(root, file) === result.file && name === result.name,
    );
    return { ...result, artefacts: [...new Set(own.map(({ artefact }) => artefact))] };
  });
}
