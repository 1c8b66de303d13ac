// Tells the log what happened: one row per event, one sentence each; what is known of it are the fields.

import type { EventMap, EventName, GateState, HurricaneEvent } from '../core/events.ts';
import type { Log, LogFields } from '../core/log.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';
type Line = readonly [level: Level, message: string];

const sentences: { readonly [N in EventName]: (data: EventMap[N]) => Line } = {
  'hurricane.started': ({ version }) => ['info', `hurricane ${version}`],
  'hurricane.ended': ({ exit_code: code, orderly }) => [
    orderly ? 'info' : code === 0 ? 'warn' : 'error',
    'hurricane ends',
  ],
  // Where the probes are is announced with their paths.
  'listener.bound': ({ listener }) => [
    listener === 'app' ? 'info' : 'debug',
    `${listener} port bound`,
  ],
  'listener.closed': ({ listener }) => ['info', `${listener} port closed`],
  'dependency.waited': () => ['info', 'dependency reached'],
  'command.started': () => ['info', 'startup command started'],
  'command.ended': ({ exit_code: code, ending }) =>
    code === 0 ? ['info', 'startup command finished'] : ['error', `startup command ${ending}`],
  'gate.asked': () => ['debug', 'asked whether migrations are pending'],
  'gate.changed': ({ state }) => gateLines[state],
  'startup.succeeded': () => ['info', 'startup finished, the app is up'],
  'startup.failed': () => ['error', 'startup failed'],
  'app.started': () => ['info', 'app started'],
  'app.listening': () => ['info', 'app accepts connections'],
  'app.silent': ({ queued, duration_ms: ms }) => [
    'warn',
    `the app has answered nothing for ${Math.round(ms / 1000)} s; requests that wait for it: ${queued}`,
  ],
  // In the words of the original, whose users search for them.
  'debugger.listening': ({ port }) => ['info', `Listening for debug clients at port ${port}`],
  'app.ended': ({ ending, expected }) => [expected ? 'info' : 'error', `app ${ending}`],
  'app.state-changed': () => ['debug', 'state of the app changed'],
  'app.restarting': () => ['warn', 'the app is started again'],
  'app.restarted': () => ['info', 'the app is up again'],
  'app.crash-looping': () => ['error', 'crash loop: the app is given up'],
  'app.replacing': () => ['info', 'the app is replaced'],
  'app.replaced': () => ['info', 'the app was replaced'],
  'app.replacement-failed': () => ['error', 'the app was not replaced'],
  'handler.loaded': () => ['info', 'handler loaded'],
  'handler.restarted': () => ['error', 'the handler is started again'],
  'handler.reloaded': () => ['info', 'handler loaded anew'],
  'handler.reload-failed': ({ reason }) => ['error', `the handler was not loaded anew: ${reason}`],
  'consumer.connecting': ({ broker }) => ['debug', `Connecting to ${broker}`],
  'consumer.subscribed': ({ queue }) => ['info', `Queue bound: ${queue}, messages are consumed`],
  'consumer.lost': () => ['warn', 'Connection closed, reconnect necessary'],
  'consumer.reconnecting': ({ delay_ms: ms }) => [
    'warn',
    `Reconnecting after ${ms / 1000} seconds`,
  ],
  'message.retried': ({ delay_ms: ms }) => [
    'warn',
    `an attempt failed, the next one is in ${ms / 1000} s`,
  ],
  'message.dead': () => ['error', 'a message was given up: it is a dead letter now'],
  // What comes back at once does so again and again, many times a second.
  'message.requeued': ({ redelivered }) => [
    redelivered ? 'debug' : 'info',
    'a message went back into its queue',
  ],
  'message.dropped': () => ['warn', 'a message was dropped'],
  'message.publish-failed': () => [
    'error',
    'a failed message finds no queue; it is kept, and nothing new begins until one takes it',
  ],
  'message.settled-late': () => ['warn', 'the handler ended an attempt that had been given up'],
  'probe.changed': ({ probe, passing }) => [
    passing ? 'info' : 'warn',
    `${probe} probe ${passing ? 'passes' : 'fails'}`,
  ],
  'control.asked': ({ operation }) => ['info', `the operator asks to ${operation}`],
  'metrics-source.failed': ({ repeated }) => [
    repeated ? 'debug' : 'warn',
    'a source of custom metrics failed, the rest of the page is there',
  ],
  'metrics-source.recovered': () => ['info', 'a source of custom metrics is good again'],
  'check.changed': ({ passing }) => [
    passing ? 'info' : 'warn',
    `check ${passing ? 'passes' : 'fails'}`,
  ],
  'check.ran': () => ['debug', 'check ran'],
  'drain.started': () => ['info', 'stopping'],
  'drain.ended': ({ forced }) => [forced > 0 ? 'warn' : 'info', 'drain report'],
  'webhook.delivered': () => ['debug', 'webhook delivered'],
  // What is tried again and again is worth a warning once, and the first retry a line.
  'webhook.failed': ({ url, reason, final, attempt }) => [
    final || attempt === 1 ? 'warn' : attempt === 2 ? 'info' : 'debug',
    `Sending webhook to ${url} has failed due to ${reason}`,
  ],
};

const gateLines: Readonly<Record<GateState, Line>> = {
  asking: ['info', 'asking whether migrations are pending'],
  none: ['info', 'no migrations are pending'],
  pending: ['info', 'Migrations are pending'],
  unknown: ['warn', 'nobody can say whether migrations are pending'],
};

/** What the log says about it. */
export function sentenceOf({ name, data }: HurricaneEvent): Line {
  const tell = sentences[name] as (data: HurricaneEvent['data']) => Line;
  return tell(data);
}

/** An observer that writes every event as one line: its name in the field `event`, and all its data. */
export function narrator(log: Log): (event: HurricaneEvent) => void {
  return (event) => {
    const [level, message] = sentenceOf(event);
    log[level]({ event: event.name, ...fieldsOf(event.data) }, message);
  };
}

/** In snake case, as every field of the log. */
function fieldsOf(data: HurricaneEvent['data']): LogFields {
  const entries = Object.entries(data).map(([name, value]): [string, unknown] => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(entries);
}
