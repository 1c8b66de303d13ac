// One question to a running hurricane over its control socket.

import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';

import type { OperationName } from '../control/operations.ts';
import { HurricaneError } from '../core/errors.ts';
import { errorReason } from '../http/reach.ts';

export type { OperationName } from '../control/operations.ts';
export type Question = 'status' | OperationName;

export interface ControlAnswer {
  /** False: refused, or tried and failed. */
  readonly done: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is answered from memory. The others take as long as the app does, and have their limits there. */
const quick: readonly Question[] = ['status', 'drain', 'undrain'];
const QUICK_MS = 5000;

/** Throws `no-hurricane` when nobody answers there, and `permission-refused`. */
export async function askControl(socketPath: string, question: Question): Promise<ControlAnswer> {
  try {
    return await ask(socketPath, question);
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, socketPath);
  }
}

/** Those that answer in the folder of this one, under names that sockets have by default. */
export async function othersThere(
  socketPath: string,
): Promise<readonly { readonly path: string; readonly state: string }[]> {
  const folder = dirname(socketPath);
  const names = await readdir(folder).catch(() => []);
  const paths = names
    .filter((name) => /^hurricane-\d+\.sock$/.test(name))
    .map((name) => join(folder, name));
  const answers = await Promise.all(
    paths.map((path) =>
      ask(path, 'status').then(
        ({ body }) => [{ path, state: String(body['state']) }],
        () => [], // dead, or somebody else's
      ),
    ),
  );
  return answers.flat();
}

function ask(socketPath: string, question: Question): Promise<ControlAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlAnswer>();
  const method = question === 'status' ? 'GET' : 'POST';
  const limit = quick.includes(question) ? { signal: AbortSignal.timeout(QUICK_MS) } : {};
  const sent = request({ socketPath, method, path: `/${question}`, agent: false, ...limit });
  sent.on('error', reject);
  sent.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('error', reject);
    response.on('end', () => {
      try {
        const body = JSON.parse(text) as ControlAnswer['body'];
        resolve({ done: response.statusCode === 200, body });
      } catch {
        reject(new Error('its answer is not one of hurricane'));
      }
    });
  });
  sent.end();
  return promise;
}

const remedy = 'is that the --control-socket, or the --probe-port, of the hurricane that runs?';

function explain(error: NodeJS.ErrnoException, path: string): HurricaneError {
  const refuse = (message: string, hint = remedy): HurricaneError =>
    new HurricaneError('no-hurricane', message, { hint, cause: error });
  switch (error.code) {
    case 'ENOENT':
      return refuse(`no hurricane runs here: there is no control socket ${path}`);
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return refuse(`the hurricane that made ${path} is dead: nobody listens there`);
    case 'EACCES':
    case 'EPERM':
      return new HurricaneError('permission-refused', `you may not use ${path}`, {
        hint: 'run this as the user that hurricane runs as',
        cause: error,
      });
    case 'ECONNRESET':
      return refuse(`hurricane ended before it had answered on ${path}`, 'its log says why');
    case 'ABORT_ERR':
      return refuse(`nothing was answered on ${path} within ${QUICK_MS / 1000} s`);
    default:
      return refuse(`no answer on ${path}: ${errorReason(error)}`);
  }
}
