// Rows of the table of options: how the app is replaced, kept up and stopped.

import type { Option } from '../option.ts';
import { choice, count, duration, glob, onOff, stopSignal, size } from '../parsers.ts';
import { preparing, running, serve, supervising } from './commands.ts';

export const lifeOptions = {
  'grace-period': {
    on: preparing,
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
      describe: 'start-first; stop-first for a worker, and with app-port, app-socket or debugger',
      derive: (s) => (s.oneAtATime ? 'stop-first' : 'start-first'),
    },
    help: 'how a new app takes over: before the old one stops, or after it while any requests wait',
  },
  'max-lifetime': {
    on: ['serve', 'consume'],
    group: 'life',
    parser: count,
    help: 'number of requests, and up to a tenth more at random, after which the app is to be replaced; consume ends in order after this many messages',
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
  autoreload: {
    on: running,
    group: 'life',
    parser: onOff,
    flag: true,
    default: 'false',
    help: 'for development: replace the app, or load the handler anew, when its files change',
  },
  watch: {
    on: running,
    group: 'life',
    parser: glob,
    list: true,
    help: 'files whose changes autoreload is about, such as src/**/*.py; otherwise all in the working directory without node_modules, names that begin with a dot, and what programs leave behind',
  },
  'log-app': {
    on: running,
    group: 'life',
    parser: choice('inherit', 'json'),
    default: 'inherit',
    help: 'json wraps each line of the app in a JSON object',
  },
} as const satisfies Record<string, Option>;
