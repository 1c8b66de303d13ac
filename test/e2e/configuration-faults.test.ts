// What is wrong with a configuration is told at once, before anything happens; and what is secret, never.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { runHurricane, startHurricane, type Result } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

interface Refusal extends Result {
  /** One sentence per problem. */
  readonly problems: readonly string[];
  readonly message: Record<string, unknown>;
}

/**
 * A start that is refused. Its port is taken: had it tried to bind, it would have said that instead.
 * App, startup command and check would leave a trace, were they started.
 */
async function refused(
  t: TestContext,
  artefact: Artefact,
  given: { flags?: readonly string[]; file?: string; env?: Record<string, string> },
): Promise<Refusal> {
  const { flags = [], file = '', env = {} } = given;
  const { port } = await useHttpServer(t, () => undefined);
  const cwd = useTempDir(t);
  const messagePath = join(cwd, 'termination-log');
  writeFileSync(join(cwd, 'hurricane.yaml'), file);
  writeFileSync(messagePath, '');
  const traces = ['--command', 'touch trace', '--check', 'readiness=touch trace'];
  const listens = ['--host', '127.0.0.1', '--port', `${port}`, '--termination-log', messagePath];
  const args = ['serve', ...listens, ...traces, ...flags, '--', 'touch', 'trace'];
  const result = await runHurricane(t, args, { artefact, cwd, env });
  assert.equal(result.stdout, '', 'nothing was started, so nothing is logged');
  assert.ok(!existsSync(join(cwd, 'trace')), 'nothing may be started');
  const problems = [...result.stderr.matchAll(/^ {2}- (.*)$/gm)].map(
    ([, problem]) => problem ?? '',
  );
  const message = JSON.parse(readFileSync(messagePath, 'utf8')) as Record<string, unknown>;
  return { ...result, problems, message };
}

function assertEach(problems: readonly string[], patterns: readonly RegExp[]): void {
  assert.equal(problems.length, patterns.length, problems.join('\n'));
  for (const [index, pattern] of patterns.entries()) assert.match(problems[index] ?? '', pattern);
}

forEachArtefact(
  'faults in flags, file and environment are one report, each with source and remedy; then 64',
  async (t, artefact) => {
    const { code, stderr, problems, message } = await refused(t, artefact, {
      flags: ['--porbe-port', '9000', '--grace-period', '25', '--startup-probe', '/ready/'],
      file: 'prot: 9000\ncommand: migrate\ncheckInterval: fast\n',
      env: {
        HURRICANE_LOG_LEVEL: 'loud',
        HURRICANE_REQ_QUEUE_LEN: '-1',
        HURRICANE_WAIT_FOR: 'tcp://database:5432\ndatabase',
      },
    });
    assert.equal(code, 64);
    assert.match(stderr, /^hurricane serve: nothing was started, because of 9 problems:\n/);
    assert.match(stderr, /\nAll options: hurricane serve --help-all\n$/);
    assertEach(problems, [
      /^--porbe-port is not an option of `hurricane serve`: did you mean --probe-port\?$/,
      /^prot is not a key .*: did you mean port\? \(from hurricane\.yaml: prot\)$/,
      /^command needs a list: write each value .* \(from hurricane\.yaml: command\)$/,
      /^log-level: "loud" is not possible here: give fatal, .* \(from HURRICANE_LOG_LEVEL\)$/,
      /^req-queue-len: "-1" is not a number: give a whole number .* \(from HURRICANE_REQ_QUEUE_LEN\)$/,
      /^wait-for: "database" is not an address: write tcp:\/\/HOST:PORT .* \(from HURRICANE_WAIT_FOR\)$/,
      /^check-interval: "fast" is not a time: give a number .* \(from hurricane\.yaml: checkInterval\)$/,
      /^grace-period: "25" is not a time: give a number with its unit, .* \(from --grace-period\)$/,
      /^startup-probe and readiness-probe are both \/ready: give each .* \(from --startup-probe\)$/,
    ]);
    assert.deepEqual([message['phase'], message['code']], ['configure', 64]);
    for (const problem of problems) assert.ok(String(message['stderr']).includes(problem));
  },
);

forEachArtefact('faults in file and environment alone end with 78', async (t, artefact) => {
  const { code, problems, message } = await refused(t, artefact, {
    file: 'maxBodySize: 10 MB\n',
    env: { HURRICANE_DRAIN_DELAY: 'long', HURRICANE_WEBHOOK_SECRET_FILE: '/run/none' },
  });
  assert.equal(code, 78);
  assertEach(problems, [
    /^max-body-size: "10 MB" is not a size: give bytes, .* \(from hurricane\.yaml: maxBodySize\)$/,
    /^drain-delay: "long" is not a time: .* \(from HURRICANE_DRAIN_DELAY\)$/,
    /^webhook-secret-file: "\/run\/none" does not exist: .* \(from HURRICANE_WEBHOOK_SECRET_FILE\)$/,
  ]);
  assert.equal(message['code'], 78);
});

forEachArtefact('a forgotten -- is recognised', async (t, artefact) => {
  const app = ['node', 'app.js', '--port', '3000'];
  for (const [args, flags] of [
    [['serve', ...app], ''],
    [app, ''],
    [['serve', '--port', '8000', ...app], '[options] '],
  ] as const) {
    const { code, stdout, stderr } = await runHurricane(t, args, { artefact });
    assert.deepEqual([code, stdout], [64, '']);
    const meant = `did you mean: hurricane serve ${flags}-- node app.js --port 3000\n`;
    assert.ok(stderr.includes(meant), stderr);
  }
});

forEachArtefact(
  'variables that Kubernetes sets for a Service called hurricane only warn',
  async (t, artefact) => {
    const app = (await useApp(t)) ?? [];
    const env = {
      HURRICANE_PORT: 'tcp://10.0.0.1:8000',
      HURRICANE_SERVICE_HOST: '10.0.0.1',
      HURRICANE_SERVICE_PORT: '8000',
      HURRICANE_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
      HURRICANE_PORT_8000_TCP_ADDR: '10.0.0.1',
      HURRICANE_PROT: '8000',
    };
    const hurricane = await startHurricane(t, ['--', ...app], { artefact, env });
    await hurricane.up();
    const warnings = hurricane.logs.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
    assertEach(warnings, [
      /^HURRICANE_PORT is ignored: Kubernetes set it .*: rename the Service, or set enableServiceLinks: false$/,
      /^ignored, because Kubernetes set them .*: HURRICANE_SERVICE_HOST, .*HURRICANE_PORT_8000_TCP_ADDR: rename/,
      /^HURRICANE_PROT is not a variable of hurricane and is ignored: did you mean HURRICANE_PORT\?$/,
    ]);
    const { code, stdout, stderr } = await runHurricane(t, ['serve', '--print-config'], {
      artefact,
      env,
    });
    assert.equal(code, 0);
    assert.match(stdout, /^port 8000 \(default\)$/m);
    for (const warning of warnings) assert.ok(stderr.includes(`hurricane: warning: ${warning}\n`));
  },
);

forEachArtefact('--print-config shows every value and where it came from', async (t, artefact) => {
  const cwd = useTempDir(t);
  writeFileSync(join(cwd, 'hurricane.yaml'), 'port: 7000\nprobePort: 7001\ncommand: [a b, c]\n');
  const args = ['serve', '--print-config', '--port', '6000', '--check', 'readiness=true'];
  const env = { HURRICANE_PROBE_PORT: '5001', HURRICANE_SILENCE: 'W001\nW002', LOG_PROBES: 'yes' };
  const text = await runHurricane(t, args, { artefact, cwd, env });
  assert.equal(text.code, 0);
  for (const line of [
    'port 6000 (--port)',
    'probe-port 7001 (hurricane.yaml: probePort)',
    'command a b (hurricane.yaml: command)',
    'command c (hurricane.yaml: command)',
    'silence W001 (HURRICANE_SILENCE)',
    'silence W002 (HURRICANE_SILENCE)',
    'log-probes yes (LOG_PROBES)',
    'check readiness=true (--check)',
    'grace-period 25s (default)',
    'app-port - (default)',
  ]) {
    assert.ok(text.stdout.split('\n').includes(line), `${line}\nis not in\n${text.stdout}`);
  }
  const json = await runHurricane(t, [...args, '--log-format', 'json'], { artefact, cwd, env });
  const entries = JSON.parse(json.stdout) as Record<string, unknown>;
  assert.deepEqual(entries['probe-port'], {
    values: ['7001'],
    layer: 'file',
    source: 'hurricane.yaml: probePort',
  });
  assert.equal(Object.keys(entries).length, new Set(text.stdout.match(/^[\w-]+/gm)).size);
});

/** Each in the place of a secret; none may be seen anywhere. */
const secrets = /s3cret-\w+/;

/** A working configuration that is full of secrets. */
async function useSecrets(t: TestContext) {
  const cwd = useTempDir(t);
  const sink = await useWebhookSink(t);
  const upstream = await useHttpServer(t, (_, response) => response.end());
  const withUser = upstream.url.replace('//', '//user:s3cret-wait@');
  writeFileSync(join(cwd, 'webhook-secret'), 's3cret-signing\n');
  const receivers = [
    `${sink.url}s3cret-path`,
    'http://user:s3cret-receiver@127.0.0.1:9/s3cret-path',
  ];
  const env = {
    HURRICANE_WEBHOOK_URL: receivers.join('\n'),
    HURRICANE_WEBHOOK_SECRET_FILE: 'webhook-secret',
    HURRICANE_WAIT_FOR: withUser,
    HURRICANE_VERSION: '1.2.3',
    APP_SECRET: 'kept',
  };
  const flags = [
    ...['--command', 'true postgres://user:s3cret-command@database/app'],
    ...['--check', 'readiness:database=false postgres://user:s3cret-check@database/app'],
    ...['--check', `liveness=${upstream.url.replace('//', '//user:s3cret-liveness@')}`],
    ...['--debug', '--log-probes'],
  ];
  return { cwd, sink, env, flags };
}

forEachArtefact(
  'secrets are in no log, probe, webhook, --print-config or environment of the app',
  async (t, artefact) => {
    const { cwd, sink, env, flags } = await useSecrets(t);
    const app = [...((await useApp(t)) ?? []), 'postgres://user:s3cret-argument@database/app'];
    const hurricane = await startHurricane(t, [...flags, '--', ...app], { artefact, cwd, env });
    await hurricane.up();
    await hurricane.sees(/^Sending webhook to http:\/\/127\.0\.0\.1:9\/… has failed/);
    const inApp = (await hurricane.get('/env')).text;
    const json = { headers: { accept: 'application/json' } };
    const probes = await Promise.all([
      hurricane.probe('ready'),
      hurricane.probe('ready', json),
      hurricane.probe('alive', json),
      hurricane.probe('metrics'),
    ]);
    await sink.receives(({ type }) => type === 'startup');
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);

    const names = inApp.match(/^(HURRICANE_\w+|APP_SECRET)(?==)/gm);
    const ours = ['HURRICANE_APP_PORT', 'HURRICANE_CONTROL_SOCKET', 'HURRICANE_VERSION'];
    assert.deepEqual(names?.sort(), ['APP_SECRET', ...ours]);
    assert.doesNotMatch(inApp, secrets);
    assert.doesNotMatch(JSON.stringify(hurricane.logs), secrets);
    assert.doesNotMatch(`${hurricane.stderr}${hurricane.output.join('\n')}`, secrets);
    assert.doesNotMatch(probes.map(({ text }) => text).join('\n'), secrets);
    assert.doesNotMatch(sink.deliveries.map(({ body }) => body).join('\n'), secrets);

    for (const format of ['text', 'json']) {
      const args = ['serve', '--print-config', '--log-format', format, ...flags];
      const { stdout, stderr } = await runHurricane(t, args, { artefact, cwd, env });
      assert.ok(stdout.includes('http://***@127.0.0.1:9/***'), stdout);
      assert.doesNotMatch(stdout + stderr, secrets);
    }
  },
);

forEachArtefact('secrets are in no report of faults', async (t, artefact) => {
  const bad = await refused(t, artefact, {
    flags: [
      ...['--wait-for', 'http://user:s3cret-wait@'],
      ...['--check', 'readiness=http://user:s3cret-check@'],
      ...['--command', 'psql "postgres://user:s3cret-command@database'],
    ],
    file: 'webhookSecretFile: hurricane.yaml\n"https://user:s3cret-key@example.com": 1\n',
    env: {
      HURRICANE_WEBHOOK_URL:
        's3cret-receiver\nftp://hooks.example/s3cret-path\nnone@http://x/s3cret-path',
    },
  });
  assert.equal(bad.code, 64);
  assert.equal(bad.problems.length, 7, bad.stderr);
  assert.doesNotMatch(bad.stderr + JSON.stringify(bad.message), secrets);

  for (const file of [
    'webhookUrl: [*s3cret-alias]',
    'webhookUrl: "s3cret-open',
    'a: !s3cret-tag b',
  ]) {
    const broken = await refused(t, artefact, { file });
    assert.equal(broken.code, 78);
    assert.match(broken.stderr, /hurricane\.yaml(, line 1, column \d+)?: .* quotes?\b/m);
    assert.doesNotMatch(broken.stderr + JSON.stringify(broken.message), secrets);
  }
});
