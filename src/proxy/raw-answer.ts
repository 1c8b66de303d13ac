// Answers on a connection that has left HTTP, or may do so: as http-proxy writes them, and as we do.

import { STATUS_CODES } from 'node:http';

import type { RequestFault } from '../core/request-record.ts';
import { faultHeader, noStore } from '../http/respond.ts';
import { faults } from './faults.ts';

/** http-proxy writes a record, one line per value; different cases of one name stay different. */
export function toRecord(fields: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    (record[fields[i] ?? ''] ??= []).push(fields[i + 1] ?? '');
  }
  return record;
}

/** A whole answer of ours, for a connection that no `ServerResponse` speaks for; the last one on it. */
export function rawFault(fault: RequestFault, text: string, retryAfterS: number): string {
  const { status } = faults[fault];
  const body = `${text}\n`;
  const fields = [
    `Content-Length: ${body.length}`,
    'Content-Type: text/plain; charset=utf-8',
    `Cache-Control: ${noStore}`,
    `${faultHeader}: ${fault}`,
    'Connection: close',
    ...(status === 503 ? [`Retry-After: ${retryAfterS}`] : []),
  ];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields.join('\r\n')}\r\n\r\n${body}`;
}
