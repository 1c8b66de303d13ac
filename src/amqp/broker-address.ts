// Where a broker is, how that may be shown, and what its TLS takes: the same for both protocols.

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

import type { BrokerAddress, BrokerConfig } from '../config/slices/broker.ts';
import type { QueueConfig } from '../config/slices/queue.ts';
import { HurricaneError } from '../core/errors.ts';
import { displayAddress } from '../http/reach.ts';
import type { Trying } from './faults.ts';

/** Of several the next is tried when one does not answer. */
export function addressOf({ addresses }: BrokerConfig, attempt: number): BrokerAddress {
  const address = addresses[attempt % addresses.length];
  if (address === undefined) throw new Error('there is no broker');
  return address;
}

/** `broker:5672/vhost`. */
export function displayPlace({ vhost, ...place }: BrokerAddress): string {
  return `${displayAddress(place)}${vhost.startsWith('/') ? '' : '/'}${vhost}`;
}

/** What is tried there. */
export function tryingAt(
  address: BrokerAddress,
  { sasl }: Pick<BrokerConfig, 'sasl'>,
  { missing }: QueueConfig,
): Trying {
  const { vhost, tls } = address;
  const user = sasl === 'external' ? undefined : address.user;
  return { vhost, user, tls, at: displayAddress(address), missing };
}

/** Read at each connection: certificates are renewed while we run. */
export function tlsOptions({ ca, cert, key }: BrokerConfig['tls'], host: string) {
  return {
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca: readCredential('amqp-ca', ca) }),
    ...(cert === undefined ? {} : { cert: readCredential('amqp-cert', cert) }),
    ...(key === undefined ? {} : { key: readCredential('amqp-key', key) }),
  };
}

function readCredential(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { message } = error as Error;
    throw new HurricaneError('permission-refused', `${option}: cannot read ${path}: ${message}`, {
      hint: 'name a file that hurricane may read',
    });
  }
}
