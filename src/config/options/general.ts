// Rows of the table of options: what concerns every command, and where it listens.

import { join } from 'node:path';

import type { Option } from '../option.ts';
import { choice, countOrOff, file, host, onOff, port, text, urlPath } from '../parsers.ts';
import { all, preparing, running, runningOrCheck, runningOrProbe } from './commands.ts';

export const generalOptions = {
  config: {
    on: all,
    group: 'general',
    parser: file,
    layers: ['flag', 'environment'],
    common: true,
    help: 'configuration file instead of hurricane.yaml/.json',
  },
  'print-config': {
    on: preparing,
    group: 'general',
    parser: onOff,
    flag: true,
    default: 'false',
    layers: ['flag'],
    common: true,
    help: 'print every value with its source, then exit',
  },
  debug: {
    on: runningOrCheck,
    group: 'general',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'show the details of failing checks in the answers of probes, and log at level debug',
  },
  'log-level': {
    on: ['serve', 'worker', 'consume', 'prepare', 'check'],
    group: 'general',
    parser: choice('fatal', 'error', 'warn', 'info', 'debug'),
    default: {
      describe: 'info, or debug with --debug',
      derive: ({ debug }) => (debug ? 'debug' : 'info'),
    },
    help: 'least important lines to log',
  },
  'log-format': {
    on: ['serve', 'worker', 'consume', 'prepare', 'check', 'ctl'],
    group: 'general',
    parser: choice('auto', 'json', 'text'),
    default: 'auto',
    help: 'auto is text on a terminal and one JSON object per line elsewhere',
  },
  'app-version': {
    on: running,
    group: 'general',
    parser: text,
    variables: ['HURRICANE_VERSION'],
    help: 'version of the app, sent with every webhook',
  },
  'termination-log': {
    on: preparing,
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
    on: ['serve', 'worker', 'consume', 'probe', 'ctl'],
    group: 'listeners',
    parser: port,
    default: {
      describe: 'port + 1; 8001 for worker and consume',
      derive: (s) => String(s.port === 0 ? 0 : s.port + 1),
    },
    common: true,
    help: 'port of the probes and metrics; may be the same as port',
  },
  'probe-host': {
    on: runningOrProbe,
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
    on: runningOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/startup',
    help: 'path of the startup probe',
  },
  'readiness-probe': {
    on: runningOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/ready',
    help: 'path of the readiness probe',
  },
  'liveness-probe': {
    on: runningOrProbe,
    group: 'listeners',
    parser: urlPath,
    default: '/alive',
    help: 'path of the liveness probe',
  },
  metrics: {
    on: running,
    group: 'listeners',
    parser: urlPath,
    default: '/metrics',
    help: 'path of the Prometheus page',
  },
  'no-probe': {
    on: runningOrProbe,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'no probes and no metrics page',
  },
  'no-metrics': {
    on: running,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'no metrics page',
  },
  'log-probes': {
    on: running,
    group: 'listeners',
    parser: onOff,
    flag: true,
    default: 'false',
    variables: ['HURRICANE_LOG_PROBES', 'LOG_PROBES'],
    help: 'log the requests for probes too',
  },
  'control-socket': {
    on: ['serve', 'worker', 'consume', 'ctl'],
    group: 'listeners',
    parser: file,
    default: {
      describe: 'hurricane-PROBE_PORT.sock in the temporary folder',
      derive: (s) => join(s.temporaryFolder, `hurricane-${s.probePort}.sock`),
    },
    help: 'unix socket for `hurricane ctl` and for the app, which finds it in this variable',
  },
  'req-queue-len': {
    on: ['serve', 'consume'],
    group: 'listeners',
    parser: countOrOff,
    default: {
      describe: '10; off for consume',
      derive: (s) => (s.consuming ? 'off' : '10'),
    },
    help: 'not ready while this many requests wait for their answer, or messages for their handler, ready again at 80 % of it; 0 is never ready',
  },
} as const satisfies Record<string, Option>;
