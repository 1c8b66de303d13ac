// One question to a probe of a hurricane that runs on this machine.

import { get } from 'node:http';

import type { ListenConfig } from '../config/slices/listeners.ts';
import { displayAddress, errorReason } from '../http/reach.ts';

/** Below what Kubernetes and Docker grant, so that ours is the sentence that is seen. */
const TIMEOUT_MS = 900;

export interface ProbeAnswer {
  readonly passing: boolean;
  /** Status and body, or why there is no answer; one line. */
  readonly text: string;
}

/** Never rejects; passing is an answer below 400 within 900 ms. */
export async function askProbe(
  listen: ListenConfig | undefined,
  path: string,
): Promise<ProbeAnswer> {
  if (listen === undefined) {
    return { passing: false, text: 'there are no probes: remove no-probe from the configuration' };
  }
  const host = loopbackFor(listen.host);
  try {
    return await ask(host, listen.port, path);
  } catch (error) {
    const reason = error instanceof Error ? errorReason(error) : String(error);
    const address = displayAddress({ host, port: listen.port });
    return {
      passing: false,
      text: `no answer from ${address}: ${reason}: is that the --probe-port of the hurricane that runs?`,
    };
  }
}

function ask(host: string, port: number, path: string): Promise<ProbeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  get({ host, port, path, agent: false, signal }, (response) => {
    const status = response.statusCode ?? 0;
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (body += chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({ passing: status < 400, text: `${status} ${body.trim()}`.trim() }),
    );
  }).on('error', (error) =>
    reject(signal.aborted ? new Error(`nothing within ${TIMEOUT_MS} ms`) : error),
  );
  return promise;
}

/** Where a listener on every address is reached from here. */
function loopbackFor(host: string): string {
  return host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
}
