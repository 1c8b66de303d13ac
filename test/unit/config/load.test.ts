import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ServeConfig } from '../../../src/config/config.ts';
import {
  loadCheckConfig,
  loadCtlConfig,
  loadProbeTarget,
  loadConsumeConfig,
  loadServeConfig,
  loadWorkerConfig,
  type LoadInput,
} from '../../../src/config/load.ts';
import { codeOf } from '../../../src/config/problem.ts';
import { loadInput } from '../../helpers/load-input.ts';

async function load(given: Parameters<typeof loadInput>[0]): Promise<ServeConfig> {
  const { config, problems } = await loadServeConfig(loadInput(given));
  return config ?? assert.fail(problems.map(({ message }) => message).join('\n'));
}

async function messages(given: Parameters<typeof loadInput>[0]): Promise<readonly string[]> {
  const { config, problems } = await loadServeConfig(loadInput(given));
  assert.equal(config, undefined);
  return problems.map(({ message }) => message);
}

async function onlyMessage(given: Parameters<typeof loadInput>[0]): Promise<string> {
  const all = await messages(given);
  assert.equal(all.length, 1, all.join('\n'));
  return all[0] ?? '';
}

suite('precedence', () => {
  const files = { 'hurricane.yaml': 'port: 7000' };
  const env = { HURRICANE_PORT: '9000' };

  test('a variable wins over the default', async () => {
    assert.equal((await load({ env })).listen.port, 9000);
  });

  test('the file wins over a variable', async () => {
    assert.equal((await load({ env, files })).listen.port, 7000);
  });

  test('a flag wins over the file and a variable, also when it equals the default', async () => {
    const { listen } = await load({ env, files, flags: { port: '8000' } });
    assert.equal(listen.port, 8000);
  });

  test('a switch can be turned off by a higher layer', async () => {
    const config = await load({ flags: { debug: 'false' }, env: { HURRICANE_DEBUG: 'true' } });
    assert.equal(config.debug, false);
  });

  test('a list of a higher layer replaces the whole list', async () => {
    const { startup } = await load({
      env: { HURRICANE_COMMAND: 'a 1\n\n  b 2\n' },
      files: { 'hurricane.yaml': 'command:\n  - c 3' },
    });
    assert.deepEqual(startup.commands, [{ words: ['c', '3'], text: 'c 3' }]);
  });

  test('a variable holds one value of a list per line', async () => {
    const { startup } = await load({ env: { HURRICANE_COMMAND: 'a 1\n\n  b 2\n' } });
    assert.deepEqual(
      startup.commands.map(({ text }) => text),
      ['a 1', 'b 2'],
    );
  });

  test('an empty variable counts as not set', async () => {
    assert.equal((await load({ env: { HURRICANE_PORT: ' ' } })).listen.port, 8000);
  });

  test('a wrong value in a lower layer does not matter', async () => {
    const { listen } = await load({ env: { HURRICANE_PORT: 'x' }, flags: { port: '1' } });
    assert.equal(listen.port, 1);
  });
});

suite('control socket', () => {
  const place = async (given: Parameters<typeof loadInput>[0]): Promise<string | undefined> =>
    (await loadCtlConfig(loadInput(given))).config?.controlSocket;

  test('lies in the temporary folder and is named after the probe port', async () => {
    assert.equal(await place({}), '/tmp/hurricane-8001.sock');
    assert.equal(await place({ flags: { port: '9000' } }), '/tmp/hurricane-9001.sock');
    assert.equal(
      await place({ env: { HURRICANE_PROBE_PORT: '7', TMPDIR: '/var/tmp/' } }),
      '/var/tmp/hurricane-7.sock',
    );
  });

  test('is where it is said to be, for the one who serves and for the one who asks', async () => {
    const given = { env: { HURRICANE_CONTROL_SOCKET: '/run/hurricane.sock' } };
    assert.equal(await place(given), '/run/hurricane.sock');
    assert.equal((await load(given)).controlSocket, '/run/hurricane.sock');
  });
});

suite('worker', () => {
  const loadWorker = async (given: Parameters<typeof loadInput>[0]) =>
    (await loadWorkerConfig(loadInput(given))).config ?? assert.fail('refused');

  test('answers probes on 8001, whatever port an app would have', async () => {
    const { probes } = await loadWorker({ env: { HURRICANE_PORT: '9000' } });
    assert.deepEqual([probes.listen, probes.integrated], [{ host: '::', port: 8001 }, false]);
  });

  test('is up after 3 s, or when its startup checks pass', async () => {
    const upOf = async (flags: Record<string, string>) => (await loadWorker({ flags })).app.up;
    assert.deepEqual(await upOf({}), { kind: 'lives', afterMs: 3000 });
    assert.deepEqual(await upOf({ 'start-after': '10s' }), { kind: 'lives', afterMs: 10_000 });
    assert.deepEqual(await upOf({ check: 'readiness=true' }), { kind: 'lives', afterMs: 3000 });
    assert.deepEqual(await upOf({ check: 'startup=true' }), { kind: 'lives', afterMs: 0 });
  });

  test('is replaced after it has ended, because two may do the same work twice', async () => {
    assert.equal((await loadWorker({})).supervision.replace, 'stop-first');
    const { supervision } = await loadWorker({ flags: { replace: 'start-first' } });
    assert.equal(supervision.replace, 'start-first');
    assert.equal((await load({})).supervision.replace, 'start-first');
  });

  test('has to be up before its time to start is over', async () => {
    const flags = { 'app-start-timeout': '2s' };
    const { problems } = await loadWorkerConfig(loadInput({ flags }));
    assert.match(problems[0]?.message ?? '', /start-after is not shorter than app-start-timeout/);
    const checked = { ...flags, check: 'startup=true' };
    assert.deepEqual((await loadWorkerConfig(loadInput({ flags: checked }))).problems, []);
  });

  test('has no port that a check could ask', async () => {
    for (const check of ['readiness=http://127.0.0.1:{port}/health', 'readiness=ask :{port}']) {
      const { problems } = await loadWorkerConfig(loadInput({ flags: { check } }));
      assert.match(problems[0]?.message ?? '', /a worker has no port .* \(from --check\)/);
    }
  });

  test('is refused what does not go together, as serve is', async () => {
    const flags = { metrics: '/ready', check: ['readiness:a=x', 'liveness:a=y'] };
    const { config, problems } = await loadWorkerConfig(loadInput({ flags }));
    assert.equal(config, undefined);
    assert.equal(problems.length, 2);
  });
});

suite('file', () => {
  test('hurricane.json is read as well', async () => {
    const files = { 'hurricane.json': '{"port": 7000, "silence": ["W001", 2], "debug": true}' };
    const config = await load({ files });
    assert.equal(config.listen.port, 7000);
    assert.deepEqual(config.checks.silenced, ['W001', '2']);
    assert.equal(config.debug, true);
  });

  test('--config names another one, in which the usual names do not count', async () => {
    const files = { 'hurricane.yaml': 'port: 1', 'etc/my.yml': 'port: 2' };
    assert.equal((await load({ files, flags: { config: 'etc/my.yml' } })).listen.port, 2);
    assert.equal((await load({ files, env: { HURRICANE_CONFIG: 'etc/my.yml' } })).listen.port, 2);
  });

  test('an empty file is fine', async () => {
    assert.equal(
      (await load({ files: { 'hurricane.yaml': '# nothing yet\n' } })).listen.port,
      8000,
    );
  });

  const faults = [
    [
      'prot: 1',
      'prot is not a key of the configuration file: did you mean port? (from hurricane.yaml: prot)',
    ],
    ['probe-port: 1', /did you mean probePort\?/],
    ['config: x', /config is not a key/],
    ['port:', /port needs one value: write port: PORT \(from hurricane.yaml: port\)/],
    ['port: [1, 2]', /port needs one value/],
    ['command: migrate', /command needs a list/],
    ['command: [{a: 1}]', /command has an entry .*: put it in quotes/],
    ['check:\n  - readiness=x: y', /check has an entry .*: put it in quotes/],
    ['- 1', /hurricane.yaml must hold keys and values/],
    [
      'port: 1\nport: 2',
      'hurricane.yaml, line 2, column 1: the same key stands here twice: keep one',
    ],
    ['a: [', /^hurricane.yaml, line 1, column \d+: a bracket is not closed/],
    ['command:\n\t- a', /line 2, column 1: the line is indented with a tab: use spaces$/],
    ['appVersion: a: b', /line 1, column 13: a second colon/],
    ['port 8000\nhost: x', /line 1, column 1: a key without a colon: write key: value$/],
    ['host: x\nport 8000', /line 2, column 1: a key without a colon: write key: value$/],
    ['host: x\nport 8000\ndebug: true', /line 2, column 1: a key without a colon/],
    ['port:8000', /must hold keys and values: write key: value, such as port: 8000$/],
    ['silence: "x', /a quote or bracket is not closed: close it$/],
    ['silence: @x', /line 1, column 10: .* put it in quotes$/],
    ['silence: *x', 'hurricane.yaml: cannot be understood as YAML: correct it, or use quotes'],
  ] as const;
  for (const [text, expected] of faults) {
    test(`${JSON.stringify(text)} is refused with a sentence`, async () => {
      const message = await onlyMessage({ files: { 'hurricane.yaml': text } });
      if (typeof expected === 'string') assert.equal(message, expected);
      else assert.match(message, expected);
    });
  }

  test('a fault of JSON is told with its place', async () => {
    assert.equal(
      await onlyMessage({ files: { 'hurricane.json': '{"port": 1,}' } }),
      'hurricane.json, line 1, column 12: this is not JSON: correct it',
    );
  });

  const secretive = [
    ['yaml', 'webhookUrl: [*hunter2]'],
    ['yaml', 'webhookUrl: !hunter2 x'],
    ['yaml', 'webhookUrl: |hunter2'],
    ['yaml', '"webhookUrl": "hunter2'],
    ['yaml', 'https://user:hunter2@example.com/: 1'],
    ['json', '{"webhookUrl": hunter2}'],
    ['json', 'hunter2'],
    ['json', '{"webhookUrl": ["hunter2"] "port": 1}'],
  ] as const;
  for (const [type, text] of secretive) {
    test(`the sentence about ${text} does not quote it`, async () => {
      const message = await onlyMessage({ files: { [`hurricane.${type}`]: text } });
      assert.doesNotMatch(message, /hunter2/);
    });
  }

  test('a named file that does not exist is a problem, with the place it was named in', async () => {
    assert.equal(
      await onlyMessage({ flags: { config: 'x.yaml' } }),
      'config: "x.yaml" does not exist: create it, or correct the path (from --config)',
    );
  });

  test('hurricane.yml is told of where it is the only one, since it is not read', async () => {
    const told = async (files: Readonly<Record<string, string>>, flags = {}) =>
      (await loadServeConfig(loadInput({ files, flags }))).warnings;
    const yml = { 'hurricane.yml': 'port: 1' };
    assert.match((await told(yml)).join(), /^hurricane\.yml is not read: call it hurricane\.yaml/);
    assert.deepEqual(await told({ ...yml, 'hurricane.yaml': '' }), []);
    assert.deepEqual(await told(yml, { config: 'hurricane.yml' }), []);
  });

  test('two files of the usual names are one too many', async () => {
    const files = { 'hurricane.yaml': '', 'hurricane.json': '{}' };
    assert.match(await onlyMessage({ files }), /both exist: keep one/);
  });
});

suite('problems', () => {
  test('all of them are in one report, each with its source', async () => {
    const all = await messages({
      flags: { prot: '1', 'probe-port': '80a', 'grace-period': '' },
      files: { 'hurricane.yaml': 'maxBodySize: 10MB\nchecks: 1' },
      env: {
        HURRICANE_REQ_QUEUE_LEN: '-1',
        HURRICANE_WAIT_FOR: 'db\ntcp://cache:6379',
        HURRICANE_METRICS: 'ready',
      },
    });
    const expected = [
      /^--prot is not an option of `hurricane serve`: did you mean --port\?/,
      /^--grace-period needs a value: write --grace-period TIME/,
      /^checks is not a key .* did you mean check\? \(from hurricane.yaml: checks\)/,
      /^probe-port: "80a" is not a port: .* \(from --probe-port\)/,
      /^req-queue-len: "-1" is not a number: .* \(from HURRICANE_REQ_QUEUE_LEN\)/,
      /^wait-for: "db" is not an address: .* \(from HURRICANE_WAIT_FOR\)/,
      /^max-body-size: "10MB" is not a size: .* \(from hurricane.yaml: maxBodySize\)/,
      /^readiness-probe and metrics are both \/ready: .* \(from HURRICANE_METRICS\)/,
    ];
    assert.equal(all.length, expected.length, all.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(all[index] ?? '', pattern);
  });

  test('the code is that of wrong flags when flags are among the causes', async () => {
    const code = async (input: LoadInput) => codeOf((await loadServeConfig(input)).problems);
    const env = { HURRICANE_PORT: 'x' };
    assert.equal(await code(loadInput({ env })), 'invalid-configuration');
    assert.equal(await code(loadInput({ env, flags: { 'log-level': 'x' } })), 'usage');
    assert.equal(await code(loadInput({ flags: { metrics: '/ready' } })), 'usage');
  });

  test('a value with a line break is shown on one line', async () => {
    const message = await onlyMessage({ files: { 'hurricane.json': '{"silence": ["a\\nb"]}' } });
    assert.match(message, /^silence: "a\\nb" is empty or contains a line break/);
  });

  test('an option given twice is refused unless it is a list', async () => {
    assert.match(await onlyMessage({ flags: { port: ['1', '2'] } }), /--port is given 2 times/);
    const twice = { flags: { 'probe-host': '::1', interface: '::' } };
    assert.match(await onlyMessage(twice), /--interface is given 2 times/);
    const { startup } = await load({ flags: { command: ['a', 'b'] } });
    assert.equal(startup.commands.length, 2);
  });

  test('paths collide in their canonical form, and only while they are served', async () => {
    const flags = { 'startup-probe': '//probe/', 'liveness-probe': 'pro be' };
    assert.match(await onlyMessage({ flags }), /startup-probe and liveness-probe are both \/probe/);
    await load({ flags: { ...flags, 'no-probe': 'true' } });
    await load({ flags: { metrics: '/ready', 'no-metrics': 'true' } });
    const numbers = { flags: { metrics: '/m', 'readiness-probe': '/m.json' } };
    assert.match(
      await onlyMessage(numbers),
      /^readiness-probe and metrics as JSON are both \/m\.json: /,
    );
  });

  test('routes are patterns, few, and each is reached', async () => {
    const routes = (...route: readonly string[]) => ({ flags: { route } });
    assert.deepEqual((await load(routes('/a/b', '/a/{x}', '/a/*', '/'))).routes, [
      ...['/a/b', '/a/{x}', '/a/*', '/'],
    ]);
    assert.match(
      await onlyMessage(routes('/a/{x}', '/b', '/a/b')),
      /^route \/a\/b would never count, because \/a\/\{x\} is before it .* \(from --route\)$/,
    );
    assert.match(await onlyMessage(routes('/a', '/a/')), /\/a\/ would never count/);
    assert.match(await onlyMessage(routes('/a/:id')), /is not a route: write .*\{id\}/);
    const many = Array.from({ length: 101 }, (_, n) => `/${n}`);
    assert.equal((await load(routes(...many.slice(1)))).routes.length, 100);
    assert.match(await onlyMessage(routes(...many)), /^route is given 101 times, .* takes 100/);
  });

  test("the app cannot have one of hurricane's own ports", async () => {
    assert.match(await onlyMessage({ flags: { 'app-port': '8000' } }), /hurricane's own port/);
    assert.match(
      await onlyMessage({ flags: { 'app-port': '8001' } }),
      /hurricane's own probe-port/,
    );
    await load({ flags: { 'app-port': '8001', 'no-probe': 'true' } });
  });

  test('a result that is too old before the next one comes is refused', async () => {
    assert.match(
      await onlyMessage({ flags: { 'check-interval': '1m' } }),
      /^check-max-age 30s is shorter than check-interval 60s, .* \(from --check-interval\)$/,
    );
    await load({ flags: { 'check-interval': '1m', 'check-max-age': '1m' } });
  });

  test('a check of a port that the app does not have is refused', async () => {
    for (const check of ['readiness=tcp://127.0.0.1:{port}', 'readiness=ask :{port}']) {
      const flags = { check, 'app-socket': '/run/app.sock' };
      assert.match(
        await onlyMessage({ flags }),
        /with app-socket the app has no port: .*--app-socket/,
      );
    }
    await load({ flags: { check: 'readiness=ask {socket}', 'app-socket': '/run/app.sock' } });
  });

  test('a port and a socket of the app exclude each other', async () => {
    const flags = { 'app-port': '3000', 'app-socket': '/run/app.sock' };
    assert.match(
      await onlyMessage({ flags }),
      /exclude each other: .*\(from --app-port and --app-socket\)/,
    );
  });

  test('one port on two addresses is refused', async () => {
    const flags = { 'probe-port': '8000', 'probe-host': '127.0.0.1' };
    assert.match(await onlyMessage({ flags }), /probe-host differs from host/);
  });

  test('options of a migration gate without its question are refused in one sentence', async () => {
    const flags = { 'check-migrations-apply': 'migrate', 'gate-first': 'true' };
    assert.match(
      await onlyMessage({ flags, env: { HURRICANE_GATE_TIMEOUT: '1m' } }),
      /^check-migrations-apply and gate-first and gate-timeout without check-migrations: name .*\(from --check-migrations-apply and --gate-first and HURRICANE_GATE_TIMEOUT\)$/,
    );
    assert.match(
      await onlyMessage({ flags: { 'gate-pending-code': '3' } }),
      /^gate-pending-code without check-migrations: /,
    );
    const question = { 'check-migrations': 'migrate --check', 'gate-pending-code': '3' };
    const { gate, gateFirst } = (await load({ flags: { ...flags, ...question } })).startup;
    assert.deepEqual([gate?.pendingCode, gate?.apply?.text, gateFirst], [3, 'migrate', true]);
    assert.equal((await load({ flags: { 'gate-timeout': '10m' } })).startup.gate, undefined);
  });

  test('an exit code for a tool that is understood by what it prints is refused', async () => {
    const flags = { 'check-migrations': 'django', 'gate-pending-code': '3' };
    assert.match(
      await onlyMessage({ flags }),
      /^gate-pending-code is for a command of your own, .*--gate-pending-code\)$/,
    );
    assert.match(
      await onlyMessage({ flags: { 'check-migrations': 'migrate', 'gate-pending-code': '0' } }),
      /^gate-pending-code: "0" is not the exit code of a failure: give a number from 1 to 255/,
    );
  });

  test('two checks of one name are refused', async () => {
    const flags = { check: ['readiness:db=a', 'liveness:db=b', 'liveness=c', 'liveness=d'] };
    assert.match(await onlyMessage({ flags }), /two checks are called db/);
  });

  test('a default that follows from a wrong value is not a second problem', async () => {
    await onlyMessage({ flags: { port: 'x' } });
  });

  test('no port is left for the probes above 65535', async () => {
    const message = await onlyMessage({ flags: { port: '65535' } });
    assert.match(message, /probe-port: "65536" is not a port: .* \(from default: port \+ 1;/);
  });
});

suite('secrets', () => {
  const url = 'https://me:hunter2@hooks.example.com/services/T0KEN';

  test('never stand in a problem', async () => {
    const all = await messages({
      flags: {
        'webhook-url': [`boot@${url}`, 'hooks.example.com/services/T0KEN'],
        'wait-for': 'ftp://me:hunter2@db',
        check: 'readyness=http://me:hunter2@db',
      },
    });
    assert.equal(all.length, 4);
    assert.doesNotMatch(all.join('\n'), /hunter2|T0KEN/);
  });

  test('never stand in what --print-config prints', async () => {
    const flags = { 'webhook-url': url, 'wait-for': 'http://me:hunter2@db/x' };
    const { entries } = await loadServeConfig(loadInput({ flags }));
    assert.doesNotMatch(JSON.stringify(entries), /hunter2|T0KEN/);
    assert.match(JSON.stringify(entries), /hooks\.example\.com/);
  });

  test('the secret of webhooks is the content of its file', async () => {
    const { webhooks } = await load({
      env: { HURRICANE_WEBHOOK_SECRET_FILE: '/run/secret' },
      files: { '/run/secret': 's3cret\n' },
    });
    assert.equal(webhooks.secret, 's3cret');
  });

  test('a missing or empty secret file is a problem', async () => {
    const flags = { 'webhook-secret-file': '/run/secret' };
    assert.equal(
      await onlyMessage({ flags }),
      'webhook-secret-file: "/run/secret" does not exist: create it, or correct the path (from --webhook-secret-file)',
    );
    assert.match(await onlyMessage({ flags, files: { '/run/secret': '\n' } }), /is empty/);
  });

  test('a file that a variable names must hold a value', async () => {
    const flags = { queue: 'q', 'amqp-host': 'h', 'amqp-port': '1', handler: 'h.mjs' };
    const env = { AMQP_PASSWORD_FILE: '/run/password' };
    const read = async (text: string) =>
      loadConsumeConfig(loadInput({ flags, env, files: { '/run/password': text } }));
    const { config } = await read('s3cret\n');
    assert.equal(config?.broker.addresses[0]?.password, 's3cret');
    const { problems } = await read('\n');
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        'amqp-password: "/run/password" is empty: write the value into it (from AMQP_PASSWORD_FILE)',
      ],
    );
  });

  test('the variables to hide from other programs are ours that are secret or hold credentials', async () => {
    const { secretVariables } = await load({
      env: {
        HURRICANE_WAIT_FOR: 'http://me:pw@db',
        HURRICANE_WEBHOOK_URL: 'http://sink',
        HURRICANE_WEBHOOK_SECRET_FILE: '/run/secret',
        HURRICANE_CHECK: 'liveness=http://db',
        AMQP_PASSWORD: 'also the app’s',
      },
      files: { '/run/secret': 's3cret' },
    });
    assert.deepEqual([...secretVariables].sort(), [
      'HURRICANE_WAIT_FOR',
      'HURRICANE_WEBHOOK_SECRET_FILE',
      'HURRICANE_WEBHOOK_URL',
    ]);
  });
});

suite('environment of Kubernetes', () => {
  test('service links only warn', async () => {
    const env = {
      HURRICANE_PORT: 'tcp://10.0.0.1:8000',
      HURRICANE_PROBE_PORT: 'tcp://10.0.0.2:8000',
      HURRICANE_SERVICE_HOST: '10.0.0.1',
      HURRICANE_SERVICE_PORT_HTTP: '8000',
      HURRICANE_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
      HURRICANE_PORT_8000_TCP_ADDR: '10.0.0.1',
      HURRICANE_DEMO_SERVICE_HOST: '10.0.0.3',
    };
    const { config, warnings } = await loadServeConfig(loadInput({ env }));
    assert.equal(config?.listen.port, 8000);
    assert.equal(warnings.length, 3);
    const links = /HURRICANE_SERVICE_HOST, .*HURRICANE_DEMO_SERVICE_HOST: rename the Service/;
    assert.match(warnings.at(-1) ?? '', links);
  });

  test('an unknown variable warns, with the one that was probably meant', async () => {
    const env = { HURRICANE_PROT: '1', OTHER: 'x' };
    const { config, warnings } = await loadServeConfig(loadInput({ env }));
    assert.ok(config);
    assert.deepEqual(warnings, [
      'HURRICANE_PROT is not a variable of hurricane and is ignored: did you mean HURRICANE_PORT?',
    ]);
  });

  test('the drain delay is 5 s in a pod and 0 elsewhere', async () => {
    assert.equal((await load({})).stop.drainDelayMs, 0);
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    assert.equal((await load({ env })).stop.drainDelayMs, 5000);
    assert.equal((await load({ env, flags: { 'drain-delay': '0' } })).stop.drainDelayMs, 0);
  });
});

suite('slices', () => {
  test('the probes have their own port, one above', async () => {
    const { probes } = await load({ flags: { port: '8085' } });
    assert.deepEqual(probes.listen, { host: '::', port: 8086 });
    assert.equal(probes.integrated, false);
  });

  test('port 0 leaves both ports to the system', async () => {
    const { probes } = await load({ flags: { port: '0' } });
    assert.equal(probes.listen?.port, 0);
    assert.equal(probes.integrated, false);
  });

  test('the same port integrates the probes, on the address of the app', async () => {
    const { probes, listen } = await load({ flags: { 'probe-port': '8000', host: '127.0.0.1' } });
    assert.equal(probes.integrated, true);
    assert.deepEqual(probes.listen, listen);
  });

  test('--no-probe takes the metrics with it', async () => {
    const { probes } = await load({ flags: { 'no-probe': 'true' } });
    assert.equal(probes.listen, undefined);
    assert.equal(probes.metricsPath, undefined);
    assert.equal(probes.numbersPath, undefined);
  });

  test('LOG_PROBES counts, and HURRICANE_LOG_PROBES counts more', async () => {
    assert.equal((await load({ env: { LOG_PROBES: 'true' } })).probes.logRequests, true);
    const env = { LOG_PROBES: 'true', HURRICANE_LOG_PROBES: 'false' };
    assert.equal((await load({ env })).probes.logRequests, false);
  });

  test('--debug lowers the log level unless one is given', async () => {
    assert.equal((await load({ flags: { debug: 'true' } })).log.level, 'debug');
    const flags = { debug: 'true', 'log-level': 'warn' };
    assert.equal((await load({ flags })).log.level, 'warn');
  });

  test('a maximum lifetime gets up to a tenth more, so that replicas do not end together', async () => {
    const lifetime = async (max: string, random: number) =>
      (await load({ flags: { 'max-lifetime': max }, random })).health.maxLifetime;
    assert.equal(await lifetime('2', 0.999), 2);
    assert.equal(await lifetime('1000', 0), 1000);
    assert.equal(await lifetime('1000', 0.999), 1100);
    assert.equal((await load({})).health.maxLifetime, undefined);
  });

  test('the version of the app comes from HURRICANE_VERSION', async () => {
    const { webhooks } = await load({ env: { HURRICANE_VERSION: '1.2.3' } });
    assert.equal(webhooks.appVersion, '1.2.3');
  });

  test('the configuration cannot be changed', async () => {
    const config = await load({ flags: { command: 'a b' } });
    const [command] = config.startup.commands;
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.probes));
    assert.ok(Object.isFrozen(command?.words));
  });
});

suite('other commands', () => {
  test('probe asks where the same configuration would serve', async () => {
    const env = {
      HURRICANE_PORT: '9000',
      HURRICANE_READINESS_PROBE: 'up',
      HURRICANE_GRACE_PERIOD: 'x',
    };
    const { config } = await loadProbeTarget(loadInput({ env }));
    assert.deepEqual(config?.listen, { host: '::', port: 9001 });
    assert.equal(config.readinessPath, '/up');
  });

  test('whoever asks is not kept from it by what is wrong in the file', async () => {
    const files = { 'hurricane.yaml': 'probePort: 9\nprot: 1' };
    for (const ask of [loadProbeTarget, loadCtlConfig]) {
      const { config, warnings } = await ask(loadInput({ files }));
      assert.ok(config);
      assert.match(warnings.join(), /^prot is not a key/);
    }
    const { config } = await loadProbeTarget(loadInput({ files: { 'hurricane.yaml': 'a: [' } }));
    assert.equal(config?.listen?.port, 8001);
  });

  test('a password is no flag, and the variable is named', async () => {
    const given = { flags: { 'amqp-password': 'x' } };
    const { problems } = await loadConsumeConfig(loadInput(given));
    assert.match(
      problems[0]?.message ?? '',
      /no flag, .*: set AMQP_PASSWORD, or AMQP_PASSWORD_FILE/,
    );
  });

  test('a broker that is named wrongly is not missed as well', async () => {
    const flags = { 'amqp-url': '127.0.0.1:5672', queue: 'q', handler: 'h.mjs' };
    const { problems } = await loadConsumeConfig(loadInput({ flags }));
    assert.equal(problems.length, 1);
  });

  test('check refuses two checks of one name', async () => {
    const flags = { check: ['readiness:a=true', 'liveness:a=true'] };
    const { problems } = await loadCheckConfig(loadInput({ flags }));
    assert.match(problems[0]?.message ?? '', /two checks are called a: rename one/);
  });

  test('check takes the checks and refuses what it does not know', async () => {
    const flags = { check: 'readiness=true', 'check-timeout': '1s' };
    const { config } = await loadCheckConfig(loadInput({ flags }));
    assert.equal(config?.checks.timeoutMs, 1000);
    const { problems } = await loadCheckConfig(loadInput({ flags: { port: '1' } }));
    assert.match(problems[0]?.message ?? '', /--port is not an option of `hurricane check`/);
  });
});
