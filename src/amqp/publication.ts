// What a handler asks to publish → what is sent: pure.

import type { Publication } from './message.ts';
import type { Publishing } from './transport.ts';

/** One whose JSON is written already. */
export interface EncodedPublication extends Publication {
  readonly body: Uint8Array | string;
}

export function publishingOf(publication: EncodedPublication): Publishing {
  const { exchange = '', routingKey, body, headers = {} } = publication;
  const { id: messageId, correlationId, type } = publication;
  const isText = typeof body === 'string';
  const contentType =
    publication.contentType ?? (isText ? 'text/plain' : 'application/octet-stream');
  return {
    exchange,
    routingKey,
    body: isText ? Buffer.from(body) : body,
    properties: { messageId, correlationId, type, contentType, headers, timestamp: Date.now() },
  };
}
