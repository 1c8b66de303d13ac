// From the command line to an app that is served: what is announced, in which order, and what is reached.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { exampleApp, serveExample, startExample } from '../helpers/example.ts';
import {
  runHurricane,
  startHurricane,
  type Hurricane,
  type LogLine,
  type Sought,
} from '../helpers/hurricane.ts';
import { isFree, usePort } from '../helpers/port.ts';
import { request } from '../helpers/request.ts';

const banner = /^hurricane \d+\.\d+\.\d+/;
const probesAnnounced = /^probes are answered$/;
const appPortBound = (line: LogLine): boolean => /^app port bound$/.test(line.msg);

const defaultPaths = { startup: '/startup', readiness: '/ready', liveness: '/alive' };

/** The lines, which must stand in the log in this order. */
async function seesInOrder(
  hurricane: Hurricane,
  ...sought: readonly Sought[]
): Promise<readonly LogLine[]> {
  const lines = await Promise.all(sought.map((each) => hurricane.sees(each)));
  const at = lines.map((line) => hurricane.logs.indexOf(line));
  assert.deepEqual(
    at,
    at.toSorted((a, b) => a - b),
    lines.map(({ msg }) => msg).join(' < '),
  );
  return lines;
}

async function assertServed(hurricane: Hurricane, port: number): Promise<void> {
  const [, probes, app] = await seesInOrder(
    hurricane,
    banner,
    probesAnnounced,
    appPortBound,
    'app.started',
    'startup.succeeded',
  );
  assert.partialDeepStrictEqual(probes, { port: port + 1, ...defaultPaths });
  assert.equal(app?.['port'], port);
  for (const path of Object.values(defaultPaths)) {
    const { status } = await request(`http://127.0.0.1:${port + 1}${path}`);
    assert.equal(status, 200, path);
  }
  const { text } = await request(`http://127.0.0.1:${port}/`);
  assert.equal(text, 'Hello from Node\n');
}

/** Access lines are written when the answer has gone. */
function accessLine(hurricane: Hurricane, target: string): Promise<LogLine> {
  return hurricane.sees((line) => line.component === 'access' && line['target'] === target);
}

forEachArtefact(
  'A01 without options tells its version, then of the probes on 8001, then of the app on 8000',
  async (t, artefact) => {
    const { stdout } = await runHurricane(t, ['serve', '--print-config', '--', ...exampleApp], {
      artefact,
    });
    assert.match(stdout, /^port 8000 \(default\)$/m);
    assert.match(stdout, /^probe-port 8001 \(default: port \+ 1; 8001 for worker and consume\)$/m);

    // Still without options: the variable moves both to where nobody else listens.
    const port = await usePort();
    const hurricane = await serveExample(t, [], {
      artefact,
      env: { HURRICANE_PORT: `${port}` },
      choosePorts: false,
    });
    await assertServed(hurricane, port);
  },
);

forEachArtefact(
  'A02 starts the same when it and the app are wrapped by a launcher',
  async (t, artefact) => {
    const port = await usePort();
    const args = ['--port', `${port}`, '--', 'env', 'WRAPPED_APP=1', ...exampleApp];
    const launcher = ['env', 'WRAPPED=1'];
    const hurricane = await startHurricane(t, args, { artefact, launcher, choosePorts: false });
    await hurricane.up();
    await assertServed(hurricane, port);
    assert.equal((await hurricane.get('/env?name=WRAPPED')).text, '1\n');
    assert.equal((await hurricane.get('/env?name=WRAPPED_APP')).text, '1\n');
    hurricane.signal('SIGTERM');
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  },
);

forEachArtefact('A03 the probes follow --port, one above it', async (t, artefact) => {
  const port = await usePort();
  const hurricane = await serveExample(t, ['--port', `${port}`], { artefact, choosePorts: false });
  await assertServed(hurricane, port);
});

forEachArtefact(
  'A04 --no-probe is said, and nothing listens one above the port',
  async (t, artefact) => {
    const hurricane = await serveExample(t, ['--no-probe'], { artefact });
    await hurricane.sees(/^no probes and no metrics, because of --no-probe$/);
    assert.equal(await isFree(hurricane.port + 1), true);
    assert.equal((await hurricane.get('/')).status, 200);
    assert.equal((await hurricane.get('/alive')).text, 'not found\n', 'the app is asked');
  },
);

forEachArtefact('A09 a request reaches the app and is told in one line', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const { status, text } = await hurricane.get('/');
  assert.equal(status, 200);
  assert.equal(text, 'Hello from Node\n');
  const line = await accessLine(hurricane, '/');
  assert.partialDeepStrictEqual(line, {
    ...{ level: 'info', method: 'GET', status: 200, outcome: 'completed', client: '127.0.0.1' },
    ...{ request_bytes: 0, response_bytes: text.length },
  });
  assert.ok(Number(line['duration_ms']) >= Number(line['app_ms']));
});

forEachArtefact('A13 a 404 of the app passes and is told as 404', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const { status, text } = await hurricane.get('/no/such/page?a=1');
  assert.equal(status, 404);
  assert.equal(text, 'not found\n');
  const line = await accessLine(hurricane, '/no/such/page?a=1');
  assert.partialDeepStrictEqual(line, { method: 'GET', status: 404, outcome: 'completed' });
  assert.equal((await hurricane.get('/')).status, 200);
  assert.equal((await accessLine(hurricane, '/'))['status'], 200);
});

forEachArtefact('A14 HEAD is answered 200 with an empty body', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const { status, body, headers } = await hurricane.get('/file', { method: 'HEAD' });
  assert.equal(status, 200);
  assert.equal(body.length, 0);
  assert.match(headers['content-type'] ?? '', /^text\/plain/);
  assert.partialDeepStrictEqual(await accessLine(hurricane, '/file'), {
    ...{ method: 'HEAD', status: 200, response_bytes: 0 },
  });
});

forEachArtefact('A38 an interrupt ends it in order', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const appPid = Number((await hurricane.get('/pid')).text);
  hurricane.signal('SIGINT');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  const [started] = await seesInOrder(
    hurricane,
    'drain.started',
    'listener.closed',
    'app.ended',
    'drain.ended',
    /^hurricane ends$/,
  );
  assert.equal(started?.['reason'], 'SIGINT');
  assert.throws(() => process.kill(appPid, 0), { code: 'ESRCH' });
  assert.equal(hurricane.stderr, '');
});

forEachArtefact(
  'busy_port: a second instance on the same port is refused before it starts anything',
  async (t, artefact) => {
    const first = await serveExample(t, [], { artefact });
    const args = ['--port', `${first.port}`, '--probe-port', `${await usePort()}`];
    const second = await startExample(t, [...args, '--command', 'echo never'], { artefact });
    assert.deepEqual(await second.exit, { code: 69, signal: null });
    const { reason, next } = await second.sees(/^hurricane ends$/);
    assert.match(`${String(reason)} ${String(next)}`, new RegExp(`${first.port}.*--port`));
    assert.equal(
      second.logs.some(({ event }) => event === 'command.started' || event === 'app.started'),
      false,
    );
    assert.equal((await first.get('/')).status, 200);
  },
);
