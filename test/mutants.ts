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
    fault: 'what is installed can be used by its owner alone',
    file: 'src/lib/replace-files.ts',
    find: '  await chmod(to, (mode & 0o111) === 0 ? 0o644 : 0o755);\n',
    replace: '',
    testFile: 'test/integration/replace-files.test.ts',
    testName: 'makes a folder that is missing, for everybody to read',
  },
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
    find: "probe === 'readiness' ? drainingVerdict : up(probe, state, options)",
    replace: 'up(probe, state, options)',
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
    fault: 'the app starts although nobody can say whether migrations are pending',
    file: 'src/startup/migration-gate.ts',
    find: "if (kind === 'none' || (kind === 'pending' && orPending)) return kind;",
    replace: "if (kind !== 'pending' || orPending) return kind === 'pending' ? kind : 'none';",
    testFile: 'test/integration/migration-gate.test.ts',
    testName: 'applies nothing while it cannot be said whether any are pending',
  },
  {
    fault: 'a failure of Django counts as pending migrations',
    file: 'src/startup/migration-answer.ts',
    find: 'pending: { code: 1, line: /^Planned operations:$/ }',
    replace: 'pending: { code: 1 }',
    testFile: 'test/unit/startup/migration-answer.test.ts',
    testName: 'is told by its plan where the exit code is that of every failure',
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
    fault: 'the lifetime ends one request too late',
    file: 'src/probes/judge.ts',
    find: 'requests <= maxLifetime',
    replace: 'requests <= maxLifetime + 1',
    testFile: 'test/e2e/probes.test.ts',
    testName:
      'A39 with --max-lifetime 2 the liveness probe is 200 after two requests and 400 after three [js]',
  },
  {
    fault: 'a body that says it is too large is refused only as it comes',
    file: 'src/proxy/proxy.ts',
    find: 'head.bodyBytes > maxBodyBytes',
    replace: 'head.bodyBytes === Infinity',
    testFile: 'test/e2e/data-plane-faults.test.ts',
    testName:
      'a body, target or head that is too large, and what is not HTTP, are refused by name and counted [js]',
  },
  {
    fault: 'a failed startup is told without the output of what failed',
    file: 'src/webhooks/payload.ts',
    find: 'previous: null, traceback: output ?? reason };',
    replace: 'previous: null, traceback: reason };',
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
  {
    fault: 'the app is told to stop before the drain',
    file: 'src/app/run.ts',
    find: 'await cast.intake?.drain(',
    replace: 'void cast.app.stop(budget);\n  await cast.intake?.drain(',
    testFile: 'test/e2e/languages.test.ts',
    testName:
      'the node app is served, knows no secret of ours, and is stopped with requests in hand [js]',
  },
  {
    fault: 'our secrets stay in the environment of the app',
    file: 'src/app/backstage.ts',
    find: 'programEnvironment(edge.env, config.secretVariables, controlPath)',
    replace: 'programEnvironment(edge.env, [], controlPath)',
    testFile: 'test/e2e/languages.test.ts',
    testName:
      'the node app is served, knows no secret of ours, and is stopped with requests in hand [js]',
  },
  {
    fault: 'startup commands run before the ports are bound',
    file: 'src/app/run.ts',
    find: "    await cast.listen();\n    phase = 'prepare';\n    await cast.prepare(shutdown.signal, shutdown.over);\n",
    replace: '    await cast.prepare(shutdown.signal, shutdown.over);\n    await cast.listen();\n',
    testFile: 'test/e2e/serve-start.test.ts',
    testName:
      'busy_port: a second instance on the same port is refused before it starts anything [js]',
  },
  {
    fault: 'startup commands run in the wrong order',
    file: 'src/startup/startup-commands.ts',
    find: 'of commands) {',
    replace: 'of commands.toReversed()) {',
    testFile: 'test/e2e/serve-commands.test.ts',
    testName: 'A17 two startup commands run in their order, and their output is in the log [js]',
  },
  {
    fault: 'a signal that ended the app is not 128 + its number',
    file: 'src/core/exit-status.ts',
    find: '128 + constants.signals',
    replace: 'constants.signals',
    testFile: 'test/e2e/exit-codes.test.ts',
    testName: 'a signal that ends the app is 128 + its number [js]',
  },
  {
    fault: 'on one port the probes are taken for requests to the app',
    file: 'src/app/http-front.ts',
    find: 'config.probes.integrated ?',
    replace: 'false ?',
    testFile: 'test/e2e/probes.test.ts',
    testName:
      'A07 probes on the port of the app are announced as integrated and answer 400 during startup commands, then 200 [js]',
  },
  {
    fault: 'the liveness probe fails while draining',
    file: 'src/probes/judge.ts',
    find: "if (state.draining) return probe === 'readiness' ? drainingVerdict : up(probe, state, options);",
    replace: 'if (state.draining) return drainingVerdict;',
    testFile: 'test/unit/probes/health.test.ts',
    testName: 'drains at once, within the dwell too, and for good',
  },
  {
    fault: 'a check whose result is too old passes',
    file: 'src/checks/watched-check.ts',
    find: '      this.#history.expire();\n',
    replace: '',
    testFile: 'test/integration/checks.test.ts',
    testName: 'fails a check whose last result is too old',
  },
  {
    fault: 'a webhook is repeated under a new id',
    file: 'src/webhooks/payload.ts',
    find: '...{ id, sequence,',
    replace: '...{ id: `${id}-${attempt}`, sequence,',
    testFile: 'test/integration/webhooks.test.ts',
    testName: 'repeats under the same id after 500, 429, a reset and a hang, and later ones wait',
  },
  {
    fault: 'a draining instance does not announce that it closes connections',
    file: 'src/proxy/forwarding.ts',
    find: 'if (unread || this.#context.isClosing())',
    replace: 'if (unread)',
    testFile: 'test/integration/drain.test.ts',
    testName: 'requests are served during the delay, each answer ending its connection',
  },
  {
    fault: 'the ledger takes a client that left for an answer that arrived',
    file: 'src/proxy/exchange.ts',
    find: "return whole ? 'completed' : 'aborted';",
    replace: "return whole ? 'completed' : 'completed';",
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'http-proxy leaks the upstream request: a client that leaves ends it, and the counts go down [js]',
  },
  {
    fault: 'the request to the app outlives its client',
    file: 'src/proxy/forwarding.ts',
    find: '    if (!whole) this.#attempt?.drop();\n',
    replace: '',
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'http-proxy leaks the upstream request: a client that leaves ends it, and the counts go down [js]',
  },
  {
    fault: 'an answer that the app cut looks complete',
    file: 'src/proxy/forwarding.ts',
    find: "answer.on('error', () => this.#fail('app-truncated'));",
    replace: "answer.on('error', () => response.end());",
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'http-proxy hangs when the app cuts an answer: the client`s is cut too, and never looks complete [js]',
  },
  {
    fault: 'a hop-by-hop field goes on',
    file: 'src/proxy/hop-by-hop.ts',
    find: "    case 'keep-alive':\n",
    replace: '',
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'http-proxy keeps hop-by-hop fields: here they end in both directions, as do those Connection names [js]',
  },
  {
    fault: 'slashes in a target are joined',
    file: 'src/proxy/forward.ts',
    find: 'if (!/\\/\\/|:\\//.test(path)) return',
    replace: 'if (path !== undefined) return',
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'http-proxy rewrites targets and fields: here their bytes arrive as they were sent, both ways [js]',
  },
  {
    fault: 'the word of a peer that is not trusted is continued',
    file: 'src/proxy/request-head.ts',
    find: 'if (trusted) this.forwardedFor =',
    replace: 'this.forwardedFor =',
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'X-Forwarded fields of a trusted peer are continued, those of any other are replaced [js]',
  },
  {
    fault: 'a POST that the app may have seen is sent again',
    file: 'src/proxy/forwarding.ts',
    find: "'PUT', 'DELETE'])",
    replace: "'PUT', 'DELETE', 'POST'])",
    testFile: 'test/e2e/data-plane.test.ts',
    testName:
      'a GET on an idle connection that the app just closed is sent again, a POST never is [js]',
  },
  {
    fault: 'the head of an event stream waits for the first event',
    file: 'src/proxy/forwarding.ts',
    find: '    setImmediate(flushHead, this.#exchange, response);\n',
    replace: '',
    testFile: 'test/e2e/data-plane.test.ts',
    testName: 'each event of a stream reaches the client before the app makes the next [js]',
  },
  {
    fault: 'a slow reader does not hold back the app',
    file: 'src/proxy/flow.ts',
    find: 'if (to.write(chunk) || to.writableLength < maxBufferBytes - ON_ITS_WAY) return;',
    replace: 'if (to.write(chunk) || !from.destroyed) return;',
    testFile: 'test/e2e/data-plane-memory.test.ts',
    testName: 'a reader that stops holds back a download of 256 MiB, and memory stays flat [js]',
  },
  {
    fault: 'more than --max-buffer-size is held for a slow reader',
    file: 'src/proxy/flow.ts',
    find: '< maxBufferBytes - ON_ITS_WAY',
    replace: '< maxBufferBytes',
    testFile: 'test/unit/proxy/flow.test.ts',
    testName: 'holds nearly 256 KiB, and never more',
  },
  {
    fault: 'the last route that matches counts',
    file: 'src/metrics/route-instruments.ts',
    find: 'this.#routes.find(',
    replace: 'this.#routes.findLast(',
    testFile: 'test/unit/metrics/metrics.test.ts',
    testName: 'counts requests by the first route that matches, and all others as one',
  },
  {
    fault: 'a body of exactly --max-body-size is refused',
    file: 'src/proxy/proxy.ts',
    find: 'head.bodyBytes > maxBodyBytes',
    replace: 'head.bodyBytes >= maxBodyBytes',
    testFile: 'test/e2e/uploads.test.ts',
    testName: 'E02 a body over --max-body-size is refused with 413, and the app never sees it [js]',
  },
  {
    fault: 'the pool of Celery gets the stop signal too',
    file: 'src/process/signals.ts',
    find: "[/^celery$/, 'SIGTERM', 'leader']",
    replace: "[/^celery$/, 'SIGTERM']",
    testFile: 'test/e2e/worker-recipes.test.ts',
    testName: 'a Celery worker finishes and acknowledges the task it has in hand at SIGTERM [js]',
  },
  {
    fault: 'a worker is replaced before it has ended',
    file: 'src/config/settle.ts',
    find: "command === 'worker' || ",
    replace: '',
    testFile: 'test/e2e/worker.test.ts',
    testName:
      'SIGHUP and ctl replace a worker after it has ended, for which it has all of the grace period [js]',
  },
  {
    fault: 'a failed message is acknowledged although no queue has its copy',
    file: 'src/amqp/republisher.ts',
    find: '        if (!delivery.isCurrent() || link === undefined) break;\n',
    replace: '        return true;\n',
    testFile: 'test/e2e/consume-retries.test.ts',
    testName:
      'keeps a failed message while no queue takes it, is not ready, and goes on when one does [js]',
  },
  {
    fault: 'the copy of a failed message may go nowhere',
    file: 'src/amqp/publisher-091.ts',
    find: 'mandatory: true',
    replace: 'mandatory: false',
    testFile: 'test/e2e/consume-retries.test.ts',
    testName:
      'keeps a failed message while no queue takes it, is not ready, and goes on when one does [js]',
  },
  {
    fault: 'what a handler may not publish closes the channel of failed messages',
    file: 'src/amqp/amqp-091.ts',
    find: 'return this.#publisher.publish(publishing);',
    replace: 'return this.#republisher.publish(publishing);',
    testFile: 'test/e2e/consume-publishing.test.ts',
    testName:
      'a publication that the broker refuses fails the attempt of its message, and nobody else [js]',
  },
  {
    fault: 'a refused retry is tried again for ever over AMQP 0-9-1',
    file: 'src/amqp/faults-091.ts',
    find: 'if (code !== 403) return error;',
    replace: 'if (code !== 0) return error;',
    testFile: 'test/e2e/consume-publishing.test.ts',
    testName:
      'over AMQP 0-9-1 a user who may not write failed messages ends it with 77, and the message stays [js]',
  },
  {
    fault: 'a failed message is kept for ever because of its headers',
    file: 'src/amqp/consumer.ts',
    find: 'this.#subscription.link?.headerRoom(whole.properties) ?? Infinity',
    replace: 'Infinity',
    testFile: 'test/e2e/consume-publishing.test.ts',
    testName:
      'a failed message whose headers leave no room for ours goes on without the largest [js]',
  },
  {
    fault: 'a queue that went without a word is waited for in vain over AMQP 1.0',
    file: 'src/amqp/amqp-10.ts',
    find: "if (isMissing(error)) this.#end('cancelled', error);",
    replace: '',
    testFile: 'test/e2e/consume-10-peer.test.ts',
    testName:
      'a queue that goes without a word is missed at the latest when nothing came for a heartbeat [js]',
  },
  {
    fault: 'a refused retry is tried again for ever over AMQP 1.0',
    file: 'src/amqp/amqp-10.ts',
    find: "if (refusal !== undefined) this.#end('channel', refusal);",
    replace: '',
    testFile: 'test/e2e/consume-publishing.test.ts',
    testName:
      'over AMQP 1.0 a user who may not write failed messages ends it with 77, and the message stays [js]',
  },
  {
    fault: 'a message that has begun goes back at once when the consumer stops',
    file: 'src/amqp/consumer.ts',
    find: '    await this.#whenIdle(deadline);\n',
    replace: '    await this.#whenIdle(Deadline.after(0));\n',
    testFile: 'test/e2e/consume-drain.test.ts',
    testName: 'ends what has begun, gives the rest back, begins nothing more, and ends with 0 [js]',
  },
  {
    fault: 'messages that wait begin in the drain',
    file: 'src/amqp/consumer.ts',
    find: 'for (const attempt of this.#lanes.takeWaiting()) this.#giveBack(attempt);',
    replace: 'this.#lanes.open();',
    testFile: 'test/e2e/consume-drain.test.ts',
    testName: 'ends what has begun, gives the rest back, begins nothing more, and ends with 0 [js]',
  },
  {
    fault: 'the stop waits for a broker that says nothing',
    file: 'src/amqp/consumer.ts',
    find: 'this.#subscription.cancel(deadline.signal)',
    replace: 'this.#subscription.cancel(new AbortController().signal)',
    testFile: 'test/e2e/consume-broker.test.ts',
    testName: 'ends within the grace period although the broker is frozen [js]',
  },
  {
    fault: 'an acknowledgement of many goes one too far',
    file: 'src/amqp/settlements.ts',
    find: '(this.#acknowledged.delete(this.#lowest)) upTo = this.#lowest;',
    replace: '(this.#acknowledged.delete(this.#lowest)) upTo = this.#lowest + 1;',
    testFile: 'test/unit/amqp/settlements.test.ts',
    testName:
      'whatever the order in which 100 messages end, the broker never hears of an unfinished one',
  },
  {
    fault: 'a suspect runs beside others',
    file: 'src/amqp/lanes.ts',
    find: 'if (entry.alone && this.#running.size > 0) return;',
    replace: '',
    testFile: 'test/unit/amqp/lanes.test.ts',
    testName: 'lets a suspect run while nothing else does, and nobody overtakes it',
  },
  {
    fault: 'the reason why a connection was closed is lost',
    file: 'src/amqp/amqp-091.ts',
    find: "channel.on('error', (error) => {",
    replace: "channel.on('close', (error: unknown) => {",
    testFile: 'test/e2e/consume-broker.test.ts',
    testName: 'consumes again when an operator has closed its connections [js]',
  },
  {
    fault: 'messages are posted into an app that is not ready',
    file: 'src/app/delivery.ts',
    find: 'return this.#notReady;',
    replace: 'return undefined;',
    testFile: 'test/integration/delivery.test.ts',
    testName: 'held and not ready are two reasons, and nothing begins until both have gone',
  },
  {
    fault: 'a message fails an attempt because nobody listened',
    file: 'src/amqp/url-handler.ts',
    find: 'if (isRefusal(error)) {',
    replace: 'if (!isRefusal(error)) {',
    testFile: 'test/integration/delivery.test.ts',
    testName:
      'where nobody listens no attempt begins: the message goes back, and nothing begins for a while',
  },
  {
    fault: 'a stop cuts the message in hand while a request ends',
    file: 'src/app/side-by-side.ts',
    find: 'drain: (deadline) => inStep(both.map((intake) => intake.drain(deadline))),',
    replace: 'drain: (deadline) => one.drain(deadline),',
    testFile: 'test/unit/app/side-by-side.test.ts',
    testName: 'both are opened, held, drained and stopped, and the slower one decides',
  },
  {
    fault: 'a module that says it is ill is alive',
    file: 'src/amqp/message-thread.ts',
    find: 'this.#endCheck(message.outcome);',
    replace: 'this.#endCheck(UNSUSPECTED);',
    testFile: 'test/e2e/consume-isolation.test.ts',
    testName:
      'a module that says it is ill, or does not answer for its health, fails liveness with its words [js]',
  },
  {
    fault: 'messages that came back together always come in the same order',
    file: 'src/amqp/consumer.ts',
    find: 'attempt.returns % 2 === 1',
    replace: 'attempt.returns < 0',
    testFile: 'test/e2e/consume-isolation.test.ts',
    testName:
      'a message that kills the whole consumer every time ends as a dead letter, and takes no other with it [js]',
  },
  {
    fault: 'a back-off waits longer than it may',
    file: 'src/lib/backoff.ts',
    find: 'return doubled * random();',
    replace: 'return doubled * 2 * random();',
    testFile: 'test/unit/lib/backoff.test.ts',
    testName: 'full jitter spreads evenly over the delay, and never exceeds it',
  },
  {
    fault: 'init overwrites what is there',
    file: 'src/cli/commands/init.ts',
    find: 'look(path, edge) !== undefined;',
    replace: 'look(path, edge) === path;',
    testFile: 'test/e2e/init.test.ts',
    testName: 'init never overwrites a file [js]',
  },
  {
    fault: 'a project with pages of Node beside it is taken for one of Node',
    file: 'src/cli/init/languages.ts',
    find: "['python', 'ruby', 'php', 'java', 'go', 'node'] as const",
    replace: "['node', 'python', 'ruby', 'php', 'java', 'go'] as const",
    testFile: 'test/unit/cli/init.test.ts',
    testName: 'recognises {"pyproject.toml":"","package.json":"{}"}',
  },
  {
    fault: 'an example that nobody marked passes',
    file: 'test/helpers/doc-examples.ts',
    find: "(word === 'run' || word === 'check') && !hasText ? { kind: word } : undefined",
    replace:
      "(word === 'run' || word === 'check') && !hasText ? { kind: word } : { kind: 'shown', text }",
    testFile: 'test/unit/docs-examples.test.ts',
    testName: 'an example without a mark, or with an unknown one, is noticed',
  },
];
