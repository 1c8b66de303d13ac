// What a handler asks to publish → what is sent: pure.

import type { Publication } from './message.ts';
import type { Publishing } from './transport.ts';

export function publishingOf(publication: Publication): Publishing {
  const { exchange = '', routingKey, body, headers = {} } = publication;
  const { id: messageId, correlationId, type } = publication;
  const encoded = encode(body);
  const contentType = publication.contentType ?? encoded.contentType;
  return {
    exchange,
    routingKey,
    body: encoded.bytes,
    properties: { messageId, correlationId, type, contentType, headers, timestamp: Date.now() },
  };
}

function encode(body: unknown): { readonly bytes: Uint8Array; readonly contentType: string } {
  if (body instanceof Uint8Array) return { bytes: body, contentType: 'application/octet-stream' };
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: 'text/plain' };
  // Nothing at all is no JSON.
  const text = JSON.stringify(body ?? null);
  return { bytes: Buffer.from(text), contentType: 'application/json' };
}
