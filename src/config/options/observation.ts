// Rows of the table of options: what is asked, measured and told.

import type { Option } from '../option.ts';
import { duration, file, text } from '../parsers.ts';
import {
  check,
  failures,
  maskReceiver,
  metricsPage,
  metricsSource,
  receiver,
  webhookType,
} from '../specs.ts';
import { running, runningOrCheck } from './commands.ts';

export const observationOptions = {
  check: {
    on: runningOrCheck,
    group: 'checks',
    parser: check,
    list: true,
    common: true,
    help: 'what decides about a probe: a command, FILE.mjs, http://…, tcp://… or file:PATH?max-age=60s; {port}: that of the app',
  },
  'check-interval': {
    on: runningOrCheck,
    group: 'checks',
    parser: duration,
    default: '10s',
    help: 'time between the starts of two runs of a check',
  },
  'check-timeout': {
    on: runningOrCheck,
    group: 'checks',
    parser: duration,
    default: '5s',
    help: 'time for one run; longer has failed',
  },
  'check-max-age': {
    on: runningOrCheck,
    group: 'checks',
    parser: duration,
    default: '30s',
    help: 'a result older than this counts as failed',
  },
  'check-failures': {
    on: runningOrCheck,
    group: 'checks',
    parser: failures,
    default: '1/1',
    help: 'a check fails when n of its last m runs failed',
  },
  silence: {
    on: runningOrCheck,
    group: 'checks',
    parser: text,
    list: true,
    help: 'ignore messages of checks with this id',
  },
  'webhook-url': {
    on: running,
    group: 'webhooks',
    parser: receiver,
    list: true,
    secret: true,
    mask: maskReceiver,
    help: 'tell this receiver what happened, or only of startup, liveness, readiness, app, restart, replacement, drain',
  },
  'webhook-timeout': {
    on: running,
    group: 'webhooks',
    parser: duration,
    default: '5s',
    help: 'time for one attempt to deliver',
  },
  'webhook-secret-file': {
    on: running,
    group: 'webhooks',
    parser: file,
    secret: true,
    help: 'file with the secret that signs webhooks',
  },
  'webhook-type': {
    on: running,
    group: 'webhooks',
    parser: webhookType,
    list: true,
    help: 'a type of your own, sent over the control socket or made of others by a module; TYPE=off sends none of one of ours',
  },
  'app-metrics': {
    on: running,
    group: 'metrics',
    parser: metricsPage,
    help: 'Prometheus page of the app, shown with ours; a worker and a handler need a URL',
  },
  'custom-metrics': {
    on: running,
    group: 'metrics',
    parser: metricsSource,
    list: true,
    help: 'program that prints Prometheus text, or module that returns it, shown on our page',
  },
} as const satisfies Record<string, Option>;
