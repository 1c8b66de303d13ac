// The app's side of the control socket: what it registers of its own, and pushes.

import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

import type { Hurricane } from './hurricane.ts';

export interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Method = 'GET' | 'PUT' | 'DELETE' | 'POST';

/** Asks `hurricane` on its control socket, with a body of JSON unless there is none. */
export async function tell(
  { probePort }: Pick<Hurricane, 'probePort'>,
  method: Method,
  path: string,
  body?: unknown,
): Promise<Told> {
  const socketPath = `/tmp/hurricane-${probePort}.sock`;
  const signal = AbortSignal.timeout(10_000);
  const sent = request({ socketPath, method, path, agent: false, signal });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { statusCode: number },
  ];
  const answer = JSON.parse(await text(response)) as Told['body'];
  return { status: response.statusCode, body: answer };
}
