// A receiver of webhooks that answers as the test wants.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

import { eventually } from './eventually.ts';

export interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly payload: Record<string, unknown>;
}

/** A status to answer with, or what to do to the connection instead. */
export type SinkAnswer = number | 'hang' | 'reset' | ((response: ServerResponse) => void);

export interface WebhookSink {
  readonly url: string;
  /** Every request that came in, also those that got no good answer, in order of arrival. */
  readonly deliveries: readonly Delivery[];
  /** Resolves with the first delivery for which it is true. */
  receives(matches: (payload: Delivery['payload']) => boolean, within?: number): Promise<Delivery>;
}

/** `answer` is asked for every delivery, `n` counting from 0. Without it all are answered 200. */
export async function useWebhookSink(
  t: TestContext,
  answer: (delivery: Delivery, n: number) => SinkAnswer = () => 200,
): Promise<WebhookSink> {
  const deliveries: Delivery[] = [];
  const server = createServer((req, res) => {
    void buffer(req).then(
      (bytes) => {
        const body = bytes.toString();
        const payload = JSON.parse(body) as Delivery['payload'];
        const delivery = { path: req.url ?? '', headers: req.headers, body, payload };
        deliveries.push(delivery);
        perform(answer(delivery, deliveries.length - 1), res);
      },
      // The sender gave up in the middle of its body: nothing was delivered.
      () => undefined,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    deliveries,
    receives: (matches, within = 10_000) =>
      eventually(
        () => {
          const found = deliveries.find(({ payload }) => matches(payload));
          if (found !== undefined) return found;
          throw new Error(`no such webhook among ${JSON.stringify(deliveries, null, 1)}`);
        },
        { within },
      ),
  };
}

function perform(answer: SinkAnswer, response: ServerResponse): void {
  if (typeof answer === 'number') response.writeHead(answer).end();
  else if (typeof answer === 'function') answer(response);
  else if (answer === 'reset') response.socket?.resetAndDestroy();
}
