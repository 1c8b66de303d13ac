// The closed list of what can happen, and the emitter that tells observers: log, metrics, webhooks.

import type { DrainReport, StopReport } from './component.ts';
import type { Ending } from './exit-status.ts';

export type ProbeName = 'startup' | 'readiness' | 'liveness';

/** What the supervisor is doing: with `up` and `replacing` an app serves, otherwise none does. */
export type AppState =
  'starting' | 'up' | 'replacing' | 'restarting' | 'backing-off' | 'stopping' | 'ended';

/** What is known of pending migrations. */
export type GateState = 'asking' | 'none' | 'pending' | 'unknown';

/** Why the app is started again: it exited, was ended by a signal, did not come up, or was told to. */
export type RestartCause = 'exit' | 'signal' | 'not-up' | 'ctl';

/** Why the app is replaced. */
export type ReplacementCause = 'sighup' | 'ctl' | 'lifetime' | 'memory' | 'liveness' | 'autoreload';

/** Why a link to the broker ended, or did not come about. */
export type LinkEndCause =
  'connection' | 'channel' | 'cancelled' | 'missing' | 'timeout' | 'closed';

/** Why an attempt to handle a message failed. */
export type FailureClass = 'error' | 'crash' | 'timeout' | 'rejected' | 'undecodable';

/** Of which message. */
interface OfMessage {
  queue: string;
  /** As its publisher gave it; many give none. */
  id: string | undefined;
  /** Where its publisher sent it. */
  routing_key: string;
}

interface FailedMessage extends OfMessage {
  attempt: number;
  class: FailureClass;
  reason: string;
  /** Where in the handler it was thrown. */
  stack: string | undefined;
  /** Of the application; those that there was no room for beside ours. */
  dropped_headers: readonly string[] | undefined;
}

/** Event name → what is known about it. Names are dotted and past tense; fields end in their unit. */
export interface EventMap {
  'hurricane.started': { version: string; command: string };
  'hurricane.ended': {
    phase: string;
    exit_code: number;
    /** With 0, as it should. */
    orderly: boolean;
    reason: string;
    next: string;
  };
  'listener.bound': { listener: 'app' | 'probe'; host: string; port: number };
  'listener.closed': { listener: 'app' };
  'dependency.waited': { target: string; duration_ms: number };
  'command.started': { command: string };
  'command.ended': { command: string; duration_ms: number } & Ending;
  /** Whether migrations are pending. */
  'gate.asked': { answer: Exclude<GateState, 'asking'>; duration_ms: number };
  'gate.changed': {
    state: GateState;
    command: string;
    /** Why nobody knows. */
    reason: string;
    /** The last output of what should know. */
    output: string | undefined;
    /** Since the first question. */
    duration_ms: number;
  };
  'startup.succeeded': { duration_s: number };
  'startup.failed': {
    /** A warning when the app could not be let in, and nothing of its own has failed. */
    status: 'failed' | 'warning';
    reason: string;
    output: string | undefined;
  };
  'app.started': { pid: number; command: string };
  'app.listening': { address: string; duration_ms: number };
  /** Requests wait for it, and it has answered none for so long. */
  'app.silent': { queued: number; duration_ms: number };
  /** Somebody may attach. */
  'debugger.listening': { host: string; port: number };
  'app.ended': { pid: number | undefined; expected: boolean; killed: boolean } & Ending;
  'app.state-changed': { state: AppState; previous: AppState };
  'app.restarting': { cause: RestartCause; reason: string; attempt: number; delay_ms: number };
  'app.restarted': { cause: RestartCause; pid: number | undefined; duration_ms: number };
  'app.crash-looping': { reason: string; starts: number };
  'app.replacing': { cause: ReplacementCause; pid: number | undefined };
  'app.replaced': { cause: ReplacementCause; pid: number | undefined; duration_ms: number };
  'app.replacement-failed': {
    cause: ReplacementCause;
    reason: string;
    /** Of the one that stays; undefined when none does. */
    pid: number | undefined;
    /** The last that the new one wrote to stderr, as far as we saw it. */
    output: string | undefined;
  };
  'handler.loaded': { handler: string; duration_ms: number };
  'handler.restarted': {
    cause: 'crash' | 'timeout';
    reason: string;
    /** Where in the handler it crashed. */
    stack: string | undefined;
  };
  /** The files of the handler had changed, and messages go to the new one. */
  'handler.reloaded': { handler: string; duration_ms: number };
  /** The one before goes on. */
  'handler.reload-failed': { handler: string; reason: string };
  'consumer.connecting': { queue: string; broker: string };
  'consumer.subscribed': { queue: string; broker: string; routing_keys: readonly string[] };
  'consumer.lost': { queue: string; cause: LinkEndCause; reason: string };
  'consumer.reconnecting': {
    queue: string;
    cause: LinkEndCause;
    reason: string;
    attempt: number;
    delay_ms: number;
  };
  /** Into the queue of its next attempt. */
  'message.retried': FailedMessage & { delay_ms: number };
  /** Into the queue of dead letters. */
  'message.dead': FailedMessage & { to: string };
  /** Back into its queue, which hands it out again at once. */
  'message.requeued': OfMessage & {
    attempt: number;
    redelivered: boolean;
    /** How its last attempt failed; undefined when the handler asked for it. */
    reason: string | undefined;
  };
  'message.dropped': OfMessage & { reason: string };
  /** It stays where it is until a queue takes it. */
  'message.publish-failed': OfMessage & {
    to: string;
    reason: string;
    /** To publish it, not to handle it. */
    attempt: number;
  };
  /** The handler ended an attempt that had been given up. */
  'message.settled-late': OfMessage;
  'probe.changed': {
    probe: ProbeName;
    passing: boolean;
    previous: boolean | undefined;
    /** With the details of failing checks. */
    reason: string;
    /** As the probe shows it. */
    text: string;
  };
  'control.asked': { operation: 'reload' | 'restart' | 'drain' | 'undrain' };
  /** A source of custom metrics gave none, or some that cannot be on the page. */
  'metrics-source.failed': {
    source: string;
    reason: string;
    /** It failed the time before, too. */
    repeated: boolean;
  };
  'metrics-source.recovered': { source: string };
  'check.changed': { check: string; tags: readonly string[]; passing: boolean; text: string };
  'check.ran': { check: string; passing: boolean; duration_ms: number };
  'drain.started': { reason: string; budget_ms: number };
  /** Of the whole run, and apart from it what was in hand at the stop and came after it. */
  'drain.ended': DrainReport & { during_stop: StopReport; duration_ms: number };
  'webhook.delivered': { type: string; id: string; attempt: number };
  'webhook.failed': {
    type: string;
    id: string;
    /** Of the receiver, without what may be secret in it. */
    url: string;
    attempt: number;
    reason: string;
    /** It will not be tried again. */
    final: boolean;
  };
}

export type EventName = keyof EventMap;
export type HurricaneEvent = {
  [N in EventName]: { readonly name: N; readonly data: Readonly<EventMap[N]> };
}[EventName];

export type Emit = <N extends EventName>(name: N, data: EventMap[N]) => void;

/** Tells every observer, in the order in which they subscribed. Observers must not throw or act back. */
export class Events {
  readonly #observers: ((event: HurricaneEvent) => void)[] = [];

  readonly emit: Emit = (name, data) => {
    const event = { name, data } as unknown as HurricaneEvent;
    for (const observe of this.#observers) observe(event);
  };

  subscribe(observe: (event: HurricaneEvent) => void): void {
    this.#observers.push(observe);
  }
}
