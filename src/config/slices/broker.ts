// Slice: the way to the broker.

import type { Consumed } from './slice.ts';

/** A broker as its URL names it. */
export interface BrokerUrl {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly vhost: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface BrokerAddress extends BrokerUrl {
  readonly vhost: string;
  readonly user: string;
  readonly password: string;
}

export interface BackoffConfig {
  readonly firstMs: number;
  readonly maxMs: number;
  /** `full`: many that lost the same broker come back one by one. */
  readonly jitter: 'full' | 0;
}

export interface BrokerConfig {
  /** At least one; of several the next is tried when one does not answer. */
  readonly addresses: readonly BrokerAddress[];
  readonly protocol: '0-9-1' | '1.0';
  /** Paths; undefined where the system's own certificates are trusted, or none is shown. */
  readonly tls: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
  };
  readonly sasl: 'plain' | 'external';
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  /** Undefined: a broker that goes away ends the program. */
  readonly reconnect: BackoffConfig | undefined;
}

export function brokerConfig(
  values: Consumed<
    | 'amqpCa'
    | 'amqpCert'
    | 'amqpHost'
    | 'amqpKey'
    | 'amqpPassword'
    | 'amqpPort'
    | 'amqpUrl'
    | 'amqpUser'
    | 'amqpVhost'
    | 'backoff'
    | 'connectTimeout'
    | 'heartbeat'
    | 'noReconnect'
    | 'protocol'
    | 'reconnect'
    | 'sasl'
  >,
): BrokerConfig {
  const { amqpCa: ca, amqpCert: cert, amqpKey: key } = values;
  return {
    addresses: brokerAddresses(
      values,
      [ca, cert, key].some((file) => file !== undefined),
    ),
    tls: { ca, cert, key },
    protocol: values.protocol,
    sasl: values.sasl,
    heartbeatMs: values.heartbeat,
    connectTimeoutMs: values.connectTimeout,
    reconnect: values.noReconnect || !values.reconnect ? undefined : values.backoff,
  };
}

/** What a URL leaves open is said by the other options. */
function brokerAddresses(
  values: Consumed<'amqpHost' | 'amqpPassword' | 'amqpPort' | 'amqpUrl' | 'amqpUser' | 'amqpVhost'>,
  tls: boolean,
): readonly BrokerAddress[] {
  const { amqpHost: host = '', amqpPort: port = 0, amqpUrl: urls } = values;
  const { amqpVhost: vhost, amqpUser: user, amqpPassword: password } = values;
  if (urls.length === 0) return [{ host, port, tls, vhost, user, password }];
  return urls.map((url) => ({
    ...url,
    tls: url.tls || tls,
    vhost: url.vhost ?? vhost,
    user: url.user ?? user,
    password: url.password ?? password,
  }));
}
