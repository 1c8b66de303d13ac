// Slice: the way to the broker.

import type { BrokerAddress, BrokerConfig } from '../config.ts';
import type { Consumed } from './slice.ts';

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
