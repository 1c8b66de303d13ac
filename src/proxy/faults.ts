// What we answer in the app's place: status, sentence, reason field.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestFault } from '../core/request-record.ts';
import { lingerOnClose } from '../http/connections.ts';
import { faultHeader, respondJson, respondText, wantsJson } from '../http/respond.ts';

/** Fault → status and the sentence for whoever asked. */
export const faults: Record<RequestFault, { readonly status: number; readonly text: string }> = {
  starting: { status: 503, text: 'The app is starting. Please try again.' },
  restarting: { status: 503, text: 'The app is being restarted. Please try again.' },
  draining: { status: 503, text: 'The app is stopping. Please try again.' },
  stopped: { status: 503, text: 'The app has stopped. Please try again.' },
  'bad-request': { status: 400, text: 'The request is not valid HTTP.' },
  'connect-refused': { status: 405, text: 'CONNECT is not offered here.' },
  'request-timeout': { status: 408, text: 'The request head took too long.' },
  'body-too-large': { status: 413, text: 'The request body is too large.' },
  'target-too-long': { status: 414, text: 'The request target is too long.' },
  'method-not-allowed': { status: 405, text: 'Files are only read: use GET or HEAD.' },
  'expectation-failed': { status: 417, text: 'Only `Expect: 100-continue` is understood.' },
  'header-too-large': { status: 431, text: 'The request head is too large.' },
  'file-failed': { status: 500, text: 'The file could not be read.' },
  'app-refused': { status: 502, text: 'The app does not accept connections.' },
  'app-reset': { status: 502, text: 'The app closed the connection without an answer.' },
  'app-malformed': { status: 502, text: 'The answer of the app is not valid HTTP.' },
  'app-truncated': { status: 502, text: 'The app ended its answer before it was whole.' },
  'app-timeout': { status: 504, text: 'The app did not answer in time.' },
};

export interface FaultAnswer {
  readonly fault: RequestFault;
  /** More exact than the table's, where there is more to say. */
  readonly text?: string | undefined;
  readonly requestId: string;
  readonly retryAfterS: number;
  /** The connection shall not be used again, whatever the fault is. */
  readonly close: boolean;
}

/** Answers with text, or JSON where the client prefers it; 503 says when to come back. Returns the size of the body. */
export function answerFault(
  request: IncomingMessage,
  response: ServerResponse,
  { fault, text = faults[fault].text, requestId, retryAfterS, close }: FaultAnswer,
): number {
  const { status } = faults[fault];
  // Whose head was not understood may have its body misread as the next request.
  const last = close || fault === 'bad-request' || throwBodyAway(request);
  const headers = {
    [faultHeader]: fault,
    ...(fault === 'method-not-allowed' ? { Allow: 'GET, HEAD' } : {}),
    ...(status === 503 ? { 'Retry-After': retryAfterS } : {}),
    ...(last ? { Connection: 'close' } : {}),
  };
  if (wantsJson(request.headers.accept)) {
    const body = { status, error: fault, message: text, request_id: requestId };
    return respondJson(response, status, body, headers);
  }
  return respondText(response, status, `${text}\n`, headers);
}

/** True when there is some body left; when the connection then ends, the answer is not lost. */
export function throwBodyAway(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (request.complete || (coding === undefined && Number(length ?? 0) === 0)) return false;
  request.resume();
  lingerOnClose(request.socket);
  return true;
}

/** The fault behind an error of the connection to the app before its answer began. */
export function faultOfError(error: Error): RequestFault {
  if (isRefused(error)) return 'app-refused';
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code.startsWith('HPE_') || code.startsWith('ERR_')) return 'app-malformed';
  return 'app-reset';
}

/** There was no connection, so that nothing of the request can have arrived. */
export function isRefused(error: Error): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'connect';
}
