// The small languages inside values: checks, dependencies, webhook receivers, trusted peers.

import { isIP } from 'node:net';

import { maskCredentials } from '../core/mask-credentials.ts';
import type {
  CheckSpec,
  CheckTag,
  CheckTarget,
  MetricSourceTarget,
  WebhookConfig,
  WebhookType,
  WebhookTypeSpec,
} from './slices/observation.ts';
import type { DependencyTarget, MigrationQuestion, MigrationTool } from './slices/preparation.ts';
import type { TrustProxy } from './slices/proxy.ts';
import type { Parsed, Parser } from './option.ts';
import { commandLine, duration } from './parsers.ts';
import { splitWords } from './words.ts';

type Receiver = WebhookConfig['receivers'][number];

interface MetricsSource {
  readonly name: string | undefined;
  readonly target: MetricSourceTarget;
}

const checkTags: Record<string, readonly CheckTag[]> = {
  startup: ['startup'],
  readiness: ['readiness'],
  liveness: ['liveness'],
  // What the original's checks were tagged with: both, once up.
  hurricane: ['readiness', 'liveness'],
};

export const webhookTypes: readonly WebhookType[] = [
  'startup',
  'liveness',
  'readiness',
  'app',
  'restart',
  'replacement',
  'drain',
];

const privateRanges = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
];

/** `TAG[,TAG][:NAME]=SPEC`. */
export const check: Parser<CheckSpec> = {
  shape: 'TAG[,TAG][:NAME]=SPEC',
  schema: { type: 'string', pattern: '^[a-z,]+(:[^=]+)?=' },
  parse: (text) => {
    const match = /^([a-z,]+)(?::([^=]*))?=\s*(\S.*)$/is.exec(text);
    if (match === null) {
      return {
        problem: 'is not a check: write TAG=COMMAND, such as readiness:database=pg_isready',
      };
    }
    const [, tagList = '', name, spec = ''] = match;
    const tags = tagList.split(',');
    const unknown = tags.find((tag) => !Object.hasOwn(checkTags, tag));
    if (unknown !== undefined) {
      return {
        problem: `has the unknown tag ${unknown}: use ${Object.keys(checkTags).join(', ')}`,
      };
    }
    if (name !== undefined && !/^[\w.-]+$/.test(name)) {
      return { problem: `has the name "${name}": make one of letters, digits, _, . and -` };
    }
    const target = parseTarget(spec);
    if ('problem' in target) return target;
    const unique = [...new Set(tags.flatMap((tag) => checkTags[tag] ?? []))];
    return { value: { tags: unique, name, target: target.value, text: maskCredentials(text) } };
  },
};

/** `n/m`, or `n` for n in a row. */
export const failures: Parser<{ readonly failures: number; readonly window: number }> = {
  shape: 'N/M',
  schema: { type: 'string', pattern: String.raw`^\d+/\d+$` },
  parse: (text) => {
    const [, n = '', m = n] = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const value = { failures: Number(n), window: Number(m) };
    return value.failures >= 1 && value.failures <= value.window
      ? { value }
      : { problem: 'is not n of m: write 2/3 for a failure when 2 of the last 3 runs failed' };
  },
};

/** `tcp://host:port` or `http(s)://…`. */
export const dependency: Parser<DependencyTarget> = {
  shape: 'URL',
  schema: { type: 'string', pattern: '^(tcp|https?)://' },
  parse: (text) =>
    parseUrl(text) ?? { problem: 'is not an address: write tcp://HOST:PORT or http://HOST/PATH' },
};

const migrationTools: Readonly<Record<string, MigrationTool>> = { django: 'django', knex: 'knex' };

/** A command, or the name of a tool with more words for it. */
export const migrationQuestion: Parser<MigrationQuestion> = {
  shape: `COMMAND|${Object.keys(migrationTools).join('|')}`,
  schema: { type: 'string' },
  parse: (text) => {
    const parsed = commandLine.parse(text);
    if ('problem' in parsed) return parsed;
    const [first = '', ...rest] = parsed.value.words;
    const tool = Object.hasOwn(migrationTools, first) ? migrationTools[first] : undefined;
    return tool === undefined
      ? { value: { kind: 'command', ...parsed.value } }
      : { value: { kind: 'tool', tool, words: rest } };
  },
};

/** `[TYPE,…@]URL`. */
export const receiver: Parser<Receiver> = {
  shape: '[TYPE,…@]URL',
  schema: { type: 'string', pattern: String.raw`^([a-z\d,-]+@)?https?://` },
  parse: (text) => {
    const [, typeList, url = ''] = /^(?:([a-z\d,-]+)@)?(https?:\/\/.+)$/is.exec(text) ?? [];
    if (!URL.canParse(url)) {
      return { problem: 'is not the URL of a receiver: write https://HOST/PATH' };
    }
    return { value: { url, types: typeList?.split(',') } };
  },
};

/** `TYPE`, `TYPE=FILE.mjs` or `TYPE=off`. */
export const webhookType: Parser<WebhookTypeSpec> = {
  shape: 'TYPE[=FILE.mjs|off]',
  schema: { type: 'string', pattern: '^[a-z]' },
  parse: (text) => {
    const [, name = '', how] = /^([a-z][a-z\d-]{0,62})(?:=(\S.*))?$/.exec(text) ?? [];
    if (name === '') {
      return { problem: 'is not a type: write a word of small letters, TYPE=FILE.mjs or TYPE=off' };
    }
    const builtIn = webhookTypes.find((type) => type === name);
    if (how === 'off') {
      return builtIn === undefined
        ? { problem: `switches off what is not hurricane's: it has ${webhookTypes.join(', ')}` }
        : { value: { kind: 'off', type: builtIn } };
    }
    if (builtIn !== undefined) {
      return { problem: `is hurricane's own: Webhook Code (${name}) is already registered.` };
    }
    if (how === undefined) return { value: { kind: 'own', type: name } };
    return /\.m[jt]s$/.test(how)
      ? { value: { kind: 'module', type: name, path: how } }
      : { problem: 'names no module: write TYPE=FILE.mjs' };
  },
};

/** Where a page of metrics is: a path of the app, or a URL. */
export const metricsPage: Parser<MetricSourceTarget> = {
  shape: 'PATH|URL',
  schema: { type: 'string', pattern: '^(/|https?://)' },
  parse: (text) => {
    if (/^https?:\/\//i.test(text) && URL.canParse(text))
      return { value: { kind: 'url', url: text } };
    return /^\/[!-~]*$/.test(text)
      ? { value: { kind: 'path', path: text } }
      : { problem: 'is not the place of a page: write /metrics, or http://HOST:PORT/PATH' };
  },
};

/** `[NAME=]COMMAND` or `[NAME=]FILE.mjs`; without a name it is called by its place. */
export const metricsSource: Parser<MetricsSource> = {
  shape: '[NAME=]COMMAND|FILE.mjs',
  schema: { type: 'string' },
  parse: (text) => {
    const [, name, spec = ''] = /^(?:([\w.-]+)=|(?![\w.-]+=))\s*(\S.*)$/s.exec(text) ?? [];
    if (spec === '') return { problem: 'is empty: name a command or a module' };
    if (/^\S+\.m[jt]s$/.test(spec))
      return { value: { name, target: { kind: 'module', path: spec } } };
    const words = splitWords(spec);
    return 'problem' in words
      ? words
      : { value: { name, target: { kind: 'command', words: words.value } } };
  },
};

/** `private`, `none`, `all`, or ranges such as `10.0.0.0/8`, separated by commas. */
export const trustProxy: Parser<TrustProxy> = {
  shape: 'private|none|all|CIDR,…',
  schema: { type: 'string' },
  choices: ['private', 'none', 'all'],
  parse: (text) => {
    if (text === 'all' || text === 'none') return { value: { kind: text } };
    const words = text.split(',').map((word) => word.trim());
    const wrong = words.find((word) => word !== 'private' && rangeOf(word) === undefined);
    if (wrong !== undefined) {
      return { problem: 'is not a set of peers: give private, none, all, or 10.0.0.0/8,fd00::/8' };
    }
    const cidrs = words.flatMap((word) => (word === 'private' ? privateRanges : rangeOf(word)));
    return { value: { kind: 'ranges', cidrs: cidrs.filter((cidr) => cidr !== undefined) } };
  },
};

/** The URL without credentials and without its path, which for many receivers is the secret. */
export function maskReceiver(text: string): string {
  if (!text.includes('://')) return '***';
  return maskCredentials(text).replace(/(:\/\/[^/?#]*)[/?#].+$/s, '$1/***');
}

function parseTarget(spec: string): Parsed<CheckTarget> {
  if (/^(tcp|https?):\/\//i.test(spec)) {
    const sample = spec.replaceAll('{port}', '1').replaceAll('{host}', '127.0.0.1');
    const address = parseUrl(sample);
    if (address === undefined) {
      return { problem: 'has no valid address: write tcp://HOST:PORT or a URL' };
    }
    return sample === spec ? address : { value: { kind: 'app', url: spec } };
  }
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(spec) ?? [];
  if (scheme !== undefined && scheme !== 'file') {
    return { problem: `has the unknown scheme ${scheme}: use http, https, tcp, or file:PATH` };
  }
  if (spec.startsWith('file:')) return parseFileTarget(spec.slice('file:'.length));
  if (/^\S+\.m[jt]s$/.test(spec)) return { value: { kind: 'module', path: spec } };
  const words = splitWords(spec);
  return 'problem' in words ? words : { value: { kind: 'command', words: words.value } };
}

function parseFileTarget(text: string): Parsed<CheckTarget> {
  const [path = '', query = ''] = text.split(/\?(?=[\w-]+=[^?]*$)/);
  if (path === '') return { problem: 'names no file: write file:PATH or file:PATH?max-age=60s' };
  if (query === '') return { value: { kind: 'file', path, maxAgeMs: undefined } };
  const [key, value = ''] = query.split('=');
  const maxAge = duration.parse(value);
  if (key !== 'max-age' || 'problem' in maxAge)
    return { problem: 'has no valid max-age: write file:PATH?max-age=60s' };
  return { value: { kind: 'file', path, maxAgeMs: maxAge.value } };
}

function parseUrl(text: string): Parsed<DependencyTarget> | undefined {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return undefined;
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    return { value: { kind: 'http', url: text } };
  }
  if (url.protocol !== 'tcp:' || url.port === '' || url.port === '0') return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { value: { kind: 'tcp', host, port: Number(url.port) } };
}

function rangeOf(word: string): string | undefined {
  const [address = '', prefix] = word.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  return bits > 0 && length <= bits ? `${address}/${length}` : undefined;
}
