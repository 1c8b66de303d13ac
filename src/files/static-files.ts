// Folders as answers: which file, in which encoding, under which headers. The only importer of send.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { SendOptions, SendStream } from 'send';

import type { Mount } from '../config/slices/files.ts';
import type { Log } from '../core/log.ts';
import { respondText } from '../http/respond.ts';
import { encodingsFor, type Encoding } from './encodings.ts';
import { fileName } from './file-name.ts';
import { realFile } from './real-file.ts';

export interface StaticFilesOptions {
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  readonly log: Log;
}

interface Told {
  readonly begun: (status: number) => void;
  readonly sent: (bytes: number) => void;
}

interface Found {
  readonly path: string;
  /** By which its type is known; links and encodings have other names. */
  readonly name: string;
  readonly encoding: Encoding | undefined;
  readonly kind: Mount['kind'];
}

/** Answers what lies under the URLs of its mounts; nothing that begins with a dot or lies elsewhere. */
export class StaticFiles {
  /** The longest URL first: of two that fit, it is the one that is meant. */
  readonly #mounts: readonly Mount[];
  readonly #log: Log;

  constructor({ mounts, cwd, log }: StaticFilesOptions) {
    this.#log = log;
    this.#mounts = mounts
      .map((mount) => ({ ...mount, url: `${mount.url}/`, folder: resolve(cwd, mount.folder) }))
      .sort((a, b) => b.url.length - a.url.length);
  }

  /** Says what is served, and which folder is missing: it may still come. */
  async announce(): Promise<void> {
    for (const { kind, url, folder } of this.#mounts) {
      this.#log.info({ url, folder }, `Serving ${kind} files under ${url} from ${folder}`);
      const found = await stat(folder).catch(() => undefined);
      if (found?.isDirectory() === true) continue;
      this.#log.error(
        { url, folder },
        `${folder} is not a folder: requests under ${url} are answered 404 until it is (--${kind})`,
      );
    }
  }

  owns(path: string): boolean {
    return this.#mountOf(path) !== undefined;
  }

  /** See `Site` of the proxy. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    told: Told,
  ): Promise<void> {
    try {
      const found = await this.#find(request, path);
      if (response.destroyed) return;
      if (typeof found === 'number') respondError(response, found);
      else await sendFile(request, response, found, told);
    } catch (error) {
      this.#log.error({ path, err: error }, 'a file could not be read');
      throw error;
    }
  }

  #mountOf(path: string): Mount | undefined {
    return this.#mounts.find(({ url }) => path.startsWith(url));
  }

  /** Or the status to answer. */
  async #find(request: IncomingMessage, path: string): Promise<Found | number> {
    const mount = this.#mountOf(path);
    if (mount === undefined) return 404;
    const { kind, url, folder } = mount;
    const named = fileName(path.slice(url.length));
    if (named.kind !== 'name') return named.kind === 'malformed' ? 400 : 404;
    const { segments } = named;
    const plain = await realFile(folder, segments);
    if (plain === undefined) return 404;
    const name = segments.at(-1) ?? '';
    for (const encoding of await encodingsFor(request)) {
      const encoded = await realFile(folder, [...segments.slice(0, -1), name + encoding.suffix]);
      if (encoded !== undefined) return { path: encoded, name, encoding, kind };
    }
    return { path: plain, name, encoding: undefined, kind };
  }
}

const texts: Readonly<Record<number, string>> = {
  400: 'The path is not valid.',
  404: 'There is no such file.',
  412: 'The file has changed.',
  416: 'The file has no such range.',
};

/** No name here is hidden: whatever the path of the file is, nobody has asked for that. */
const options: SendOptions & { readonly highWaterMark: number } = {
  dotfiles: 'allow',
  index: false,
  // Handed on to the stream that reads the file: large ones in few steps.
  highWaterMark: 512 * 1024,
};

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, name, encoding, kind }: Found,
  { begun, sent }: Told,
): Promise<void> {
  const { default: send } = await import('send');
  const { promise, resolve: done, reject } = Promise.withResolvers<undefined>();
  response.once('close', () => done(undefined));
  const sending = send(request, encodeURI(path), options);
  sending.on('headers', () => setFields(sending, response, { name, encoding, kind }));
  sending.on('stream', (stream: NodeJS.ReadableStream) => {
    begun(response.statusCode);
    const length = Number(response.getHeader('Content-Length'));
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      sent(chunk.length);
    });
    stream.on('end', () => {
      if (bytes < length) reject(new Error(`${path} became shorter while it was sent`));
    });
  });
  sending.on('error', (error: Error & { readonly status?: number }) => {
    const { status = 500 } = error;
    if (response.headersSent || texts[status] === undefined) reject(error);
    else respondError(response, status);
  });
  sending.pipe(response);
  await promise;
}

function setFields(
  sending: SendStream,
  response: ServerResponse,
  { name, encoding, kind }: Omit<Found, 'path'>,
): void {
  sending.type(name);
  response.setHeader('Vary', 'Accept-Encoding');
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding.name);
  if (kind === 'media') response.setHeader('X-Content-Type-Options', 'nosniff');
}

/** What is left of a file's own fields would speak of the wrong thing. */
function respondError(response: ServerResponse, status: number): void {
  for (const name of response.getHeaderNames()) {
    if (name !== 'connection' && name !== 'content-range') response.removeHeader(name);
  }
  respondText(response, status, `${texts[status] ?? ''}\n`);
}
