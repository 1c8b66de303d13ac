// THE TABLE: every option once. Flags, variables, file keys, help, completion, reference page and
// JSON schema follow from it, and so do the types of the configuration.

import { join } from 'node:path';

import { fileKey, type Camel, type Infer, type Option } from './option.ts';
import {
  choice,
  commandLine,
  count,
  countOrZero,
  duration,
  durationOrOff,
  file,
  host,
  onOff,
  port,
  requestTarget,
  stopSignal,
  size,
  sizeOrOff,
  text,
  urlPath,
  variable,
} from './parsers.ts';
import { check, dependency, failures, maskReceiver, receiver, trustProxy } from './specs.ts';

const serve = ['serve'] as const;
const worker = ['worker'] as const;
/** What lives as long as its app. */
const supervising = ['serve', 'worker'] as const;
const supervisingOrCheck = ['serve', 'worker', 'check'] as const;
const supervisingOrProbe = ['serve', 'worker', 'probe'] as const;
const all = ['serve', 'worker', 'check', 'probe', 'ctl'] as const;

export const options = {
  config: {
    on: all,
    group: 'general',
    parser: file,
    layers: ['flag', 'environment'],
    common: true,
    help: 'configuration file instead of hurricane.yaml/.json',
  },
  'print-config': {
    on: supervising,
    group: 'general',
    parser: onOff,
    flag: true,
    default: 'false',
    layers: ['flag'],
    common: true,
    help: 'print every value with its source, then exit',
  },
  debug: {
    on: supervisingOrCheck,
    group: 'general',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'show the details of failing checks in the answers of probes, and log at level debug',
  },
  'log-level': {
    on: supervisingOrCheck,
    group: 'general',
    parser: choice('fatal', 'error', 'warn', 'info', 'debug'),
    default: {
      describe: 'info, or debug with --debug',
      derive: ({ debug }) => (debug ? 'debug' : 'info'),
    },
    help: 'least important lines to log',
  },
  'log-format': {
    on: ['serve', 'worker', 'check', 'ctl'],
    group: 'general',
    parser: choice('auto', 'json', 'text'),
    default: 'auto',
    help: 'auto is text on a terminal and one JSON object per line elsewhere',
  },
  'app-version': {
    on: supervising,
    group: 'general',
    parser: text,
    variables: ['HURRICANE_VERSION'],
    help: 'version of the app, sent with every webhook',
  },
  'termination-log': {
    on: supervising,
    group: 'general',
    parser: file,
    default: '/dev/termination-log',
    help: 'file that is told why the program ended; it is never created',
  },

  host: {
    on: ['serve', 'probe'],
    group: 'listeners',
    parser: host,
    default: '::',
    help: 'address the app is served on; :: is every address, IPv4 included',
  },
  port: {
    on: ['serve', 'probe', 'ctl'],
    group: 'listeners',
    parser: port,
    default: '8000',
    common: true,
    help: 'port the app is served on',
  },
  'probe-port': {
    on: ['serve', 'worker', 'probe', 'ctl'],
    group: 'listeners',
    parser: port,
    default: {
      describe: 'port + 1; 8001 for a worker',
      derive: (s) => String(s.port === 0 ? 0 : s.port + 1),
    },
    common: true,
    help: 'port of the probes and metrics; may be the same as port',
  },
  'probe-host': {
    on: supervisingOrProbe,
    group: 'listeners',
    parser: host,
    alias: 'interface',
    default: {
      describe: '::, or host when the ports are the same',
      derive: (s) => (s.samePort ? s.host : '::'),
    },
    help: 'address of the probes and metrics',
  },
  'startup-probe': {
    on: supervisingOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/startup',
    help: 'path of the startup probe',
  },
  'readiness-probe': {
    on: supervisingOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/ready',
    help: 'path of the readiness probe',
  },
  'liveness-probe': {
    on: supervisingOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/alive',
    help: 'path of the liveness probe',
  },
  metrics: {
    on: supervising,
    group: 'listeners',
    parser: urlPath,
    default: '/metrics',
    help: 'path of the Prometheus page',
  },
  'no-probe': {
    on: supervisingOrProbe,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'no probes and no metrics page',
  },
  'no-metrics': {
    on: supervising,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'no metrics page',
  },
  'log-probes': {
    on: supervising,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    variables: ['HURRICANE_LOG_PROBES', 'LOG_PROBES'],
    help: 'log the requests for probes too',
  },
  'control-socket': {
    on: ['serve', 'worker', 'ctl'],
    group: 'listeners',
    parser: file,
    default: {
      describe: 'hurricane-PROBE_PORT.sock in the temporary folder',
      derive: (s) => join(s.temporaryFolder, `hurricane-${s.probePort}.sock`),
    },
    help: 'unix socket for `hurricane ctl` and for the app, which finds it in this variable',
  },
  'req-queue-len': {
    on: serve,
    group: 'listeners',
    parser: countOrZero,
    default: '10',
    help: 'not ready while this many requests wait for their answer, ready again at 80 % of it; 0 is never ready',
  },

  'wait-for': {
    on: supervising,
    group: 'start',
    parser: dependency,
    list: true,
    common: true,
    help: 'tcp:// or http:// address to wait for before anything runs',
  },
  'wait-timeout': {
    on: supervising,
    group: 'start',
    parser: durationOrOff,
    default: '5m',
    help: 'time for all of wait-for together',
  },
  command: {
    on: supervising,
    group: 'start',
    parser: commandLine,
    list: true,
    common: true,
    help: 'run this to its end before the app starts, without a shell',
  },
  'command-timeout': {
    on: supervising,
    group: 'start',
    parser: durationOrOff,
    default: 'off',
    help: 'time for each command; off, so that no migration is ever cut',
  },
  'app-port': {
    on: serve,
    group: 'start',
    parser: port,
    common: true,
    help: 'port the app listens on, where it cannot be told; otherwise a free one is chosen',
  },
  'app-port-env': {
    on: serve,
    group: 'start',
    parser: variable,
    default: 'PORT',
    help: 'variable that tells the app its port, next to HURRICANE_APP_PORT',
  },
  'app-socket': {
    on: serve,
    group: 'start',
    parser: file,
    help: 'unix socket the app listens on, instead of a port',
  },
  'app-ready-path': {
    on: serve,
    group: 'start',
    parser: requestTarget,
    help: 'the app is up when it answers 2xx or 3xx here; otherwise when it accepts connections',
  },
  'app-start-timeout': {
    on: supervising,
    group: 'start',
    parser: durationOrOff,
    default: '10m',
    help: 'time from the start of the app until it is up, its startup checks included',
  },
  'start-after': {
    on: worker,
    group: 'start',
    parser: duration,
    default: '3s',
    help: 'the program is up when it has lived for this long; with startup checks, when they pass',
  },

  check: {
    on: supervisingOrCheck,
    group: 'checks',
    parser: check,
    list: true,
    common: true,
    help: 'what decides about a probe: a command, FILE.mjs, http://…, tcp://… or file:PATH?max-age=60s; {port}: that of the app',
  },
  'check-interval': {
    on: supervisingOrCheck,
    group: 'checks',
    parser: duration,
    default: '10s',
    help: 'time between the starts of two runs of a check',
  },
  'check-timeout': {
    on: supervisingOrCheck,
    group: 'checks',
    parser: duration,
    default: '5s',
    help: 'time for one run; longer has failed',
  },
  'check-max-age': {
    on: supervisingOrCheck,
    group: 'checks',
    parser: duration,
    default: '30s',
    help: 'a result older than this counts as failed',
  },
  'check-failures': {
    on: supervisingOrCheck,
    group: 'checks',
    parser: failures,
    default: '1/1',
    help: 'a check fails when n of its last m runs failed',
  },
  silence: {
    on: supervisingOrCheck,
    group: 'checks',
    parser: text,
    list: true,
    help: 'ignore messages of checks with this id',
  },

  'webhook-url': {
    on: supervising,
    group: 'webhooks',
    parser: receiver,
    list: true,
    secret: true,
    mask: maskReceiver,
    help: 'tell this receiver what happened, or only of startup, liveness, readiness, app, restart, replacement, drain',
  },
  'webhook-timeout': {
    on: supervising,
    group: 'webhooks',
    parser: duration,
    default: '5s',
    help: 'time for one attempt to deliver',
  },
  'webhook-secret-file': {
    on: supervising,
    group: 'webhooks',
    parser: file,
    secret: true,
    help: 'file with the secret that signs webhooks',
  },

  'trust-proxy': {
    on: serve,
    group: 'proxy',
    parser: trustProxy,
    default: 'private',
    help: 'peers whose X-Forwarded headers are continued; private is loopback and private ranges',
  },
  'header-timeout': {
    on: serve,
    group: 'proxy',
    parser: duration,
    default: '15s',
    help: 'time for a client to send the head of a request',
  },
  'idle-timeout': {
    on: serve,
    group: 'proxy',
    parser: duration,
    default: '75s',
    help: 'a connection without a request is closed after this; longer than the load balancers wait',
  },
  'response-timeout': {
    on: serve,
    group: 'proxy',
    parser: durationOrOff,
    default: 'off',
    help: 'time for the app until the head of its answer',
  },
  'request-timeout': {
    on: serve,
    group: 'proxy',
    parser: durationOrOff,
    default: 'off',
    help: 'time for a whole request, its answer included',
  },
  'max-header-size': {
    on: serve,
    group: 'proxy',
    parser: size,
    default: '64Ki',
    help: 'largest head of a request',
  },
  'max-body-size': {
    on: serve,
    group: 'proxy',
    parser: sizeOrOff,
    default: '100Mi',
    help: 'largest body of a request',
  },
  'access-log': {
    on: serve,
    group: 'proxy',
    parser: choice('all', 'errors', 'off'),
    default: 'all',
    help: 'requests to log',
  },

  'grace-period': {
    on: supervising,
    group: 'life',
    parser: duration,
    default: '25s',
    common: true,
    help: 'time for the whole stop; keep it 5s below terminationGracePeriodSeconds',
  },
  'drain-delay': {
    on: serve,
    group: 'life',
    parser: duration,
    default: {
      describe: '5s in Kubernetes, else 0',
      derive: (s) => (s.inKubernetes ? '5s' : '0'),
    },
    help: 'keep serving at least this long after the stop signal; at most half of the grace-period that is not kept for the app',
  },
  'drain-quiet': {
    on: serve,
    group: 'life',
    parser: duration,
    default: '1s',
    help: 'then keep serving until no new request has come for this long',
  },
  'stop-signal': {
    on: supervising,
    group: 'life',
    parser: stopSignal,
    help: 'signal that ends the app, by default what the program needs; :leader keeps signals to its first process',
  },
  'forward-hup': {
    on: supervising,
    group: 'life',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'hand SIGHUP to the app; otherwise it asks for a replacement of the app',
  },
  restart: {
    on: supervising,
    group: 'life',
    parser: choice('never', 'on-failure', 'always'),
    default: 'never',
    help: 'start the app again when it ends by itself, while any requests wait; on-failure: not after code 0',
  },
  replace: {
    on: supervising,
    group: 'life',
    parser: choice('start-first', 'stop-first'),
    default: {
      describe: 'start-first; stop-first for a worker, and with app-port or app-socket',
      derive: (s) => (s.oneAtATime ? 'stop-first' : 'start-first'),
    },
    help: 'how a new app takes over: before the old one stops, or after it while any requests wait',
  },
  'max-lifetime': {
    on: serve,
    group: 'life',
    parser: count,
    help: 'number of requests, and up to a tenth more at random, after which the app is to be replaced',
  },
  'max-lifetime-action': {
    on: serve,
    group: 'life',
    parser: choice('probe', 'replace'),
    default: 'probe',
    help: 'after max-lifetime the liveness probe fails, or the app is replaced in place',
  },
  'max-memory': {
    on: supervising,
    group: 'life',
    parser: size,
    help: 'replace the app when it uses more, all its processes together, or the container when it is ours alone',
  },
  repair: {
    on: supervising,
    group: 'life',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'replace the app when a liveness check fails, before Kubernetes restarts the container',
  },
  'log-app': {
    on: supervising,
    group: 'life',
    parser: choice('inherit', 'json'),
    default: 'inherit',
    help: 'json wraps each line of the app in a JSON object',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;
export type OptionKey = Camel<OptionName>;

export type ServeValues = Infer<typeof options, 'serve'>;
export type WorkerValues = Infer<typeof options, 'worker'>;
export type CheckValues = Infer<typeof options, 'check'>;
export type ProbeValues = Infer<typeof options, 'probe'>;
export type CtlValues = Infer<typeof options, 'ctl'>;

/** The rows in the order of the table. */
export const rows: readonly (Option & { readonly name: OptionName; readonly key: OptionKey })[] =
  Object.entries(options).map(([name, option]) => ({
    ...option,
    name: name as OptionName,
    key: fileKey(name) as OptionKey,
  }));
