// What a broker says, and what it means for us: fatal, or another try.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  channelFault,
  connectFault,
  endReason,
  republishFault,
} from '../../../src/amqp/faults-091.ts';
import { LinkError } from '../../../src/amqp/transport.ts';
import { HurricaneError } from '../../../src/core/errors.ts';

const trying = {
  vhost: 'shop',
  user: 'ann',
  at: 'broker:5672',
  tls: false,
  missing: 'wait',
} as const;

function said(code: number, text: string): Error {
  return new Error(`Channel closed by server: ${code} (X) with message "${text}"`);
}

function kindOf(error: Error): string {
  if (error instanceof HurricaneError) return error.code;
  return error instanceof LinkError ? `again: ${error.end.cause}` : 'unknown';
}

test('a refused login, an unknown vhost and a false certificate are fatal; a closed port is not', () => {
  const faults = [
    new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED"'),
    new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'),
    Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    Object.assign(new Error(''), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }),
  ];
  assert.deepEqual(
    faults.map((fault) => kindOf(connectFault(fault, trying))),
    [
      'permission-refused',
      'permission-refused',
      'permission-refused',
      'again: connection',
      'again: connection',
    ],
  );
});

test('says which broker, which user and why', () => {
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  assert.equal(
    connectFault(refused, trying).message,
    'the broker at broker:5672 cannot be reached: ECONNREFUSED',
  );
  assert.equal(
    connectFault(new Error('403 (ACCESS-REFUSED)'), trying).message,
    'the broker at broker:5672 refuses the login of user "ann"',
  );
});

test('a reset before a word was said names TLS, unless TLS was spoken', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  assert.match(connectFault(reset, trying).message, /is this port for TLS only\?$/);
  assert.match(connectFault(reset, { ...trying, tls: true }).message, /: read ECONNRESET$/);
});

test('other arguments and no permission are fatal; a queue that is missing or taken is waited for', () => {
  const faults = [
    said(406, "PRECONDITION_FAILED - inequivalent arg 'durable'"),
    said(403, "ACCESS_REFUSED - access to queue 'q' refused for user 'ann'"),
    said(403, "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use"),
    said(404, "NOT_FOUND - no queue 'q' in vhost '/'"),
    said(541, 'INTERNAL_ERROR'),
  ];
  assert.deepEqual(
    faults.map((fault) => kindOf(channelFault(fault, trying))),
    [
      'topology-mismatch',
      'permission-refused',
      'again: channel',
      'again: missing',
      'again: channel',
    ],
  );
  const fails = { ...trying, missing: 'fail' } as const;
  assert.equal(kindOf(channelFault(said(404, 'NOT_FOUND - q'), fails)), 'queue-missing');
});

test('names the time that a broker allows for a message', () => {
  const late = said(
    406,
    'PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 3000 ms',
  );
  assert.match(
    endReason(late, 'channel'),
    /^a message was not settled within the time that the broker allows: delivery/,
  );
  assert.equal(endReason(undefined, 'connection'), 'the connection was closed');
});

test('a failed message that the broker will never keep ends it, in the words of the broker', () => {
  const large = said(
    406,
    'PRECONDITION_FAILED - message size 9 is larger than configured max size 8',
  );
  const fault = republishFault(large, trying) as HurricaneError;
  assert.equal(fault.code, 'message-not-kept');
  assert.match(fault.message, /no retry and no dead letter of it: message size 9 is larger/);
  assert.equal(kindOf(republishFault(said(403, 'refused'), trying) as Error), 'permission-refused');
  const other = said(541, 'internal');
  assert.equal(republishFault(other, trying), other);
});
