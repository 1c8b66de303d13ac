// Where work comes in for a supervised app, and what it is given of the rest. A worker has no front.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Intake } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import type { RequestRecord } from '../core/request-record.ts';
import type { Listener } from '../http/listener.ts';
import type { Address } from '../http/reach.ts';
import type { RequestSources } from '../metrics/http-instruments.ts';
import type { InHand } from '../proxy/proxy.ts';

export interface Front {
  readonly intake: Intake<Address>;
  /** The port of the app. */
  readonly listener: Listener;
  readonly books: RequestBooks;
  /** Says what it answers without the app, and keeps it up to date. */
  start(): Promise<void>;
  stop(deadline: Deadline): Promise<void>;
  /** Resolves when a bug of ours ended a part of it. */
  readonly failed: Promise<Error>;
}

/** The requests of the intake, as far as others look at them. */
export interface RequestBooks extends RequestSources {
  now(): InHand;
}

/** What stands behind a front. */
export interface Behind {
  readonly emit: Emit;
  readonly log: Log;
  /** Of every program that we start. */
  readonly env: () => Readonly<Record<string, string | undefined>>;
  /** Called when the queue crosses a mark, and for each finished request. */
  readonly onLoadChange: () => void;
  readonly onFinished: (record: RequestRecord) => void;
  /** False when the request is not one for a probe. */
  readonly handleProbe: (request: IncomingMessage, response: ServerResponse) => boolean;
}
