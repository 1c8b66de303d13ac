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
  {
    fault: 'the environment stands above the file',
    file: 'src/config/settle.ts',
    find: '[flagValues, await fileLayer(named, readFile), environment]',
    replace: '[flagValues, environment, await fileLayer(named, readFile)]',
    testFile: 'test/e2e/settings.test.ts',
    testName: 'D02 the port comes from hurricane.yaml, whatever the environment says [js]',
  },
  {
    fault: 'the app starts although a startup command has failed',
    file: 'src/startup/startup-commands.ts',
    find: 'result.cut === undefined && isSuccess(result.status)',
    replace: 'result.cut === undefined',
    testFile: 'test/e2e/serve-commands.test.ts',
    testName:
      'A18 a failing startup command is an error, later ones and the app never run, the exit code is 75 [js]',
  },
  {
    fault: 'the lifetime ends one request too early',
    file: 'src/probes/judge.ts',
    find: 'requests <= maxLifetime',
    replace: 'requests < maxLifetime',
    testFile: 'test/e2e/probes.test.ts',
    testName:
      'A39 with --max-lifetime 2 the liveness probe is 200 after two requests and 400 after three [js]',
  },
  {
    fault: 'the body of a request that is too large reaches the app',
    file: 'src/proxy/proxy.ts',
    find: 'head.bodyBytes > maxBodyBytes',
    replace: 'head.bodyBytes === Infinity',
    testFile: 'test/e2e/uploads.test.ts',
    testName: 'E02 a body over --max-body-size is refused with 413, and the app never sees it [js]',
  },
  {
    fault: 'a failed startup is told without the output of what failed',
    file: 'src/webhooks/payload.ts',
    find: 'traceback: output ?? reason',
    replace: 'traceback: reason',
    testFile: 'test/e2e/webhooks-lines.test.ts',
    testName:
      'B02 after a failing startup command the receiver hears that the startup failed, with its output [js]',
  },
  {
    fault: '--no-metrics is not heeded',
    file: 'src/config/slices.ts',
    find: 'noProbe || noMetrics ? undefined',
    replace: 'noProbe ? undefined',
    testFile: 'test/e2e/metrics.test.ts',
    testName: 'P05 integrated and with --no-metrics there is no exporter [js]',
  },
];
