import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { suite, test, type TestContext } from 'node:test';

import { ControlServer } from '../../src/control/control-server.ts';
import type { Operations } from '../../src/control/operations.ts';
import { Deadline } from '../../src/core/deadline.ts';
import { switchedOff } from '../../src/core/registrar.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const off = switchedOff('not here');
const yes = { done: true, text: 'as you wish' };

interface Setup {
  path?: string;
  operations?: Partial<Operations>;
  privately?: (act: () => void) => void;
}

function setUp(t: TestContext, { path, operations = {}, privately }: Setup = {}) {
  const log = recordedLog();
  const asked: string[] = [];
  const socketPath = path ?? join(useTempDir(t), 'control.sock');
  const control = new ControlServer({
    path: socketPath,
    operations: {
      status: () => ({ state: 'ready' }),
      ...{ reload: () => yes, restart: () => yes, drain: () => yes, undrain: () => yes },
      ...operations,
    },
    registrars: { metrics: off, webhooks: off },
    privately: privately ?? asUmask,
    emit: (_name, data) => asked.push((data as { operation: string }).operation),
    log,
  });
  const start = async (): Promise<boolean> => {
    const listens = await control.start();
    if (listens) t.after(() => control.stop(Deadline.after(0)));
    return listens;
  };
  return { path: socketPath, control, start, log, asked };
}

function asUmask(act: () => void): void {
  const before = process.umask(0o177);
  act();
  process.umask(before);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

async function ask(socketPath: string, method: string, path: string, body = ''): Promise<Answer> {
  const sent = request({ socketPath, method, path, agent: false });
  const answered = once(sent, 'response') as Promise<[NodeJS.ReadableStream & AnswerHead]>;
  sent.end(body);
  const [response] = await answered;
  return { status: response.statusCode, headers: response.headers, body: await json(response) };
}

interface AnswerHead {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

suite('routes', () => {
  test('status is for looking: GET, never cached', async (t) => {
    const { path, start } = setUp(t);
    await start();
    const { status, headers, body } = await ask(path, 'GET', '/status?now');
    assert.deepEqual([status, body], [200, { state: 'ready' }]);
    assert.match(headers['cache-control'] ?? '', /no-store/);
  });

  for (const operation of ['reload', 'restart', 'drain', 'undrain'] as const) {
    test(`${operation} is carried out by POST, and observers are told that it was asked for`, async (t) => {
      const { path, start, asked } = setUp(t);
      await start();
      const { status, body } = await ask(path, 'POST', `/${operation}`, 'a body nobody needs');
      assert.deepEqual([status, body], [200, { operation, ...yes }]);
      assert.deepEqual(asked, [operation]);
    });
  }

  test('what was refused or has failed is 409 with the reason, and is logged', async (t) => {
    const no = { done: false, text: 'hurricane is stopping' };
    const { path, start, log } = setUp(t, { operations: { reload: () => Promise.resolve(no) } });
    await start();
    const { status, body } = await ask(path, 'POST', '/reload');
    assert.deepEqual([status, body], [409, { operation: 'reload', ...no }]);
    const fields = { operation: 'reload', reason: no.text };
    assert.deepEqual(log.lines, [
      { level: 'warn', message: 'the order was not carried out', fields },
    ]);
  });

  test('what an event has told is not logged again', async (t) => {
    const no = { done: false, text: 'it exited', told: true };
    const { path, start, log } = setUp(t, { operations: { reload: () => no } });
    await start();
    const { status, body } = await ask(path, 'POST', '/reload');
    assert.deepEqual([status, body], [409, { operation: 'reload', done: false, text: no.text }]);
    assert.deepEqual(log.lines, []);
  });

  test('another method is 405 and names the right one, and nothing is carried out', async (t) => {
    const { path, start, asked } = setUp(t);
    await start();
    for (const [method, route, right] of [
      ['GET', '/reload', 'POST'],
      ['POST', '/status', 'GET'],
      ['DELETE', '/drain', 'POST'],
    ] as const) {
      const { status, headers, body } = await ask(path, method, route);
      assert.equal(status, 405);
      assert.equal(headers.allow, right);
      assert.deepEqual(body, { error: `${route} is asked by ${right}` });
    }
    assert.deepEqual(asked, []);
  });

  test('another path is 404 and names those that there are', async (t) => {
    const { path, start } = setUp(t);
    await start();
    for (const route of ['/', '/Status', '/status/', '/toString']) {
      const { status, body } = await ask(path, 'GET', route);
      assert.equal(status, 404);
      assert.match(
        (body as { error: string }).error,
        /only \/status, \/reload, \/restart, \/drain, \/undrain, \/metrics\/ID, \/webhooks\/TYPE$/,
      );
    }
  });

  test('a bug in an operation is answered, and logged', async (t) => {
    const status = (): never => {
      throw new Error('unexpected');
    };
    const { path, start, log } = setUp(t, { operations: { status } });
    await start();
    assert.equal((await ask(path, 'GET', '/status')).status, 500);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['error'],
    );
  });
});

suite('the socket', () => {
  test('is for its owner alone from the moment it is there', async (t) => {
    const path = join(useTempDir(t), 'control.sock');
    let mode = 0;
    const privately = (act: () => void): void => {
      asUmask(act);
      mode = statSync(path).mode & 0o777;
    };
    const { start } = setUp(t, { path, privately });
    assert.equal(await start(), true);
    assert.equal(mode, 0o600);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('is gone after the stop, which lets a request in hand have its answer', async (t) => {
    const { promise, resolve } = Promise.withResolvers<typeof yes>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
    const reload = (): Promise<typeof yes> => {
      begin(undefined);
      return promise;
    };
    const { path, control, start } = setUp(t, { operations: { reload } });
    await start();
    const answer = ask(path, 'POST', '/reload');
    await begun;
    const stopped = control.stop(Deadline.after(10_000));
    resolve(yes);
    assert.equal((await answer).status, 200);
    await stopped;
    assert.equal(existsSync(path), false);
  });

  test('does not wait for a request in hand beyond the deadline', async (t) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
    const reload = (): Promise<never> => {
      begin(undefined);
      return new Promise(() => undefined);
    };
    const { path, control, start } = setUp(t, { operations: { reload } });
    await start();
    const answer = ask(path, 'POST', '/reload');
    const refused = assert.rejects(answer, { code: 'ECONNRESET' });
    await begun;
    await control.stop(Deadline.after(0));
    await refused;
    assert.equal(existsSync(path), false);
  });

  test('takes the place of one whose process is dead, and says so', async (t) => {
    const path = join(useTempDir(t), 'control.sock');
    await leaveSocketBehind(path);
    const { start, log } = setUp(t, { path });
    assert.equal(await start(), true);
    assert.equal((await ask(path, 'GET', '/status')).status, 200);
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [['info', 'the control socket of a dead hurricane was replaced']],
    );
  });

  test('never takes the place of one that lives', async (t) => {
    const first = setUp(t);
    await first.start();
    const second = setUp(t, { path: first.path, operations: { status: () => ({ state: 'no' }) } });
    assert.equal(await second.start(), false);
    assert.deepEqual((await ask(first.path, 'GET', '/status')).body, { state: 'ready' });
    await second.control.stop(Deadline.after(0));
    assert.equal(existsSync(first.path), true);
    assertOneWarning(second.log, 'another hurricane listens there');
  });

  test('leaves a file alone that is no socket', async (t) => {
    const path = join(useTempDir(t), 'precious');
    writeFileSync(path, 'data');
    const { start, log } = setUp(t, { path });
    assert.equal(await start(), false);
    assert.equal(statSync(path).size, 4);
    assertOneWarning(log, 'a file that is no socket has its place');
  });

  test('that cannot be made is one warning with the reason', async (t) => {
    const folder = useTempDir(t);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    mkdirSync(join(folder, 'x'.repeat(120)));
    for (const [path, reason] of [
      [join(folder, 'none/control.sock'), `${join(folder, 'none')} does not exist`],
      [join(file, 'control.sock'), `${file} is not a folder`],
      [join(folder, 'x'.repeat(120), 'control.sock'), /longer than the 107 bytes/],
    ] as const) {
      const { start, log } = setUp(t, { path });
      assert.equal(await start(), false);
      assertOneWarning(log, reason);
    }
  });
});

function assertOneWarning(log: ReturnType<typeof recordedLog>, reason: string | RegExp): void {
  assert.equal(log.lines.length, 1);
  const [line] = log.lines;
  assert.equal(line?.level, 'warn');
  assert.match(line.message, /^no control socket: .*--control-socket names another place$/);
  if (typeof reason === 'string') assert.equal(line.fields['reason'], reason);
  else assert.match(String(line.fields['reason']), reason);
}

/** As a process that is killed does. */
async function leaveSocketBehind(path: string): Promise<void> {
  const other = `${path}.other`;
  const server = createServer().listen(other);
  await once(server, 'listening');
  renameSync(other, path);
  server.close();
  await once(server, 'close');
}
