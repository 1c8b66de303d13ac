// Tells the log what happened: one row per event, one sentence each.

import type { EventMap, EventName, HurricaneEvent } from '../core/events.ts';
import { describeExit, isSuccess } from '../core/exit-status.ts';
import type { Log, LogFields } from '../core/log.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';
type Line = readonly [level: Level, message: string, fields?: LogFields];

const sentences: { readonly [N in EventName]: (data: EventMap[N]) => Line } = {
  'hurricane.started': ({ version, command }) => ['info', `hurricane ${version}`, { command }],
  // Where the probes are is announced with their paths.
  'listener.bound': ({ listener, ...address }) => [
    listener === 'app' ? 'info' : 'debug',
    `${listener} port bound`,
    address,
  ],
  'listener.closed': ({ listener }) => ['info', `${listener} port closed`],
  'dependency.waited': (data) => ['info', 'dependency reached', data],
  'command.started': (data) => ['info', 'startup command started', data],
  'command.ended': ({ status, ...data }) =>
    isSuccess(status)
      ? ['info', 'startup command finished', data]
      : ['error', `startup command ${describeExit(status)}`, data],
  'startup.succeeded': (data) => ['info', 'startup finished, the app is up', data],
  'startup.failed': ({ reason }) => ['error', 'startup failed', { reason }],
  'app.started': (data) => ['info', 'app started', data],
  'app.listening': (data) => ['info', 'app accepts connections', data],
  'app.ended': ({ status, expected, ...data }) => [
    expected ? 'info' : 'error',
    `app ${describeExit(status)}`,
    data,
  ],
  'app.state-changed': (data) => ['debug', 'state of the app changed', data],
  'app.restarting': ({ reason, ...data }) => [
    'warn',
    'the app is started again',
    { reason, ...data },
  ],
  'app.restarted': (data) => ['info', 'the app is up again', data],
  'app.crash-looping': (data) => ['error', 'crash loop: the app is given up', data],
  'app.replacing': (data) => ['info', 'the app is replaced', data],
  'app.replaced': (data) => ['info', 'the app was replaced', data],
  'app.replacement-failed': (data) => ['error', 'the app was not replaced', data],
  'probe.changed': ({ probe, passing, reason }) => [
    passing ? 'info' : 'warn',
    `${probe} probe ${passing ? 'passes' : 'fails'}`,
    { probe, passing, reason },
  ],
  'control.asked': ({ operation }) => ['info', `the operator asks to ${operation}`, { operation }],
  'check.changed': ({ check, passing, text, tags }) => [
    passing ? 'info' : 'warn',
    `check ${passing ? 'passes' : 'fails'}`,
    { check, tags, passing, text },
  ],
  'check.ran': (data) => ['debug', 'check ran', data],
  'drain.started': (data) => ['info', 'stopping', data],
  'drain.ended': (data) => [data.forced > 0 ? 'warn' : 'info', 'drain report', snakeCase(data)],
  'webhook.delivered': (data) => ['debug', 'webhook delivered', data],
  // What is tried again and again is worth a warning once.
  'webhook.failed': ({ url, reason, ...data }) => [
    data.final || data.attempt === 1 ? 'warn' : 'debug',
    `Sending webhook to ${url} has failed due to ${reason}`,
    data,
  ],
};

/** What the log says about it. */
export function sentenceOf({ name, data }: HurricaneEvent): Line {
  const tell = sentences[name] as (data: HurricaneEvent['data']) => Line;
  return tell(data);
}

/** An observer that writes every event as one line, named by its field `event`. */
export function narrator(log: Log): (event: HurricaneEvent) => void {
  return (event) => {
    const [level, message, fields] = sentenceOf(event);
    log[level]({ event: event.name, ...fields }, message);
  };
}

function snakeCase(data: EventMap['drain.ended']): LogFields {
  const { longestMs, ...counts } = data;
  return { ...counts, longest_ms: Math.round(longestMs) };
}
