import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { run } from '../../../src/cli/cli.ts';
import { allows, needsDeliver } from '../../../src/config/option.ts';
import { rows } from '../../../src/config/options.ts';
import { FakeEdge } from '../../helpers/fake-edge.ts';

async function hurricane(args: string, edge = new FakeEdge()) {
  const argv = args.split(' ').filter((word) => word !== '');
  return { code: await run(argv, edge), out: edge.out, err: edge.err };
}

suite('help', () => {
  test('bare hurricane prints seven lines and one example', async () => {
    const { code, out } = await hurricane('');
    const lines = out.trimEnd().split('\n');
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map((line) => line === ''),
      [false, false, false, false, false, false, false, true, false],
    );
    assert.match(lines.at(-1) ?? '', /^Example: hurricane serve .* -- /);
  });

  for (const args of ['--help', '-h', 'serve --help', 'serve --port 80 --help -- node app.js']) {
    test(`${args} fits one screen of 24 lines and 80 columns`, async () => {
      const { code, out } = await hurricane(args);
      const lines = out.trimEnd().split('\n');
      assert.equal(code, 0);
      assert.ok(lines.length <= 24, `${lines.length} lines`);
      assert.deepEqual(
        lines.filter((line) => line.length > 80),
        [],
      );
    });
  }

  for (const command of ['serve', 'worker', 'prepare', 'check', 'probe', 'ctl'] as const) {
    test(`${command} --help-all shows every option of it, and no other`, async () => {
      const { out } = await hurricane(`${command} --help-all`);
      const shown = [...out.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name);
      const own = rows.filter((row) => row.on.includes(command) && allows(row, 'flag'));
      assert.deepEqual(shown.sort(), own.map(({ name }) => name).sort());
    });
  }

  test('names the password of the broker by its variable, which may name a file', async () => {
    const { out } = await hurricane('consume --help-all');
    assert.match(out, /^ {2}AMQP_PASSWORD .*\n(.*\n)* +.*AMQP_PASSWORD_FILE/m);
    assert.doesNotMatch(out, /--amqp-password/);
  });

  test('--version is the version and nothing else', async () => {
    assert.deepEqual(await hurricane('--version'), { code: 0, out: '1.2.3\n', err: '' });
    assert.equal((await hurricane('serve --version')).out, '1.2.3\n');
  });

  test('--help behind -- belongs to the app', async () => {
    const { code, err } = await hurricane('serve --port x -- node --help');
    assert.equal(code, 64);
    assert.match(err, /"x" is not a port/);
  });
});

suite('a command line that cannot be meant', () => {
  const cases = [
    ['serve node app.js --inspect', 'did you mean: hurricane serve -- node app.js --inspect'],
    [
      'serve --port 80 --debug node app.js -x',
      'did you mean: hurricane serve [options] -- node app.js -x',
    ],
    [
      'serve node app.js --webhook-url x --debug',
      'mean: hurricane serve [options] -- node app.js\n',
    ],
    ['node app.js --webhook-url=x', 'did you mean: hurricane serve [options] -- node app.js\n'],
    ['serve -grace-period 5s -- x', '-grace-period needs two dashes: write --grace-period'],
    ['serve --port 80 -debug=true -- x', '-debug needs two dashes: write --debug'],
    ['consume h.mjs -queue q', '-queue needs two dashes: write --queue'],
    ['serve --drain-delay -1s -- x', 'because of a problem:\n  - drain-delay: "-1s" is not a time'],
    ['serve', 'there is no app to run'],
    ['serve --', 'there is no app to run'],
    ['serve junk -- node app.js', '"junk" is not expected before --'],
    ['prepare', 'there is nothing to prepare: name a startup command with --command'],
    ['prepare --command true -- app', 'prepare starts no app, and takes no "app": remove it'],
    ['worker', 'there is no app to run: write it behind --, such as: hurricane worker --'],
    ['worker celery worker', 'did you mean: hurricane worker -- celery worker'],
    ['worker --port 80 -- celery', '--port is not an option of `hurricane worker`'],
    ['worker --drain-delay 1s -- celery', '--drain-delay is not an option of `hurricane worker`'],
    ['serve --start-after 1s -- x', '--start-after is not an option of `hurricane serve`'],
    ['node app.js', 'did you mean: hurricane serve -- node app.js'],
    ['-- node app.js', 'did you mean: hurricane serve -- node app.js'],
    ['--port 80 -- node app.js', 'write hurricane serve --port …'],
    ['--port=80 -- node app.js', '--port stands before the command'],
    ['--port 80', '--port stands before the command'],
    ['srve -- node', 'srve is not a command: did you mean serve?'],
    ['serve --no-port -- x', '--no-port is not an option of `hurricane serve`'],
    ['serve --app.port 3 -- x', '--app.port is not an option of `hurricane serve`'],
    ['serve --probePort 3 -- x', 'did you mean --probe-port?'],
    ['serve -p 3 -- x', '-p is not an option of `hurricane serve`'],
    ['serve --port --debug -- x', '--port needs a value: write --port PORT'],
    ['serve --port= -- x', '--port needs a value'],
    ['serve --port 1 --port 2 -- x', '--port is given 2 times'],
    ['probe', 'probe needs one name: startup, ready or alive'],
    ['probe toString', 'probe needs one name'],
    ['probe ready alive', 'probe needs one name'],
    ['probe ready --grace-period 1s', '--grace-period is not an option of `hurricane probe`'],
    ['ctl', 'ctl needs one word: status, reload, restart, drain, undrain'],
    ['ctl stop', 'ctl needs one word'],
    ['ctl status now', 'ctl needs one word'],
    ['ctl status --grace-period 1s', '--grace-period is not an option of `hurricane ctl`'],
    ['check now', 'check takes no "now"'],
    ['install', 'install needs one folder'],
    ['install a b', 'install needs one folder'],
    ['install a --port 1', 'install has no options: remove --port'],
    ['completion', 'completion needs the name of a shell: bash, zsh, fish'],
    ['completion tcsh', 'completion needs the name of a shell'],
    ['completion bash --port 1', 'completion has no options'],
  ] as const;
  for (const [args, sentence] of cases) {
    test(`hurricane ${args}: ${sentence}`, async () => {
      const { code, out, err } = await hurricane(args);
      assert.equal(code, 64);
      assert.equal(out, '');
      assert.ok(err.includes(sentence), err);
      assert.doesNotMatch(err, /^\s+at /m);
    });
  }

  test('a forgotten -- is told once, not once per flag of the app', async () => {
    const { err } = await hurricane('serve node app.js --inspect --title=x');
    assert.equal(err.match(/^ {2}- /gm)?.length, 1);
  });

  for (const args of [
    'serve --webhook-url https://hooks.example.com/T0KEN node app.js',
    'worker node app.js --webhook-url https://hooks.example.com/T0KEN',
    'start --webhook-url=https://hooks.example.com/T0KEN node app.js',
  ]) {
    test(`no secret is told for a forgotten --: ${args}`, async () => {
      const { err } = await hurricane(args);
      assert.match(err, /did you mean: hurricane \w+ \[options\] -- /);
      assert.doesNotMatch(err, /T0KEN/);
    });
  }

  test('faults of flags, file and environment are told together', async () => {
    const edge = new FakeEdge({
      env: { HURRICANE_PORT: 'x' },
      files: { 'hurricane.yaml': 'drainDelay: 5' },
    });
    const { code, err } = await hurricane('serve --check-age 3s', edge);
    assert.equal(code, 64);
    assert.match(err, /because of 4 problems/);
    for (const source of ['--check-age', 'no app to run', 'HURRICANE_PORT', 'drainDelay']) {
      assert.ok(err.includes(source), err);
    }
  });

  test('without a wrong flag the code is that of a wrong configuration', async () => {
    const edge = new FakeEdge({ env: { HURRICANE_PORT: 'x' } });
    assert.equal((await hurricane('serve -- node app.js', edge)).code, 78);
  });
});

suite('--print-config', () => {
  const env = { HURRICANE_COMMAND: 'a\nb c' };
  const flags = '--port 9000 --webhook-url https://me:pw@hooks.example.com/T0KEN';

  test('prints every value with its source, one per line', async () => {
    const { code, out } = await hurricane(`serve --print-config ${flags}`, new FakeEdge({ env }));
    const lines = out.split('\n');
    assert.equal(code, 0);
    for (const line of [
      'port 9000 (--port)',
      'probe-port 9001 (default: port + 1; 8001 for worker and consume)',
      'command a (HURRICANE_COMMAND)',
      'command b c (HURRICANE_COMMAND)',
      'app-port - (default)',
      'webhook-url https://***@hooks.example.com/*** (--webhook-url)',
    ]) {
      assert.ok(lines.includes(line), `${line}\nis not in\n${out}`);
    }
    const names = (text: string) => [
      ...new Set(
        text
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[0]),
      ),
    ];
    const own = rows.filter(({ on }) => on.includes('serve'));
    const always = own.filter((row) => !needsDeliver(row));
    assert.deepEqual(
      names(out),
      always.map(({ name }) => name),
    );
    const messages = '--deliver /m --queue q --amqp-host b --amqp-port 1';
    const delivering = await hurricane(`serve --print-config ${messages}`);
    assert.deepEqual(
      names(delivering.out),
      own.map(({ name }) => name),
    );
  });

  test('is aligned on a terminal', async () => {
    const edge = new FakeEdge({ isTerminal: true });
    const { out } = await hurricane('serve --print-config', edge);
    const columns = out
      .trimEnd()
      .split('\n')
      .map((line) => line.lastIndexOf(' ('));
    assert.equal(new Set(columns).size, 1);
  });

  test('is one JSON object with --log-format json', async () => {
    const { out } = await hurricane(`serve --print-config --log-format json ${flags}`);
    const printed = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual(printed['port'], { values: ['9000'], layer: 'flag', source: '--port' });
    assert.deepEqual(printed['app-port'], { values: [], layer: 'default', source: 'default' });
    assert.doesNotMatch(out, /T0KEN|pw/);
  });

  test('tells problems instead of values', async () => {
    const { code, out, err } = await hurricane('serve --print-config --port x');
    assert.deepEqual([code, out], [64, '']);
    assert.match(err, /"x" is not a port/);
  });
});

suite('hurricane install', () => {
  test('is refused where there is nothing that could be copied, and says where there is', async () => {
    const { code, out, err } = await hurricane('install /shared');
    assert.deepEqual([code, out], [73, '']);
    assert.equal(
      err,
      'hurricane: this hurricane has no libraries beside it to copy\n' +
        '  run install in the image of hurricane, where it is /opt/hurricane/hurricane\n',
    );
  });

  test('has a help of its own', async () => {
    const { code, out } = await hurricane('install --help');
    assert.equal(code, 0);
    assert.match(out, /^Usage: hurricane install DIR\n/);
  });
});

suite('completion', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    test(`${shell} knows every command and option`, async () => {
      const { code, out } = await hurricane(`completion ${shell}`);
      assert.equal(code, 0);
      for (const { name } of rows) {
        const flag = shell === 'fish' ? `-l ${name} ` : `--${name}`;
        assert.ok(out.includes(flag), name);
      }
      for (const command of [
        'serve',
        'worker',
        'check',
        'ctl',
        'install',
        'completion',
        'alive',
        'undrain',
      ]) {
        assert.ok(out.includes(command), command);
      }
    });
  }
});
