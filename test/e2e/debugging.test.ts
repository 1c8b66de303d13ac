// Debuggers: they listen or dial out, and whatever is missing for them leaves a running app.

import assert from 'node:assert/strict';
import { globSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { placeOf, startConsumer, useClient } from '../helpers/consume.ts';
import {
  assertFree,
  attachInspector,
  attachRdbg,
  initializeDap,
  isLoopbackOnly,
  shakeHandsJdwp,
  useIde,
} from '../helpers/debug-clients.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';
import { exampleApp, serveExample } from '../helpers/example.ts';
import { runHurricane, startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const [, example = ''] = exampleApp;

/** The only warning that tells of a debugger; the app runs. */
async function assertWithout(hurricane: Hurricane, warning: RegExp): Promise<void> {
  await hurricane.up();
  const warnings = hurricane.logs.filter(
    ({ level, msg }) => level === 'warn' && /debugger|pycharm/.test(msg),
  );
  assert.equal(warnings.length, 1, JSON.stringify(warnings));
  assert.match(warnings[0]?.msg ?? '', warning);
  assert.equal((await hurricane.probe('alive')).status, 200);
  assert.equal((await hurricane.get('/')).status, 200);
}

forEachArtefact(
  'C02 --autoreload beside a debugger is refused, with both named',
  async (t, artefact) => {
    const args = ['serve', '--autoreload', '--debugger', '--', 'node', 'app.js'];
    const { code, stderr } = await runHurricane(t, args, { artefact });
    assert.equal(code, 64);
    assert.match(
      stderr,
      /autoreload and debugger exclude each other: .*--autoreload and --debugger/,
    );
  },
);

forEachArtefact(
  'C01 --debugger announces where it listens, and a breakpoint holds a request while the probes answer',
  async (t, artefact) => {
    const port = await usePort();
    const args = ['--debugger', '--debugger-port', `${port}`];
    const hurricane = await serveExample(t, args, { artefact });
    const { msg, host } = await hurricane.sees('debugger.listening');
    assert.equal(msg, `Listening for debug clients at port ${port}`);
    assert.equal(host, '127.0.0.1');
    assert.ok(isLoopbackOnly(port));
    assert.equal((await hurricane.probe('alive')).status, 200);

    const inspector = await attachInspector(t, port);
    const line = readFileSync(example, 'utf8')
      .split('\n')
      .findIndex((each) => each.includes("'/pid':"));
    await inspector.breakAt(pathToFileURL(example).href, line + 1);
    const answer = hurricane.get('/pid');
    const pause = await inspector.paused();
    assert.equal((await hurricane.probe('alive')).status, 200);
    const pid = await inspector.evaluate(pause, 'process.pid');
    await inspector.ask('Debugger.resume');
    assert.equal((await answer).text, `${String(pid)}\n`);
    assert.deepEqual(
      hurricane.logs.filter(({ level }) => level === 'warn'),
      [],
    );
  },
);

forEachArtefact(
  'C03 --debugger: debugpy answers an IDE, and where it is not installed there is one warning and a running app',
  async (t, artefact) => {
    const app = await useApp(t, 'python');
    if (app === undefined) return;
    const port = await usePort();
    const args = ['--debugger', '--debugger-port', `${port}`];
    const hurricane = await startHurricane(t, [...args, '--', ...app], { artefact });
    await hurricane.up();
    await hurricane.sees('debugger.listening');
    assert.ok(isLoopbackOnly(port));
    assert.match(await initializeDap(t, port), /supportsConfigurationDoneRequest/);
    await hurricane.end();
    await assertFree(port);

    const [python = '', ...rest] = app;
    const bare = await startHurricane(t, [...args, '--', python, '-S', ...rest], { artefact });
    await assertWithout(bare, /^no debugger: debugpy is not installed: pip install debugpy$/);
  },
);

forEachArtefact(
  'C04 --pycharm-host: the app connects to the IDE, and where pydevd is not installed there is one warning',
  async (t, artefact) => {
    const app = await useApp(t, 'python');
    if (app === undefined) return;
    const ide = await useIde(t);
    const args = ['--pycharm-host', '127.0.0.1', '--pycharm-port', `${ide.port}`];
    const hurricane = await startHurricane(t, [...args, '--', ...app], { artefact });
    assert.match(await ide.hears(), /^501\t/);
    await hurricane.up();
    assert.equal((await hurricane.get('/')).text, 'Hello from Python\n');
    await hurricane.end();

    const [python = '', ...rest] = app;
    const bare = await startHurricane(t, [...args, '--', python, '-S', ...rest], { artefact });
    await assertWithout(bare, /^no debugger: pydevd is not installed: pip install pydevd-pycharm/);
  },
);

forEachArtefact(
  'A41 --pycharm-host where nobody listens is one warning and a running app',
  async (t, artefact) => {
    const app = await useApp(t, 'python');
    if (app === undefined) return;
    const port = await usePort();
    const args = ['--pycharm-host', '127.0.0.1', '--pycharm-port', `${port}`];
    const hurricane = await startHurricane(t, [...args, '--', ...app], { artefact });
    await assertWithout(hurricane, /^no debugger: nobody listens on 127\.0\.0\.1:\d+ \(/);
  },
);

forEachArtefact(
  'A42 --pycharm-host without --pycharm-port is one warning and a running app',
  async (t, artefact) => {
    const hurricane = await serveExample(t, ['--pycharm-host', '127.0.0.1'], { artefact });
    await assertWithout(hurricane, /^pycharm-host has no effect without pycharm-port: name both/);
  },
);

test('a replacement has the debugger on the same port, and a taken port leaves an app without [js]', async (t) => {
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`];
  const hurricane = await serveExample(t, args, { artefact: 'js' });
  await hurricane.sees('debugger.listening');
  hurricane.signal('SIGHUP');
  await hurricane.sees('app.replaced');
  await hurricane.seesNth(2, 'debugger.listening');
  const inspector = await attachInspector(t, port);
  const { result } = await inspector.ask<{ result: { value: unknown } }>('Runtime.evaluate', {
    expression: 'process.pid',
  });
  assert.equal(`${String(result.value)}\n`, (await hurricane.get('/pid')).text);

  const second = await serveExample(t, args, { artefact: 'js' });
  await assertWithout(
    second,
    /^no debugger: 127\.0\.0\.1:\d+ is taken: choose another with --debugger-port$/,
  );
});

test('a debugger on every address is warned of [js]', async (t) => {
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`, '--debugger-host', '0.0.0.0'];
  const hurricane = await serveExample(t, args, { artefact: 'js' });
  await hurricane.sees('debugger.listening');
  assert.ok(!isLoopbackOnly(port));
  await hurricane.sees(/^debugger-host 0\.0\.0\.0 lets everybody .* kubectl port-forward$/);
});

test('an app that stands at a breakpoint is ended by the stop [js]', async (t) => {
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`, '--grace-period', '2s'];
  const hurricane = await serveExample(t, args, { artefact: 'js' });
  const inspector = await attachInspector(t, port);
  await inspector.ask('Debugger.enable');
  await inspector.ask('Debugger.pause');
  void hurricane.get('/').catch(() => undefined);
  await inspector.paused();
  hurricane.signal('SIGTERM');
  await hurricane.exit;
  await assertFree(port);
});

test('Java: a debugger shakes hands [js]', async (t) => {
  const app = await useApp(t, 'java');
  if (app === undefined) return;
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`, '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact: 'js' });
  await hurricane.sees('debugger.listening');
  assert.ok(isLoopbackOnly(port));
  assert.equal(await shakeHandsJdwp(t, port), 'JDWP-Handshake');
  await hurricane.up();
  assert.equal((await hurricane.get('/')).text, 'Hello from Java\n');
});

test('Ruby: rdbg lets a console attach, and where it is not installed there is one warning [js]', async (t) => {
  const app = await useApp(t, 'ruby');
  if (app === undefined) return;
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`, '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact: 'js' });
  await hurricane.up();
  await hurricane.sees('debugger.listening');
  assert.ok(isLoopbackOnly(port));
  assert.match(await attachRdbg(t, port), /^(out|input|DEBUGGER|bye)/);
  await hurricane.end();

  const env = { RUBYOPT: '--disable-gems' };
  const bare = await startHurricane(t, args, { artefact: 'js', env });
  await assertWithout(bare, /^no debugger: debug is not installed: gem install debug/);
});

test('PHP: Xdebug connects at a request, is missed with one warning, and cannot listen [js]', async (t) => {
  const app = await useApp(t, 'php');
  if (app === undefined) return;
  const ide = await useIde(t);
  const args = ['--debugger-connect', `127.0.0.1:${ide.port}`, '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact: 'js' });
  await hurricane.up();
  const answer = hurricane.get('/').catch(() => undefined);
  assert.match(await ide.hears(), /xdebug/);
  await hurricane.end();
  await answer;

  const others = useTempDir(t);
  for (const path of globSync('/etc/php/*/cli/conf.d/*.ini')) {
    if (!path.includes('xdebug')) symlinkSync(path, join(others, basename(path)));
  }
  const env = { PHP_INI_SCAN_DIR: others };
  const bare = await startHurricane(t, args, { artefact: 'js', env });
  await assertWithout(bare, /^no debugger: Xdebug is not installed: pecl install xdebug/);

  const listening = await startHurricane(t, ['--debugger', '--', ...app], { artefact: 'js' });
  await assertWithout(
    listening,
    /^no debugger: Xdebug connects to the IDE: use --debugger-connect/,
  );
});

test('a script is debugged as what its first line says; a shell has no debugger [js]', async (t) => {
  const app = await useApp(t, 'python');
  if (app === undefined) return;
  const script = join(useTempDir(t), 'served');
  const [python = '', path = ''] = app;
  writeFileSync(script, `#!${python}\n${readFileSync(path, 'utf8')}`, { mode: 0o755 });
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`];
  const hurricane = await startHurricane(t, [...args, '--', script], { artefact: 'js' });
  await hurricane.up();
  await hurricane.sees('debugger.listening');

  const shell = await useApp(t, 'shell');
  if (shell === undefined) return;
  const without = await startHurricane(t, ['--debugger', '--', ...shell], { artefact: 'js' });
  await assertWithout(without, /^no debugger: there is no debugger for sh: start it with its own/);
});

const HANDLER = `export default async function handle(message) {
  const { n } = message.body;
  console.log('handled ' + n);
}
`;

test('consume: a breakpoint holds a message of a module while the probes answer, and a stop lets it go on [js]', async (t) => {
  const broker = await useDevelopmentBroker(t);
  const port = await usePort();
  const args = ['--debugger', '--debugger-port', `${port}`, '--grace-period', '3s'];
  const started = { artefact: 'js', broker, queue: 'debugged', handler: HANDLER, args } as const;
  const hurricane = await startConsumer(t, started);
  await hurricane.up();
  await hurricane.sees('debugger.listening');
  assert.ok(isLoopbackOnly(port));
  const inspector = await attachInspector(t, port);
  await inspector.breakAt(/handler\.mjs$/, 2);
  const client = await useClient(t, broker);
  await client.send('debugged', [{ n: 42 }]);
  const pause = await inspector.paused();
  assert.equal(await inspector.evaluate(pause, 'message.body.n'), 42);
  assert.equal((await hurricane.probe('alive')).status, 200);
  await inspector.ask('Debugger.resume');
  await eventually(() => assert.ok(hurricane.output.includes('handled 42')));

  await client.send('debugged', [{ n: 43 }]);
  await inspector.paused(2);
  hurricane.signal('SIGTERM');
  // Whoever debugs is cut off.
  assert.equal((await hurricane.exit).code, 0);
  assert.ok(hurricane.output.includes('handled 43'));
});

test('consume: a program is debugged by its language [js]', async (t) => {
  if ((await useApp(t, 'python')) === undefined) return;
  const broker = await useDevelopmentBroker(t);
  const port = await usePort();
  const program = join(import.meta.dirname, '../../examples/handlers/handler.py');
  const args = [
    ...['--debugger', '--debugger-port', `${port}`, '--queue', 'programs', ...placeOf(broker)],
    ...['--handler-exec', `/usr/bin/python3 ${program}`],
  ];
  const hurricane = await startHurricane(t, args, { artefact: 'js', command: 'consume' });
  await hurricane.up();
  await hurricane.sees('debugger.listening');
  assert.match(await initializeDap(t, port), /supportsConfigurationDoneRequest/);
});
