// The control socket and `hurricane ctl`, as an operator at three in the morning needs them.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { ctl, statusOf } from '../helpers/control.ts';
import { eventually } from '../helpers/eventually.ts';
import { exampleApp, serveExample, startExample } from '../helpers/example.ts';
import { useGate } from '../helpers/gate.ts';
import { runHurricane, startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { request } from '../helpers/request.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

const socketOf = ({ probePort }: Hurricane): string => `/tmp/hurricane-${probePort}.sock`;
const json = { Accept: 'application/json' };

forEachArtefact(
  'status says what runs, why, since when, and what has happened',
  async (t, artefact) => {
    const check = 'readiness:database=sh -c "echo no route to it; exit 1"';
    const hurricane = await serveExample(t, ['--check', check], { artefact });
    const slow = hurricane.get('/slow?ms=1500');
    await eventually(async () => {
      const { requests } = await statusOf(t, hurricane, { artefact });
      assert.equal(requests?.['in_hand'], 1);
      assert.ok((requests['oldest_s'] ?? 0) > 0);
    });
    await slow;

    const { code, stdout, stderr } = await ctl(t, hurricane, ['status'], { artefact });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^state not ready for [\d.]+s: database error: .*no route to it/);
    assert.match(stdout, /^requests 0 in hand, .* 1 finished$/m);
    assert.match(stdout, /^restarts none$/m);
    assert.match(stdout, /^\d{4}-\d\d-\d\dT[\d:]+Z app started: pid \d+$/m);

    const status = await statusOf(t, hurricane, { artefact });
    assert.deepEqual([status.state, status.reason], ['not ready', 'check']);
    assert.equal(status.pid, hurricane.pid);
    assert.ok(status.uptime_s < 60, `up for ${status.uptime_s} s`);
    assert.equal(status.app.state, 'up');
    assert.equal(status.app.pid, Number((await hurricane.get('/pid')).text));
    assert.equal(status.probes['liveness']?.passing, true);
    assert.equal(status.transitions.at(0)?.event, 'hurricane.started');
  },
);

forEachArtefact(
  'the readiness probe tells the same as JSON, and keeps the details of checks to itself',
  async (t, artefact) => {
    const check = 'readiness:database=sh -c "echo password wrong; exit 1"';
    const hurricane = await serveExample(t, ['--check', check], { artefact });
    const { status, text } = await hurricane.probe('ready', { headers: json });
    assert.equal(status, 500);
    assert.doesNotMatch(text, /password wrong/);
    const shown = JSON.parse(text) as Record<string, unknown>;
    const known: Record<string, unknown> = { ...(await statusOf(t, hurricane, { artefact })) };
    for (const name of Object.keys(known)) assert.ok(name in shown, name);
    for (const name of ['state', 'reason', 'since', 'version', 'pid', 'restarts']) {
      assert.deepEqual(shown[name], known[name], name);
    }
    assert.match(JSON.stringify(known), /password wrong/);
  },
);

forEachArtefact(
  'drain takes it out of rotation while it serves on, undrain takes it back',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const args = ['--webhook-url', `readiness@${sink.url}`];
    const hurricane = await serveExample(t, args, { artefact });
    const drained = await ctl(t, hurricane, ['drain'], { artefact });
    assert.equal(drained.code, 0);
    assert.equal(drained.stdout, 'drained: not ready from now on, work goes on\n');
    const ready = await hurricane.probe('ready');
    assert.deepEqual([ready.status, ready.text], [400, 'drained by the operator']);
    assert.equal((await hurricane.probe('alive')).status, 200);
    assert.equal((await hurricane.get('/')).status, 200);
    assert.equal((await statusOf(t, hurricane, { artefact })).state, 'drained');
    await sink.receives(({ reason }) => reason === 'drained by the operator');

    assert.equal((await ctl(t, hurricane, ['undrain'], { artefact })).code, 0);
    assert.equal((await hurricane.probe('ready')).status, 200);
    await sink.receives(({ previous }) => previous === 'failed');
  },
);

forEachArtefact('what was asked before the app is up counts when it is', async (t, artefact) => {
  const gate = useGate(t);
  const hurricane = await startExample(t, ['--command', gate.command], { artefact });
  await hurricane.sees('command.started');
  const { state, transitions } = await statusOf(t, hurricane, { artefact });
  assert.equal(state, 'starting');
  assert.equal(transitions.at(-1)?.reason, gate.command);
  await ctl(t, hurricane, ['drain'], { artefact });
  await gate.open();
  await hurricane.up();
  assert.equal((await hurricane.probe('ready')).text, 'drained by the operator');
});

forEachArtefact(
  'reload and restart answer when the new app serves, and it is another one',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    const pid = async (): Promise<string> => (await hurricane.get('/pid')).text;
    const first = await pid();
    const reload = await ctl(t, hurricane, ['reload'], { artefact });
    assert.deepEqual([reload.code, reload.stdout], [0, 'replaced: a new app is up\n']);
    const second = await pid();
    assert.notEqual(second, first);
    const restart = await ctl(t, hurricane, ['restart', '--log-format', 'json'], { artefact });
    assert.deepEqual(JSON.parse(restart.stdout), {
      ...{ operation: 'restart', done: true, text: 'restarted: the app is up again' },
    });
    assert.notEqual(await pid(), second);
    const { app, restarts, replacements } = await statusOf(t, hurricane, { artefact });
    assert.deepEqual([restarts, replacements], [{ ctl: 1 }, { ctl: 1 }]);
    assert.equal(app.generation, 3);
  },
);

forEachArtefact(
  'a reload whose new app fails is 1 with the reason, and the old app stays',
  async (t, artefact) => {
    const folder = useTempDir(t);
    // The first start passes, every later one fails.
    const app = `test -e ${folder}/started && exit 9; touch ${folder}/started; exec ${exampleApp.join(' ')}`;
    const hurricane = await startHurricane(t, ['--', 'sh', '-c', app], { artefact });
    await hurricane.up();
    const before = (await hurricane.get('/pid')).text;
    const { code, stdout, stderr } = await ctl(t, hurricane, ['reload'], { artefact });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^hurricane: no reload: .*exited with code 9/);
    assert.equal((await hurricane.get('/pid')).text, before);
  },
);

forEachArtefact(
  'app, startup commands and checks find the socket, which is for the owner alone and goes with us',
  async (t, artefact) => {
    const folder = useTempDir(t);
    const note = (file: string): string =>
      `sh -c "echo $HURRICANE_CONTROL_SOCKET > ${join(folder, file)}"`;
    const args = ['--command', note('command'), '--check', `readiness=${note('check')}`];
    const hurricane = await serveExample(t, args, { artefact });
    const path = socketOf(hurricane);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { text } = await hurricane.get('/env?name=HURRICANE_CONTROL_SOCKET');
    assert.equal(text, `${path}\n`);
    for (const file of ['command', 'check']) {
      assert.equal(readFileSync(join(folder, file), 'utf8'), `${path}\n`);
    }
    hurricane.signal('SIGTERM');
    await hurricane.exit;
    assert.equal(existsSync(path), false);
  },
);

forEachArtefact(
  'a socket of a dead hurricane: ctl says so with 69, and the next hurricane takes its place',
  async (t, artefact) => {
    const dead = await serveExample(t, [], { artefact });
    const app = await statusOf(t, dead, { artefact });
    dead.signal('SIGKILL');
    await dead.left;
    process.kill(app.app.pid, 'SIGKILL');
    const { code, stderr } = await ctl(t, dead, ['status'], { artefact });
    assert.equal(code, 69);
    const [sentence] = stderr.split('\n');
    assert.equal(
      sentence,
      `hurricane: the hurricane that made ${socketOf(dead)} is dead: nobody listens there`,
    );

    const ports = ['--port', `${dead.port}`, '--probe-port', `${dead.probePort}`];
    const next = await serveExample(t, ports, { artefact });
    await next.sees(/^the control socket of a dead hurricane was replaced$/);
    assert.equal((await statusOf(t, next, { artefact })).pid, next.pid);
    assert.deepEqual(
      next.logs.filter(({ level }) => level === 'warn'),
      [],
    );
  },
);

forEachArtefact(
  'a second instance warns once, serves all the same, and leaves the socket to the first',
  async (t, artefact) => {
    const path = join(useTempDir(t), 'control.sock');
    const args = ['--control-socket', path];
    const first = await serveExample(t, args, { artefact });
    const second = await serveExample(t, args, { artefact });
    const warnings = second.logs.filter(({ level }) => level === 'warn');
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0]?.['reason'], 'another hurricane listens there');
    assert.match(warnings[0].msg, /^no control socket: .*--control-socket names another place$/);
    // Its app must not speak with the wrong one.
    const { status } = await second.get('/env?name=HURRICANE_CONTROL_SOCKET');
    assert.equal(status, 404);
    second.signal('SIGTERM');
    await second.exit;
    const { code, stdout } = await ctl(t, first, ['status', ...args], { artefact });
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^hurricane .*pid ${first.pid},`, 'm'));
  },
);

forEachArtefact('a reader without permission gets 77 and one sentence', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const path = socketOf(hurricane);
  const isRoot = process.getuid?.() === 0;
  // Who is root can become somebody else; who is not can take the permission from himself.
  if (!isRoot) chmodSync(path, 0);
  const somebody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const launcher = isRoot ? somebody : [];
  for (const operation of ['status', 'restart']) {
    const { code, stdout, stderr } = await ctl(t, hurricane, [operation], { artefact, launcher });
    assert.deepEqual([code, stdout], [77, '']);
    assert.equal(
      stderr,
      `hurricane: you may not use ${path}\n  run this as the user that hurricane runs as\n`,
    );
  }
  assert.equal((await hurricane.probe('ready')).status, 200);
});

forEachArtefact(
  'status that names none is of the only one that runs here, and of several it lists all',
  async (t, artefact) => {
    const options = { artefact, env: { TMPDIR: useTempDir(t) } };
    const status = () => runHurricane(t, ['ctl', 'status'], options);
    writeFileSync(join(options.env.TMPDIR, 'hurricane-1.sock'), '');
    assert.equal((await status()).code, 69);
    const first = await serveExample(t, [], options);
    const only = await status();
    assert.equal(only.code, 0, only.stderr);
    assert.match(only.stdout, new RegExp(`^hurricane .*pid ${first.pid},`, 'm'));
    const second = await serveExample(t, [], options);
    const { code, stdout, stderr } = await status();
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^hurricane: several run here, name one with --control-socket:\n/);
    for (const { probePort } of [first, second]) {
      assert.match(stderr, new RegExp(`^  /.*/hurricane-${probePort}\\.sock: ready$`, 'm'));
    }
  },
);

forEachArtefact('nobody there is 69 and says how to look elsewhere', async (t, artefact) => {
  const { code, stderr } = await ctl(t, { probePort: 1 }, ['status'], { artefact });
  assert.equal(code, 69);
  assert.match(stderr, /^hurricane: no hurricane runs here: .*hurricane-1\.sock\n {2}is that the/);
});

forEachArtefact('a socket that cannot be made is one warning, not an end', async (t, artefact) => {
  const args = ['--control-socket', '/nowhere/control.sock'];
  const hurricane = await serveExample(t, args, { artefact });
  const { reason } = await hurricane.sees(({ level }) => level === 'warn');
  assert.equal(reason, '/nowhere does not exist');
  assert.equal((await hurricane.get('/')).status, 200);
});

forEachArtefact(
  'while it stops, status counts the budget down and nothing is begun',
  async (t, artefact) => {
    const args = ['--drain-delay', '10s', '--grace-period', '40s'];
    const hurricane = await serveExample(t, args, { artefact });
    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    const { state, drain_left_s: left } = await statusOf(t, hurricane, { artefact });
    assert.equal(state, 'draining');
    assert.ok(left !== null && left > 0 && left <= 40, String(left));
    const { code, stderr } = await ctl(t, hurricane, ['restart'], { artefact });
    assert.deepEqual([code, stderr], [1, 'hurricane: no restart: hurricane is stopping\n']);
    assert.equal((await request(`${hurricane.url}/`)).status, 200);
  },
);
