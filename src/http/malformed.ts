// What the parser refuses: which fault it is, and the answer on a connection that HTTP has given up.

import type { Socket } from 'node:net';

import type { Connection } from './connections.ts';
import { faultHeader, noStore } from './respond.ts';

export type MalformedFault =
  'bad-request' | 'request-timeout' | 'header-too-large' | 'target-too-long' | 'connect-refused';

/** The code of the error by which the listener refuses CONNECT. */
export const connectMethod = 'CONNECT';

const answers: Record<MalformedFault, readonly [status: string, text: string]> = {
  'bad-request': ['400 Bad Request', 'The request is not valid HTTP.'],
  'request-timeout': ['408 Request Timeout', 'The request head took too long.'],
  'header-too-large': ['431 Request Header Fields Too Large', 'The request head is too large.'],
  'target-too-long': ['414 URI Too Long', 'The request target is too long.'],
  'connect-refused': ['405 Method Not Allowed', 'CONNECT is not offered here.'],
};

/**
 * Answers and closes, after the answers to earlier requests of the connection. Undefined when there was
 * no request to refuse: the client went away, never sent a byte, or spoilt the body of a request that
 * is in hand already.
 */
export function refuseMalformed(error: Error, connection: Connection): MalformedFault | undefined {
  const { socket, busy, response } = connection;
  const fault = faultOf(error, socket);
  if (fault === undefined) {
    socket.destroy();
  } else if (busy === 0) {
    answer(socket, fault);
  } else if (response?.req.complete === true) {
    connection.onIdle = () => answer(socket, fault);
  } else {
    if (response?.headersSent === true) socket.resetAndDestroy();
    else answer(socket, fault);
    return undefined;
  }
  return fault;
}

function answer(socket: Socket, fault: MalformedFault): void {
  const [status, text] = answers[fault];
  const body = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    `Cache-Control: ${noStore}`,
    `${faultHeader}: ${fault}`,
  ];
  // Node has let go of the socket of a CONNECT; nobody else would listen.
  socket.on('error', () => undefined);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

type ParserError = Error & { code?: string; rawPacket?: Buffer; bytesParsed?: number };

function faultOf(error: Error, socket: Socket): MalformedFault | undefined {
  const { code, rawPacket, bytesParsed } = error as ParserError;
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return isInRequestLine(rawPacket, bytesParsed) ? 'target-too-long' : 'header-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return socket.bytesRead === 0 ? undefined : 'request-timeout';
    case 'HPE_INVALID_EOF_STATE':
      return undefined;
    case connectMethod:
      return 'connect-refused';
    default:
      return code?.startsWith('HPE_') === true ? 'bad-request' : undefined;
  }
}

/** The parser does not say in which line it stopped; in a packet that begins a request it can be seen. */
function isInRequestLine(packet: Uint8Array = new Uint8Array(), parsed = 0): boolean {
  const line = Buffer.from(packet.subarray(0, parsed));
  return /^[A-Z]+ /.test(line.toString('latin1', 0, 16)) && !line.includes('\n');
}
