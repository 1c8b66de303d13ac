// An open-loop load: requests start at a steady rate whatever the answers do, and each one's fate is
// known to the byte. Half of them open a connection of their own, half reuse one.

import { connect, type Socket } from 'node:net';

/** What became of one request. */
export type Fate =
  /** Head and the whole body arrived. */
  | 'whole'
  /** Nobody listened. */
  | 'refused'
  /** The connection ended before the first byte of the answer. */
  | 'unanswered'
  /** The connection ended in the middle of the answer. */
  | 'cut'
  /** A whole answer, but not the app's. */
  | 'wrong';

export interface Shot {
  readonly id: string;
  /** When its fate was known, in milliseconds since the epoch. */
  readonly endedAt: number;
  readonly fate: Fate;
  readonly detail: string;
}

export interface OpenLoadOptions {
  readonly port: number;
  readonly ratePerSecond: number;
  /** The path of the n-th request; its answer must be `done <id>\n`. */
  readonly path: (id: string, n: number) => string;
  /** What makes the n-th one a POST; undefined: a GET. */
  readonly body?: (id: string, n: number) => string | undefined;
}

export class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #idle = new Set<Socket>();
  readonly #shots: Promise<Shot>[] = [];
  readonly #inHand = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OpenLoadOptions) {
    this.#options = options;
  }

  /** The ids of the requests under way. */
  get inHand(): readonly string[] {
    return [...this.#inHand];
  }

  start(): void {
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedAt) * this.#options.ratePerSecond) / 1000;
      while (this.#shots.length < due) this.#shots.push(this.#shoot(this.#shots.length));
    }, 5).unref();
  }

  /** Starts no more requests and resolves with the fate of all. */
  async stop(): Promise<Shot[]> {
    clearInterval(this.#timer);
    const shots = await Promise.all(this.#shots);
    for (const socket of this.#idle) socket.destroy();
    return shots;
  }

  async #shoot(n: number): Promise<Shot> {
    const id = `r${n}`;
    const once = n % 2 === 0;
    const socket = (once ? undefined : this.#takeIdle()) ?? this.#connect();
    this.#inHand.add(id);
    socket.write(this.#bytes(id, n, once));
    const { bytes, error } = await readAnswer(socket);
    this.#inHand.delete(id);
    const keep = !once && error === undefined && !/^connection: close/im.test(bytes);
    if (keep) this.#idle.add(socket);
    else socket.destroy();
    return { id, endedAt: Date.now(), ...judge(id, bytes, error) };
  }

  #bytes(id: string, n: number, once: boolean): string {
    const { path, body } = this.#options;
    const content = body?.(id, n);
    const head = [
      `${content === undefined ? 'GET' : 'POST'} ${path(id, n)} HTTP/1.1`,
      'Host: load',
      ...(content === undefined ? [] : [`Content-Length: ${content.length}`]),
      ...(once ? ['Connection: close'] : []),
    ];
    return `${head.join('\r\n')}\r\n\r\n${content ?? ''}`;
  }

  #connect(): Socket {
    const socket = connect(this.#options.port, '127.0.0.1');
    socket.on('close', () => this.#idle.delete(socket));
    return socket;
  }

  /** The one that was used last: others may be about to be closed for being idle. */
  #takeIdle(): Socket | undefined {
    const socket = [...this.#idle].pop();
    if (socket !== undefined) this.#idle.delete(socket);
    return socket;
  }
}

interface Answer {
  readonly bytes: string;
  readonly error: string | undefined;
}

/** Reads one answer with a Content-Length, or what came of it before the connection ended. */
function readAnswer(socket: Socket): Promise<Answer> {
  return new Promise((resolve) => {
    let bytes = '';
    let failure: string | undefined;
    const finish = (error: string | undefined): void => {
      socket.off('data', read).off('close', end).off('error', fail);
      resolve({ bytes, error });
    };
    const read = (chunk: Buffer): void => {
      bytes += chunk.toString('latin1');
      if (isWhole(bytes)) finish(undefined);
    };
    const end = (): void => finish(failure ?? 'closed');
    socket.on('data', read).on('close', end);
    const fail = (error: NodeJS.ErrnoException): void =>
      void (failure = error.code ?? error.message);
    socket.on('error', fail);
  });
}

function isWhole(bytes: string): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(bytes.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && bytes.length >= end + 4 + Number(length);
}

function judge(
  id: string,
  bytes: string,
  error: string | undefined,
): Pick<Shot, 'fate' | 'detail'> {
  if (error === undefined) {
    const good = bytes.startsWith('HTTP/1.1 200') && bytes.endsWith(`done ${id}\n`);
    return { fate: good ? 'whole' : 'wrong', detail: bytes };
  }
  if (error === 'ECONNREFUSED') return { fate: 'refused', detail: error };
  return { fate: bytes === '' ? 'unanswered' : 'cut', detail: `${error} ${bytes}` };
}
