// From the text of a value to what the program works with; and the sentence when it cannot be.

import { constants } from 'node:os';
import ms, { type StringValue } from 'ms';

import type { StopSignal } from './slices/app.ts';
import type { Parsed, Parser } from './option.ts';
import { splitWords } from './words.ts';
import { maskCredentials } from '../core/mask-credentials.ts';
import { isRoutePattern } from '../lib/route-pattern.ts';

/** Timers of Node hold 2^31 - 1 ms; a longer one would fire at once. */
const MAX_DURATION_MS = 24 * 24 * 60 * 60 * 1000;
const DURATION = String.raw`\d+(\.\d+)?(ms|s|m|h|d)`;
const SIZE = String.raw`(\d+)(k|Ki|M|Mi|G|Gi)?`;
const factors: Record<string, number> = {
  k: 1e3,
  Ki: 1024,
  M: 1e6,
  Mi: 1024 ** 2,
  G: 1e9,
  Gi: 1024 ** 3,
};

/** A switch. */
export const onOff: Parser<boolean> = {
  shape: 'true|false',
  schema: { type: 'boolean' },
  choices: ['true', 'false'],
  parse: (text) => {
    const word = text.toLowerCase();
    if (['true', 'yes', '1'].includes(word)) return { value: true };
    if (['false', 'no', '0'].includes(word)) return { value: false };
    return { problem: 'is neither true nor false: write true, yes or 1, or false, no or 0' };
  },
};

/** C0, DEL and C1. `\p{Cc}` says the same, but every start would compile it for a quarter of a millisecond. */
const CONTROL = new RegExp(String.raw`[\x00-\x1f\x7f-\x9f]`);

/** Any text without control characters. */
export const text: Parser<string> = {
  shape: 'TEXT',
  schema: { type: 'string' },
  parse: (given) =>
    given !== '' && !CONTROL.test(given)
      ? { value: given }
      : { problem: 'is empty or contains a line break or another control character: remove it' },
};

/** The path of a file, relative to the working directory. */
export const file: Parser<string> = { ...text, shape: 'FILE', isFile: true };

/** A pattern of paths, relative to the working directory. */
export const glob: Parser<string> = { ...text, shape: 'GLOB' };

/** A TCP port; 0 lets the system choose. */
export const port: Parser<number> = {
  shape: 'PORT',
  schema: { type: 'integer', minimum: 0, maximum: 65535 },
  parse: (given) => {
    const value = wholeNumber(given);
    return value !== undefined && value <= 65535
      ? { value }
      : { problem: 'is not a port: give a number from 0 to 65535' };
  },
};

/** A number of things, 1 or more. */
export const count = atLeast(1);

/** A number of things, also none. */
export const countOrZero = atLeast(0);

/** An exit code that is not the one of success. */
export const failureCode: Parser<number> = {
  shape: 'CODE',
  schema: { type: 'integer', minimum: 1, maximum: 255 },
  parse: (given) => {
    const value = wholeNumber(given);
    return value !== undefined && value >= 1 && value <= 255
      ? { value }
      : { problem: 'is not the exit code of a failure: give a number from 1 to 255' };
  },
};

/** As `countOrZero`; `off` is Infinity. */
export const countOrOff: Parser<number> = {
  shape: 'N|off',
  schema: { type: ['string', 'integer'], pattern: '^off$', minimum: 0 },
  parse: (given) => (given === 'off' ? { value: Infinity } : countOrZero.parse(given)),
};

/** An address to listen on: IPv4, IPv6, or a host name. */
export const host: Parser<string> = {
  shape: 'HOST',
  schema: { type: 'string' },
  parse: (given) => {
    const bare = given.replace(/^\[(.*)\]$/, '$1');
    return looksLikeHostName(bare) || isIPv6(bare)
      ? { value: bare }
      : { problem: 'is not an address: give an IP address such as :: or 0.0.0.0, or a host name' };
  },
};

/** `ide.local:5678`, `127.0.0.1:5678` or `[::1]:5678`. */
export const hostAndPort: Parser<{ readonly host: string; readonly port: number }> = {
  shape: 'HOST:PORT',
  schema: { type: 'string' },
  parse: (given) => {
    const [, name = '', digits = ''] = /^(.*):(\d+)$/.exec(given) ?? [];
    const parsedHost = name.includes(':') && !name.startsWith('[') ? undefined : host.parse(name);
    const parsedPort = port.parse(digits);
    if (parsedHost !== undefined && 'value' in parsedHost && 'value' in parsedPort) {
      return { value: { host: parsedHost.value, port: parsedPort.value } };
    }
    return { problem: 'is not a host and its port: give both, such as 127.0.0.1:5678' };
  },
};

/** Milliseconds of a time with its unit, at most 24 days. */
export const duration: Parser<number> = {
  shape: 'TIME',
  schema: { type: ['string', 'integer'], pattern: `^${DURATION}$|^0$`, minimum: 0, maximum: 0 },
  parse: parseDuration,
};

/** As `duration`; `off` is Infinity. */
export const durationOrOff: Parser<number> = {
  shape: 'TIME|off',
  schema: { ...duration.schema, pattern: `^${DURATION}$|^0$|^off$` },
  parse: (given) => (given === 'off' ? { value: Infinity } : parseDuration(given)),
};

/** Bytes. */
export const size: Parser<number> = {
  shape: 'SIZE',
  schema: { type: ['string', 'integer'], pattern: `^${SIZE}$`, minimum: 1 },
  parse: parseSize,
};

/** As `size`; `off` is Infinity. */
export const sizeOrOff: Parser<number> = {
  shape: 'SIZE|off',
  schema: { ...size.schema, pattern: `^${SIZE}$|^off$` },
  parse: (given) => (given === 'off' ? { value: Infinity } : parseSize(given)),
};

/** Not less than what is in the hands of the streams anyway. */
const LEAST_BUFFER = 256 * 1024;

/** As `size`, of what a stream may hold. */
export const bufferSize: Parser<number> = {
  ...size,
  parse: (given) => {
    const parsed = parseSize(given);
    return 'value' in parsed && parsed.value < LEAST_BUFFER
      ? { problem: 'is too small: give at least 256Ki, which is on its way at any time' }
      : parsed;
  },
};

/**
 * A path of ours in its canonical form: one leading slash, no spaces, no trailing slash.
 * What answers on it accepts one trailing slash.
 */
export const urlPath: Parser<string> = {
  shape: 'PATH',
  schema: { type: 'string' },
  parse: (given) => {
    const bare = given.replaceAll(/\s/g, '').replaceAll(/^\/+|\/+$/g, '');
    return /^[\w/.~!$&'()*+,;=:@%-]*$/.test(bare)
      ? { value: `/${bare}` }
      : { problem: 'is not the path of a URL: leave out ? and #, and percent-encode the rest' };
  },
};

/** What is asked of the app: taken as it is, query included. */
export const requestTarget: Parser<string> = {
  shape: 'PATH',
  schema: { type: 'string', pattern: '^/' },
  parse: (given) =>
    /^\/[!-~]*$/.test(given)
      ? { value: given }
      : { problem: 'is not the path of a URL: begin with / and percent-encode what is not ASCII' },
};

/** Paths of requests, as `isRoutePattern` has them. */
export const route: Parser<string> = {
  shape: 'PATTERN',
  schema: { type: 'string', pattern: '^/' },
  parse: (given) =>
    isRoutePattern(given)
      ? { value: given }
      : {
          problem:
            'is not a route: write a path such as /orders/{id}, a name in braces for one whole segment, * only at the end',
        },
};

/** A signal, with or without `SIG`, and whether the first process alone gets it. */
export const stopSignal: Parser<StopSignal> = {
  shape: 'SIGNAL[:leader]',
  schema: { type: 'string' },
  choices: ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGWINCH', 'SIGUSR1', 'SIGUSR2'],
  parse: (given) => {
    const [, word = '', leader] = /^(\w+)(:leader)?$/.exec(given) ?? [];
    const signal = `SIG${word.toUpperCase().replace(/^SIG/, '')}`;
    return isSignal(signal)
      ? { value: { signal, leaderOnly: leader !== undefined } }
      : { problem: 'is not a signal: give a name such as SIGTERM or SIGQUIT:leader' };
  },
};

/** The name of an environment variable. */
export const variable: Parser<string> = {
  shape: 'NAME',
  schema: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  parse: (given) =>
    /^[a-z_]\w*$/i.test(given)
      ? { value: given }
      : { problem: 'is not the name of a variable: use letters, digits and _' },
};

/** A command split into words; `text` is what the user wrote, credentials masked. */
export const commandLine: Parser<{ readonly words: readonly string[]; readonly text: string }> = {
  shape: 'COMMAND',
  schema: { type: 'string' },
  parse: (given) => {
    const split = splitWords(given);
    return 'problem' in split
      ? split
      : { value: { words: split.value, text: maskCredentials(given) } };
  },
};

/** One of a few words. */
export function choice<const T extends string>(...choices: readonly T[]): Parser<T> {
  return {
    shape: choices.join('|'),
    schema: { enum: choices },
    choices,
    parse: (given) => {
      const value = choices.find((word) => word === given);
      return value === undefined
        ? { problem: `is not possible here: give ${choices.join(', ')}` }
        : { value };
    },
  };
}

function atLeast(minimum: number): Parser<number> {
  return {
    shape: 'N',
    schema: { type: 'integer', minimum },
    parse: (given) => {
      const value = wholeNumber(given);
      return value !== undefined && value >= minimum
        ? { value }
        : { problem: `is not a number: give a whole number of at least ${minimum}` };
    },
  };
}

function wholeNumber(given: string): number | undefined {
  return /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}

function parseDuration(given: string): Parsed<number> {
  if (given === '0') return { value: 0 };
  if (!new RegExp(`^${DURATION}$`).test(given)) {
    return { problem: 'is not a time: give a number with its unit, such as 500ms, 30s, 5m or 2h' };
  }
  const value = ms(given as StringValue);
  return value <= MAX_DURATION_MS ? { value } : { problem: 'is too long: give at most 24d' };
}

function parseSize(given: string): Parsed<number> {
  const [, digits = '', unit = ''] = new RegExp(`^${SIZE}$`).exec(given) ?? [];
  const value = Number(digits) * (factors[unit] ?? 1);
  return value > 0 && Number.isSafeInteger(value)
    ? { value }
    : { problem: 'is not a size: give bytes, or a number with k, Ki, M, Mi, G or Gi' };
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}

/** An IPv4 address does too. */
function looksLikeHostName(text: string): boolean {
  return /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text);
}

/** With or without a zone. As Node's function of this name, which takes 10 ms of the start. */
function isIPv6(text: string): boolean {
  const [address = '', zone] = text.split('%');
  return /^[\da-f:.]+$/i.test(address) && zone !== '' && URL.canParse(`http://[${address}]`);
}
