// The methods of AMQP 0-9-1 that the development broker knows, and the codes with which it refuses.

import { readFields, writeFields, type Fields, type ValuesOf } from './wire.ts';

const closing = { code: 'short', text: 'shortstr', classId: 'short', methodId: 'short' } as const;
const limits = { channelMax: 'short', frameMax: 'long', heartbeat: 'short' } as const;
const version = { major: 'octet', minor: 'octet', properties: 'table' } as const;
const declared = { passive: 'bit', durable: 'bit' } as const;
const options = { noWait: 'bit', arguments: 'table' } as const;
const settling = { tag: 'longlong', multiple: 'bit' } as const;
const place = { exchange: 'shortstr', routingKey: 'shortstr' } as const;
const handed = { tag: 'longlong', redelivered: 'bit', ...place } as const;
const consumer = { consumerTag: 'shortstr' } as const;
const queue = { reserved: 'short', queue: 'shortstr' } as const;
const exchange = { reserved: 'short', exchange: 'shortstr' } as const;

/** Class and number, then the fields in their order. */
const methods = {
  'connection.start': [[10, 10], { ...version, mechanisms: 'longstr', locales: 'longstr' }],
  'connection.start-ok': [
    [10, 11],
    { properties: 'table', mechanism: 'shortstr', response: 'longstr', locale: 'shortstr' },
  ],
  'connection.tune': [[10, 30], limits],
  'connection.tune-ok': [[10, 31], limits],
  'connection.open': [[10, 40], { vhost: 'shortstr', reserved: 'shortstr', insist: 'bit' }],
  'connection.open-ok': [[10, 41], { reserved: 'shortstr' }],
  'connection.close': [[10, 50], closing],
  'connection.close-ok': [[10, 51], {}],
  'channel.open': [[20, 10], { reserved: 'shortstr' }],
  'channel.open-ok': [[20, 11], { reserved: 'longstr' }],
  'channel.close': [[20, 40], closing],
  'channel.close-ok': [[20, 41], {}],
  'exchange.declare': [
    [40, 10],
    { ...exchange, type: 'shortstr', ...declared, autoDelete: 'bit', internal: 'bit', ...options },
  ],
  'exchange.declare-ok': [[40, 11], {}],
  'queue.declare': [
    [50, 10],
    { ...queue, ...declared, exclusive: 'bit', autoDelete: 'bit', ...options },
  ],
  'queue.declare-ok': [[50, 11], { queue: 'shortstr', messages: 'long', consumers: 'long' }],
  'queue.bind': [[50, 20], { ...queue, ...place, ...options }],
  'queue.bind-ok': [[50, 21], {}],
  'basic.qos': [[60, 10], { size: 'long', count: 'short', global: 'bit' }],
  'basic.qos-ok': [[60, 11], {}],
  'basic.consume': [
    [60, 20],
    { ...queue, ...consumer, noLocal: 'bit', noAck: 'bit', exclusive: 'bit', ...options },
  ],
  'basic.consume-ok': [[60, 21], consumer],
  'basic.cancel': [[60, 30], { ...consumer, noWait: 'bit' }],
  'basic.cancel-ok': [[60, 31], consumer],
  'basic.publish': [[60, 40], { reserved: 'short', ...place, mandatory: 'bit', immediate: 'bit' }],
  'basic.return': [[60, 50], { code: 'short', text: 'shortstr', ...place }],
  'basic.deliver': [[60, 60], { ...consumer, ...handed }],
  'basic.get': [[60, 70], { ...queue, noAck: 'bit' }],
  'basic.get-ok': [[60, 71], { ...handed, messages: 'long' }],
  'basic.get-empty': [[60, 72], { reserved: 'shortstr' }],
  'basic.ack': [[60, 80], settling],
  'basic.reject': [[60, 90], { tag: 'longlong', requeue: 'bit' }],
  'basic.nack': [[60, 120], { ...settling, requeue: 'bit' }],
  'confirm.select': [[85, 10], { noWait: 'bit' }],
  'confirm.select-ok': [[85, 11], {}],
} as const satisfies Record<string, readonly [readonly [number, number], Fields]>;

export type MethodName = keyof typeof methods;
export type Arguments<Name extends MethodName> = ValuesOf<(typeof methods)[Name][1]>;
export type Method = {
  [Name in MethodName]: { readonly name: Name; readonly args: Arguments<Name> };
}[MethodName];

const names = new Map(
  Object.entries(methods).map(([name, [id]]) => [id.join('.'), name as MethodName]),
);

export function readMethod(payload: Buffer): Method {
  const id = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
  const name = names.get(id);
  if (name === undefined) throw new Refusal(540, `the development broker has no method ${id}`);
  return { name, args: readFields(methods[name][1], payload.subarray(4)) } as Method;
}

export function writeMethod<Name extends MethodName>(name: Name, args: Arguments<Name>): Buffer {
  const [[classId, methodId], fields] = methods[name];
  return Buffer.concat([Buffer.from([0, classId, 0, methodId]), writeFields<Fields>(fields, args)]);
}

export const BASIC = 60;

const refusals = {
  312: 'NO_ROUTE',
  320: 'CONNECTION_FORCED',
  403: 'ACCESS_REFUSED',
  404: 'NOT_FOUND',
  406: 'PRECONDITION_FAILED',
  501: 'FRAME_ERROR',
  502: 'SYNTAX_ERROR',
  503: 'COMMAND_INVALID',
  504: 'CHANNEL_ERROR',
  505: 'UNEXPECTED_FRAME',
  530: 'NOT_ALLOWED',
  540: 'NOT_IMPLEMENTED',
} as const;

/** What a client did and may not: it costs the channel, or, from 500 on, the connection. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: keyof typeof refusals;

  constructor(code: keyof typeof refusals, text: string) {
    super(`${refusals[code]} - ${text}`);
    this.code = code;
  }

  get endsConnection(): boolean {
    return this.code < 400 || this.code >= 500;
  }
}
