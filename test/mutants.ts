// Faults that a careless change could bring in, one line each, and the test that must notice it.
// `npm run mutants` proves it.

export interface Mutant {
  /** What is wrong with the program then. */
  readonly fault: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly testFile: string;
  /** Of an end-to-end test the one for dist/hurricane.js: `… [js]`. */
  readonly testName: string;
}

export const mutants: readonly Mutant[] = [
  {
    fault: 'answers of probes may be cached',
    file: 'src/http/respond.ts',
    find: "    'Cache-Control': noStore,\n",
    replace: '',
    testFile: 'test/integration/probe-server.test.ts',
    testName: 'answers in text that nobody may cache',
  },
  {
    fault: 'congestion begins one request too late',
    file: 'src/probes/judge.ts',
    find: 'queued >= limit',
    replace: 'queued > limit',
    testFile: 'test/unit/probes/judge.test.ts',
    testName: 'is congested from the limit on, and until 80 % of it, rounded down',
  },
  {
    fault: 'a webhook that was taken is sent again',
    file: 'src/webhooks/delivery-queue.ts',
    find: "if (result.kind !== 'retry') this.#waiting.shift();",
    replace: "if (result.kind === 'refused') this.#waiting.shift();",
    testFile: 'test/integration/webhooks.test.ts',
    testName: 'posts each edge to every receiver under one id, in order',
  },
  {
    fault: 'the readiness probe passes while draining',
    file: 'src/probes/judge.ts',
    find: "probe === 'readiness' ? drainingVerdict : up(probe, state)",
    replace: 'up(probe, state)',
    testFile: 'test/unit/probes/health.test.ts',
    testName: 'drains at once, within the dwell too, and for good',
  },
];
