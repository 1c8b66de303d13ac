// Rows of the table of options: who handles messages, and how many at a time.

import type { Option } from '../option.ts';
import { handlerFile, handlerTime, handlerUrl, inHandCount, orderKey } from '../message-specs.ts';
import { commandLine, count, requestTarget } from '../parsers.ts';
import { serve, consume, consuming } from './commands.ts';

export const handlerOptions = {
  deliver: {
    on: serve,
    group: 'handler',
    parser: requestTarget,
    common: true,
    help: 'post messages of a queue to this path of the app',
  },
  handler: {
    on: consume,
    group: 'handler',
    parser: handlerFile,
    help: 'module whose default export is called for each message, in a thread of its own; also the first word',
  },
  'handler-exec': {
    on: consume,
    group: 'handler',
    parser: commandLine,
    help: 'program in any language that stays and is told of messages over its stdin',
  },
  'handler-processes': {
    on: consume,
    group: 'handler',
    parser: count,
    default: '1',
    help: 'how many of handler-exec run at the same time',
  },
  'handler-url': {
    on: consume,
    group: 'handler',
    parser: handlerUrl,
    help: 'server that each message is posted to',
  },
  'handler-once': {
    on: consume,
    group: 'handler',
    parser: commandLine,
    help: 'program that is run for each message, which it finds on its stdin',
  },
  'handler-timeout': {
    on: consuming,
    group: 'handler',
    parser: handlerTime,
    default: {
      describe: '60s; 24h with a debugger',
      derive: (s) => (s.debugging ? '24h' : '60s'),
    },
    help: 'time for one message; longer is a failed attempt',
  },
  concurrency: {
    on: consuming,
    group: 'handler',
    parser: inHandCount,
    default: '8',
    help: 'messages that are handled at the same time',
  },
  'order-key': {
    on: consuming,
    group: 'handler',
    parser: orderKey,
    default: 'none',
    help: 'messages of one key are handled one after the other: header:NAME, routing-key or none',
  },
} as const satisfies Record<string, Option>;
