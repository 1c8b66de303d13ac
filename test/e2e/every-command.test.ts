// What is the same for every command that runs until it is stopped: what it logs, tells and leaves out.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { placeOf } from '../helpers/consume.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';
import { exampleApp } from '../helpers/example.ts';
import { startHurricane, type Hurricane, type StartOptions } from '../helpers/hurricane.ts';
import { isFree } from '../helpers/port.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { tell } from '../helpers/registrar.ts';
import { useWebhookSink, type WebhookSink } from '../helpers/webhook-sink.ts';

type Command = NonNullable<StartOptions['command']>;

const commands: Readonly<Record<Command, (t: TestContext) => Promise<readonly string[]>>> = {
  serve: () => Promise.resolve(['--', ...exampleApp]),
  worker: () => Promise.resolve(['--start-after', '0', '--', 'sleep', '60']),
  consume: async (t) => {
    const broker = await useDevelopmentBroker(t);
    return [...placeOf(broker), '--queue', 'jobs', '--handler-once', 'true'];
  },
};

async function start(
  t: TestContext,
  command: Command,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Hurricane> {
  const rest = await commands[command](t);
  const hurricane = await startHurricane(t, [...flags, ...rest], { artefact: 'js', command, env });
  await hurricane.up();
  return hurricane;
}

function startups({ deliveries }: WebhookSink): readonly Readonly<Record<string, unknown>>[] {
  return deliveries.map(({ payload }) => payload).filter(({ type }) => type === 'startup');
}

const source = ['--custom-metrics', "printf '# TYPE mine gauge\\nmine 7\\n'"];

for (const command of Object.keys(commands) as Command[]) {
  test(`${command} obeys LOG_PROBES, HURRICANE_LOG_LEVEL and HURRICANE_VERSION`, async (t) => {
    const sink = await useWebhookSink(t);
    const env = { LOG_PROBES: '1', HURRICANE_LOG_LEVEL: 'debug', HURRICANE_VERSION: '9.1' };
    const flags = ['--webhook-url', sink.url];
    const [hurricane, quiet, flagged] = await Promise.all([
      start(t, command, flags, env),
      start(t, command, ['--no-probe', '--no-metrics', ...flags], env),
      start(t, command, ['--log-probes', '--no-metrics', '--log-level', 'info'], {
        HURRICANE_LOG_LEVEL: 'debug',
      }),
    ]);
    for (const each of [hurricane, flagged]) {
      await each.probe('alive');
      const line = await each.sees(/^probe request$/);
      assert.deepEqual([line['path'], line['status']], ['/alive', 200]);
    }
    for (const each of [hurricane, quiet]) await each.sees(({ level }) => level === 'debug');
    assert.ok(!flagged.logs.some(({ level }) => level === 'debug'));
    for (const n of [0, 1]) {
      await eventually(() => assert.ok(startups(sink).length > n));
      assert.equal(startups(sink)[n]?.['version'], '9.1');
    }
  });

  test(`${command} takes custom metrics and webhooks, or says why not`, async (t) => {
    const [both, noMetrics, noProbe, neither] = await Promise.all([
      start(t, command, source),
      start(t, command, [...source, '--no-metrics']),
      start(t, command, [...source, '--no-probe']),
      start(t, command, [...source, '--no-probe', '--no-metrics']),
    ]);
    await tell(both, 'PUT', '/metrics/pushed');
    await tell(both, 'POST', '/metrics/pushed', { op: 'inc' });
    await eventually(async () => {
      const page = await scrape(both);
      assert.deepEqual([page.sum('mine'), page.sum('pushed')], [7, 1]);
    });
    assert.equal((await noMetrics.probe('alive')).status, 200);
    assert.equal((await noMetrics.probe('metrics')).status, 404);
    assert.ok(!both.logs.some(({ msg }) => msg === 'probe request'));
    for (const { probePort } of [noProbe, neither]) assert.ok(await isFree(probePort));
    for (const hurricane of [noMetrics, noProbe, neither]) {
      const { status, body } = await tell(hurricane, 'PUT', '/metrics/pushed');
      assert.equal(status, 409);
      assert.match(String(body['error']), /^there is no metrics page here, because of/);
      const why = /^custom-metrics has no effect with no-(metrics|probe): there is no page/;
      assert.ok(
        hurricane.logs.some(({ msg }) => why.test(msg)),
        'nobody was warned',
      );
    }
    for (const hurricane of [both, noMetrics, noProbe, neither]) {
      assert.equal((await tell(hurricane, 'PUT', '/webhooks/mine')).status, 200);
      assert.ok(!hurricane.logs.some(({ level }) => level === 'error'));
    }
  });
}
