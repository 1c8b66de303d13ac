// What a debugger says to whoever attaches: just enough of each protocol to know that it is one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { eventually } from './eventually.ts';
import { isFree } from './port.ts';

const WITHIN_MS = 10_000;

interface InspectorWord {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: unknown;
}

export interface Pause {
  readonly callFrames: readonly { readonly callFrameId: string }[];
}

/** The inspector of Node, attached. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #words: InspectorWord[] = [];
  #last = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.#words.push(JSON.parse(String(data)) as InspectorWord);
    });
  }

  async ask<T>(method: string, params: object = {}): Promise<T> {
    const id = (this.#last += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result } = await this.#hears((word) => word.id === id);
    return result as T;
  }

  /** Stops whoever gets to the line of the file, counted from 1. */
  async breakAt(file: string | RegExp, line: number): Promise<void> {
    const place = file instanceof RegExp ? { urlRegex: file.source } : { url: file };
    await this.ask('Runtime.enable');
    await this.ask('Debugger.enable');
    await this.ask('Debugger.setBreakpointByUrl', { ...place, lineNumber: line - 1 });
  }

  /** The n-th time that somebody was stopped. */
  async paused(n = 1): Promise<Pause> {
    const isPause = ({ method }: InspectorWord): boolean => method === 'Debugger.paused';
    const { params } = await this.#hears(
      (word) => isPause(word) && this.#words.filter(isPause)[n - 1] === word,
    );
    return params as Pause;
  }

  async evaluate({ callFrames: [frame] }: Pause, expression: string): Promise<unknown> {
    const callFrameId = frame?.callFrameId;
    const { result } = await this.ask<{ result: { value: unknown } }>(
      'Debugger.evaluateOnCallFrame',
      { callFrameId, expression },
    );
    return result.value;
  }

  #hears(isMeant: (word: InspectorWord) => boolean): Promise<InspectorWord> {
    return eventually(
      () => {
        const word = this.#words.find(isMeant);
        assert.ok(word, `the inspector said ${JSON.stringify(this.#words).slice(0, 2000)}`);
        return word;
      },
      { within: WITHIN_MS },
    );
  }
}

/** Closed after the test. */
export async function attachInspector(t: TestContext, port: number): Promise<Inspector> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  t.after(() => socket.close());
  const inspector = new Inspector(socket);
  await once(socket, 'open');
  return inspector;
}

/** What a debugger adapter answers to `initialize`: what it can do. */
export async function initializeDap(t: TestContext, port: number): Promise<string> {
  const request = JSON.stringify({
    seq: 1,
    type: 'request',
    command: 'initialize',
    arguments: { adapterID: 'hurricane' },
  });
  return converse(t, port, `Content-Length: ${request.length}\r\n\r\n${request}`, /"initialize"/);
}

export function shakeHandsJdwp(t: TestContext, port: number): Promise<string> {
  return converse(t, port, 'JDWP-Handshake', /Handshake/);
}

/** As the console of rdbg attaches. */
export function attachRdbg(t: TestContext, port: number): Promise<string> {
  return converse(t, port, 'version: 1.4.0 width: 80 cookie: - nonstop: true\n', /\n/);
}

async function converse(
  t: TestContext,
  port: number,
  word: string,
  answer: RegExp,
): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(word);
  // What is left of the debugger would wait for us to leave.
  return hear(socket, answer).finally(() => socket.destroy());
}

export interface Ide {
  readonly port: number;
  /** What debuggers say that connect; waited for until there is something. */
  hears(): Promise<string>;
}

/** An IDE that waits for debuggers to connect. */
export async function useIde(t: TestContext): Promise<Ide> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    // As PyCharm begins: its version, then `run`. Xdebug takes it for nothing.
    socket.write('501\t1\t0.1\tUNIX\tID\n101\t3\t\n');
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const hears = (): Promise<string> =>
    eventually(
      () => {
        assert.notEqual(heard, '', 'no debugger connected and spoke');
        return heard;
      },
      { within: WITHIN_MS },
    );
  return { port, hears };
}

async function hear(socket: Socket, answer: RegExp): Promise<string> {
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  await eventually(() => assert.match(heard, answer), { within: WITHIN_MS });
  return heard;
}

/** As /proc/net/tcp writes them: 127.0.0.1, ::1 and ::ffff:127.0.0.1. */
const LOOPBACK = new Set([
  '0100007F',
  '00000000000000000000000001000000',
  '0000000000000000FFFF00000100007F',
]);
const LISTEN = '0A';

/** True when somebody listens on the port, and nobody there but from this machine. */
export function isLoopbackOnly(port: number): boolean {
  const addresses = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => {
        return state === LISTEN && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
      })
      .map(([, local = '']) => local.split(':')[0] ?? ''),
  );
  return addresses.length > 0 && addresses.every((address) => LOOPBACK.has(address));
}

export async function assertFree(port: number): Promise<void> {
  await eventually(async () => assert.ok(await isFree(port), `port ${port} is taken`));
}
