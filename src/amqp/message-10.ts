// A message of AMQP 1.0, as its library reads and writes it ↔ the properties and the body that both protocols
// know. Pure.

import type { Dialect } from './dialect-10.ts';
import { attemptOf, originIn } from './headers.ts';
import type { Properties, Publishing } from './transport.ts';

/** Every section but the body, flat. */
export interface Sections {
  readonly durable?: boolean;
  readonly priority?: number | undefined;
  readonly first_acquirer?: boolean;
  readonly delivery_count?: number;
  readonly message_id?: unknown;
  readonly correlation_id?: unknown;
  readonly subject?: string | undefined;
  readonly reply_to?: string | undefined;
  readonly content_type?: string | undefined;
  readonly content_encoding?: string | undefined;
  readonly creation_time?: unknown;
  readonly message_annotations?: Readonly<Record<string, unknown>> | undefined;
  readonly application_properties?: Readonly<Record<string, unknown>> | undefined;
}

/** One section with bytes, or several; a value of the protocol stands by itself. */
interface Section {
  readonly typecode: number;
  readonly content: unknown;
  readonly multiple?: boolean;
}

const DATA = 0x75;

/** What 0-9-1 calls so, by the names that RabbitMQ gives them. */
const TYPE = 'x-basic-type';
const APP_ID = 'x-basic-app-id';

/** RabbitMQ 3.x hands on the seconds of 0-9-1 where milliseconds are meant; nothing is from before 1973. */
const LONGEST_AGO_MS = 100_000_000_000;

export function propertiesOf(sections: Sections, body: unknown): Properties {
  const annotations = sections.message_annotations ?? {};
  return {
    messageId: idOf(sections.message_id),
    correlationId: idOf(sections.correlation_id),
    contentType: sections.content_type ?? contentTypeOf(body),
    contentEncoding: sections.content_encoding,
    replyTo: sections.reply_to,
    type: textOf(annotations[TYPE]),
    appId: textOf(annotations[APP_ID]),
    priority: sections.priority,
    timestamp: timeOf(sections.creation_time),
    headers: sections.application_properties ?? {},
  };
}

/** What is sent besides the body. Survives a restart of the broker. */
export function sectionsOf({ properties, routingKey }: Publishing): Sections {
  const { type, appId, headers, timestamp } = properties;
  const annotations = { [TYPE]: type, [APP_ID]: appId };
  return {
    durable: true,
    priority: properties.priority,
    message_id: properties.messageId,
    correlation_id: properties.correlationId,
    // It keeps the key that its publisher gave it, by whatever way it goes.
    subject: originIn(headers)?.routingKey ?? routingKey,
    reply_to: properties.replyTo,
    content_type: properties.contentType,
    content_encoding: properties.contentEncoding,
    creation_time: timestamp === undefined ? undefined : new Date(timestamp),
    message_annotations: known(annotations),
    application_properties: known(headers),
  };
}

/** The bytes of a data section; a text as it is, any other value as JSON. */
export function bodyOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  if (!isSection(body)) return Buffer.from(JSON.stringify(body ?? null));
  const { typecode, content, multiple } = body;
  if (typecode !== DATA) return Buffer.from(JSON.stringify(content));
  return multiple === true ? Buffer.concat(content as Buffer[]) : (content as Buffer);
}

export function isRedelivered({ delivery_count = 0, ...header }: Sections, dialect: Dialect) {
  if (dialect.countsDeliveries) return delivery_count > 0;
  return header.first_acquirer === false;
}

/** By our header, else by the broker's count, else by whether it was handed out before. */
export function attemptIn(sections: Sections, dialect: Dialect): number {
  const told = attemptOf(sections.application_properties ?? {});
  if (told !== undefined) return told;
  if (dialect.countsDeliveries) return (sections.delivery_count ?? 0) + 1;
  return isRedelivered(sections, dialect) ? 2 : 1;
}

function isSection(body: unknown): body is Section {
  return typeof body === 'object' && body !== null && 'typecode' in body && 'content' in body;
}

/** Only where its publisher says nothing, and the protocol does. */
function contentTypeOf(body: unknown): string | undefined {
  if (typeof body === 'string') return 'text/plain';
  if (Buffer.isBuffer(body) || (isSection(body) && body.typecode === DATA)) return undefined;
  return 'application/json';
}

/** A text, a number, 16 bytes of a UUID, or any bytes. */
function idOf(id: unknown): string | undefined {
  if (Buffer.isBuffer(id)) {
    const hex = id.toString('hex');
    return id.length === 16 ? hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : hex;
  }
  return typeof id === 'number' ? `${id}` : textOf(id);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function timeOf(time: unknown): number | undefined {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms !== 'number') return undefined;
  return ms < LONGEST_AGO_MS ? ms * 1000 : ms;
}

/** The library would write what is undefined as null, and a bigint as an empty map. */
function known(entries: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}
