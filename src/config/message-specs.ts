// The small languages inside the values of `consume`: brokers, back-off, retries, queue arguments.

import type { BackoffConfig, BrokerUrl } from './slices/broker.ts';
import type { OrderKey } from './slices/handler.ts';
import type { QueueArgument } from './slices/queue.ts';
import type { Parsed, Parser } from './option.ts';
import { count, duration, file } from './parsers.ts';

/** A module that hurricane can load as it is. */
export const handlerFile: Parser<string> = {
  ...file,
  shape: 'FILE.mjs',
  parse: (given) => {
    const parsed = file.parse(given);
    if ('problem' in parsed || /\.m[jt]s$/.test(given)) return parsed;
    return { problem: 'is not a module: give a file that ends in .mjs or .mts' };
  },
};

/** Where messages are posted to. */
export const handlerUrl: Parser<string> = {
  shape: 'URL',
  schema: { type: 'string', pattern: '^https?://' },
  parse: (given) =>
    /^https?:\/\//.test(given) && URL.canParse(given)
      ? { value: given }
      : { problem: 'is not a URL to post to: write http://127.0.0.1:8000/messages' },
};

const ports: Record<string, number> = { 'amqp:': 5672, 'amqps:': 5671 };

/** `amqp[s]://[user[:password]@]host[:port][/vhost]`, as RabbitMQ's URI specification has it. */
export const brokerUrl: Parser<BrokerUrl> = {
  shape: 'URL',
  schema: { type: 'string', pattern: '^amqps?://' },
  parse: (given) => {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    const port = ports[url?.protocol ?? ''];
    if (url === undefined || port === undefined || url.hostname === '') {
      return { problem: 'is not a broker: write amqp://user@host:5672/vhost' };
    }
    if (url.search !== '' || url.hash !== '' || url.pathname.includes('/', 1)) {
      return { problem: 'says more than a broker and its vhost: write a / of the vhost as %2f' };
    }
    return decoded(url, port);
  },
};

function decoded(url: URL, port: number): Parsed<BrokerUrl> {
  try {
    const [vhost, user, password] = [url.pathname.slice(1), url.username, url.password].map(
      (part) => (part === '' ? undefined : decodeURIComponent(part)),
    );
    return {
      value: {
        host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port === '' ? port : Number(url.port),
        tls: url.protocol === 'amqps:',
        ...{ vhost, user, password },
      },
    };
  } catch {
    // decodeURIComponent throws for this only.
    return { problem: 'has a % that encodes nothing: write %25 for a % itself' };
  }
}

/** Milliseconds, whole seconds: the protocol knows nothing finer. */
export const heartbeat: Parser<number> = {
  ...duration,
  parse: (given) => {
    const parsed = duration.parse(given);
    if ('problem' in parsed) return parsed;
    const seconds = parsed.value / 1000;
    return Number.isInteger(seconds) && seconds >= 1 && seconds <= 65_535
      ? parsed
      : { problem: 'is no heartbeat: give whole seconds, at least 1s' };
  },
};

/** For one message; with none at all every attempt would fail. */
export const handlerTime: Parser<number> = {
  ...duration,
  parse: (given) => {
    const parsed = duration.parse(given);
    return 'value' in parsed && parsed.value === 0
      ? {
          problem:
            'leaves no time for any message: give the longest that one may take, such as 60s',
        }
      : parsed;
  },
};

/** `FIRST..LONGEST[:no-jitter]`. */
export const backoff: Parser<BackoffConfig> = {
  shape: 'TIME..TIME',
  schema: { type: 'string', pattern: '^[^.]+(\\.\\d+[a-z]+)?\\.\\.' },
  parse: (given) => {
    const [, from = '', to = '', fixed] = /^(.+?)\.\.(.+?)(:no-jitter)?$/.exec(given) ?? [];
    const [first, longest] = [duration.parse(from), duration.parse(to)];
    if ('problem' in first || 'problem' in longest || first.value > longest.value) {
      return { problem: 'is not a back-off: write 200ms..30s, or 1s..30s:no-jitter' };
    }
    return {
      value: {
        firstMs: first.value,
        maxMs: longest.value,
        jitter: fixed === undefined ? 'full' : 0,
      },
    };
  },
};

/** A message that fails again and again is a message that is wrong. */
const MOST_LEVELS = 20;

/** The delays after the first, second … failed attempt, in milliseconds; ascending, none twice. */
export const ladder: Parser<readonly number[]> = {
  shape: 'TIMES|none',
  schema: { type: 'string' },
  parse: (given) => {
    if (given === 'none') return { value: [] };
    const delays = given.startsWith('exp:') ? exponential(given) : listed(given);
    if (delays === undefined) {
      return { problem: 'is no ladder: write 1s,10s,1m, or exp:1s:x4:10m:5, or none' };
    }
    const ascends = delays.every((delay, index) => delay > (delays[index - 1] ?? 0));
    if (!ascends)
      return { problem: 'does not ascend: write each delay longer than the one before' };
    return delays.length <= MOST_LEVELS
      ? { value: delays }
      : { problem: `has ${delays.length} levels: give at most ${MOST_LEVELS}` };
  },
};

function listed(given: string): readonly number[] | undefined {
  const parsed = given.split(',').map((part) => duration.parse(part.trim()));
  const delays = parsed.flatMap((result) => ('value' in result ? [result.value] : []));
  return delays.length === parsed.length ? delays : undefined;
}

/** Once the longest delay is reached, the ladder ends: a second level of it would be the same queue. */
function exponential(given: string): readonly number[] | undefined {
  const [, from, factor, to, levels] = given.split(':');
  const [first, longest] = [duration.parse(from ?? ''), duration.parse(to ?? '')];
  const number = count.parse(levels ?? '');
  const times = Number(/^x(\d+(?:\.\d+)?)$/.exec(factor ?? '')?.[1]);
  if ('problem' in first || 'problem' in longest || 'problem' in number) return undefined;
  if (!(times > 1) || number.value > MOST_LEVELS) return undefined;
  const delays = Array.from({ length: number.value }, (_, level) =>
    Math.min(Math.round(first.value * times ** level), longest.value),
  );
  return [...new Set(delays)];
}

/** `header:NAME`, `routing-key`, or `none`. */
export const orderKey: Parser<OrderKey> = {
  shape: 'KEY',
  schema: { type: 'string', pattern: '^(none|routing-key|header:.+)$' },
  choices: ['none', 'routing-key', 'header:'],
  parse: (given) => {
    if (given === 'none' || given === 'routing-key') return { value: { kind: given } };
    const name = /^header:(.+)$/.exec(given)?.[1];
    return name === undefined
      ? { problem: 'is no key: give header:NAME, routing-key or none' }
      : { value: { kind: 'header', name } };
  },
};

/** `NAME=VALUE`; digits are a number, true and false a boolean. */
export const queueArgument: Parser<QueueArgument> = {
  shape: 'NAME=VALUE',
  schema: { type: 'string', pattern: '^[^=]+=' },
  parse: (given) => {
    const [, name, value] = /^([^=\s]+)=(.+)$/.exec(given) ?? [];
    if (name === undefined || value === undefined) {
      return { problem: 'is no argument: write NAME=VALUE, such as x-max-length=10000' };
    }
    return { value: { name, value: typed(value) } };
  },
};

function typed(value: string): QueueArgument['value'] {
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  return value === 'true' ? true : value === 'false' ? false : value;
}

/** Messages in hand at a time, as a channel can be told: 16 bits, and 0 would mean without limit. */
export const inHandCount: Parser<number> = {
  ...count,
  parse: (given) => {
    const parsed = count.parse(given);
    return 'value' in parsed && parsed.value > 65_535
      ? { problem: 'is too many: give at most 65535' }
      : parsed;
  },
};
