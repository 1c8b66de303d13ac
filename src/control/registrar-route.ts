// The part of the control socket where the app registers what it has of its own: /metrics/ID, /webhooks/TYPE.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Registrar, Reply } from '../core/registrar.ts';
import { respondJson } from '../http/respond.ts';

const MAX_BODY_BYTES = 64 * 1024;

type Act = (registrar: Registrar, id: string, body: unknown) => Reply;

const acts: Readonly<Record<string, Act>> = {
  GET: (registrar, id) => registrar.show(id),
  PUT: (registrar, id, body) => registrar.register(id, body),
  DELETE: (registrar, id) => registrar.unregister(id),
  POST: (registrar, id, body) => registrar.update(id, body),
};

const statuses: Readonly<Record<Extract<Reply, { kind: 'refused' }>['why'], number>> = {
  unknown: 404,
  taken: 409,
  malformed: 400,
  off: 409,
};

/** Rejects only when the body could not be read. */
export async function answerRegistrar(
  registrar: Registrar,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '' } = request;
  const act = Object.hasOwn(acts, method) ? acts[method] : undefined;
  if (act === undefined) {
    const allowed = Object.keys(acts).join(', ');
    respondJson(response, 405, { error: `use one of ${allowed}` }, { Allow: allowed });
    return;
  }
  const body = await readBody(request);
  if ('problem' in body) {
    respondJson(response, body.status, { error: body.problem }, { Connection: 'close' });
    return;
  }
  const reply = act(registrar, id, body.value);
  if (reply.kind === 'done') respondJson(response, 200, reply.body);
  else respondJson(response, statuses[reply.why], { error: reply.error });
}

type Body = { readonly value: unknown } | { readonly status: 400 | 413; readonly problem: string };

/** Undefined for an empty one. */
async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The rest is read and thrown away: who is still sending would not see the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    return { status: 413, problem: `the body is larger than ${MAX_BODY_BYTES} bytes` };
  }
  if (bytes === 0) return { value: undefined };
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
  } catch {
    return { status: 400, problem: 'the body is not JSON' };
  }
}
