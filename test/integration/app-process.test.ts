import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { AppProcess } from '../../src/app/app-process.ts';
import type { AppPlaceConfig } from '../../src/config/slices/app.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const never = new AbortController().signal;

/** An app that only lives, and the names of the events that became known of it. */
function useIdleApp(
  place: Partial<AppPlaceConfig>,
  command = ['sleep', '600'],
): { app: AppProcess; events: string[] } {
  const events: string[] = [];
  const app = new AppProcess({
    config: {
      command,
      startTimeoutMs: Infinity,
      stopSignal: undefined,
      up: {
        kind: 'listens',
        port: undefined,
        portVariable: 'PORT',
        socketPath: undefined,
        readyPath: undefined,
        ...place,
      },
    },
    debugging: undefined,
    env: process.env,
    cwd: '/',
    onLine: undefined,
    startupChecks: () => Promise.resolve(),
    emit: (name) => events.push(name),
    log: recordedLog(),
  });
  return { app, events };
}

test('a stranger on the port of the app is not taken for it: the app is not even started', async (t) => {
  const { port } = await useHttpServer(t, () => undefined);
  const { app, events } = useIdleApp({ port });
  await assert.rejects(app.start(never), {
    exitCode: 69,
    message: `something listens on 127.0.0.1:${port} already, before the app was started (--app-port)`,
    hint: 'stop it, or let the app listen elsewhere and name that with --app-port',
  });
  assert.deepEqual(events, []);
});

test('nor is one on the socket of the app', async (t) => {
  const socketPath = await useSocket(t);
  const { app, events } = useIdleApp({ socketPath });
  await assert.rejects(app.start(never), { exitCode: 69, message: /--app-socket/ });
  assert.deepEqual(events, []);
});

test('a command line in one word is told from a program that is not there', async () => {
  const { app } = useIdleApp({}, ['python3 app.py']);
  await assert.rejects(app.start(never), {
    exitCode: 127,
    hint: 'it was given as one word: leave out the quotes, and write -- python3 app.py',
  });
  const { app: other } = useIdleApp({}, ['no-such-program', 'app.py']);
  await assert.rejects(other.start(never), { hint: /name a program in PATH/ });
});

async function useSocket(t: TestContext): Promise<string> {
  const path = join(useTempDir(t), 'app.sock');
  const server = createServer().listen(path);
  t.after(() => server.close());
  await once(server, 'listening');
  return path;
}
