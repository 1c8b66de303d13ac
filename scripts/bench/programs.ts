// The programs under measurement: how they are started, found listening, and ended.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const node = process.execPath;
export const artefacts = {
  js: [node, fileURLToPath(new URL('../../dist/hurricane.js', import.meta.url))],
  binary: [fileURLToPath(new URL('../../dist/hurricane', import.meta.url))],
} as const;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface Listening {
  readonly child: ChildProcess;
  readonly port: number;
}

/** hurricane in front of the smallest app there is. */
export async function startServe(args: readonly string[]): Promise<Listening> {
  const port = await freePort();
  const app = [node, here('origin.ts')];
  const listen = ['--host', '127.0.0.1', '--port', `${port}`];
  return startListening([...artefacts.js, 'serve', ...listen, ...args, '--', ...app], port);
}

/** http-proxy as its own README shows it, with a keep-alive agent. */
export async function startBareProxy(origin: Listening): Promise<Listening> {
  const port = await freePort();
  return startListening([node, here('bare-proxy.ts'), `${port}`, `${origin.port}`], port);
}

export async function startOrigin(): Promise<Listening> {
  const port = await freePort();
  return startListening([node, here('origin.ts')], port, { PORT: `${port}` });
}

export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function startListening(
  command: readonly string[],
  port: number,
  env: Record<string, string> = {},
): Promise<Listening> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null)
      throw new Error(`${command.join(' ')} exited with ${child.exitCode}`);
    await sleep(20);
  }
  return { child, port };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    return head.toString('latin1').startsWith('HTTP/1.1 200');
  } catch {
    return false; // refused: not up yet
  } finally {
    socket.destroy();
  }
}
