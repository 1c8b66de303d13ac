// Turns what happened into webhooks and hands each to the receivers that asked for its type.

import { randomUUID } from 'node:crypto';

import type { WebhookConfig } from '../config/slices/observation.ts';
import type { Component } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit, HurricaneEvent } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { DerivedTypes } from './derived-types.ts';
import { edgeOf, type Edge, type Webhook, type WebhookStatus } from './payload.ts';
import { WebhookTypes } from './webhook-types.ts';

export interface WebhookSenderOptions {
  readonly config: WebhookConfig;
  /** The name of the pod: its host name. */
  readonly podname: string;
  /** What modules are run in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly emit: Emit;
  readonly log: Log;
}

/**
 * Each receiver gets every edge of its types under one id, in order, at least once as long as it does
 * not refuse it and until the deadline of `stop`. Nobody waits for a delivery but `stop`.
 */
export class WebhookSender implements Component {
  readonly name = 'webhooks';
  readonly types: WebhookTypes;
  readonly #podname: string;
  readonly #version: string | null;
  readonly #log: Log;
  readonly #receivers: readonly {
    readonly types: readonly string[] | undefined;
    readonly queue: DeliveryQueue;
  }[];
  readonly #derived: DerivedTypes;
  /** Of the user's own types: how the last one turned out. */
  readonly #last = new Map<string, WebhookStatus>();
  #sequence = 0;

  constructor({ config, podname, env, cwd, emit, log }: WebhookSenderOptions) {
    const { receivers, types: specs, secret, timeoutMs, appVersion } = config;
    this.#podname = podname;
    this.#version = appVersion ?? null;
    this.#log = log;
    this.#receivers = receivers.map(({ url, types }) => ({
      types,
      queue: new DeliveryQueue({ url, secret, timeoutMs, emit }),
    }));
    this.types = new WebhookTypes({ specs, send: (notice) => this.#sendOwn(notice) });
    this.#derived = new DerivedTypes({
      ...{ specs, env, cwd, timeoutMs, log },
      send: (type, notice) => {
        if (this.types.has(type)) this.#sendOwn({ type, ...notice });
      },
    });
  }

  /** Webhooks that wait for their delivery, those under way included. */
  get queued(): number {
    return this.#receivers.reduce((sum, { queue }) => sum + queue.length, 0);
  }

  /** Loads the modules, so that a broken one ends the start early. */
  start(signal: AbortSignal): Promise<void> {
    return this.#derived.start(signal);
  }

  observe(event: HurricaneEvent): void {
    const edge = this.#receivers.length > 0 ? edgeOf(event) : undefined;
    if (edge === undefined) return;
    if (this.types.has(edge.type)) this.#send(edge);
    this.#derived.tell(edge);
  }

  /** Delivers what waits, as far as the deadline allows. */
  async stop(deadline: Deadline): Promise<void> {
    // A module that hangs must leave time for what waits.
    const derived = deadline.within(deadline.leftMs / 2);
    await this.#derived.stop(derived);
    derived.expire();
    const counts = await Promise.all(this.#receivers.map(({ queue }) => queue.flush(deadline)));
    const undelivered = counts.reduce((sum, count) => sum + count, 0);
    if (undelivered > 0) {
      this.#log.warn(
        { undelivered },
        'webhooks stayed undelivered: their receivers did not take them before the end',
      );
    }
  }

  #sendOwn(notice: Omit<Edge, 'previous'>): string | undefined {
    if (this.#receivers.length === 0) return undefined;
    const previous = this.#last.get(notice.type) ?? null;
    this.#last.set(notice.type, notice.status);
    return this.#send({ ...notice, previous });
  }

  #send(edge: Edge): string {
    this.#sequence += 1;
    const webhook: Webhook = {
      ...edge,
      id: randomUUID(),
      sequence: this.#sequence,
      timestamp: Math.floor(Date.now() / 1000),
      podname: this.#podname,
      version: this.#version,
    };
    for (const { types, queue } of this.#receivers) {
      if (types?.includes(edge.type) ?? true) queue.push(webhook);
    }
    return webhook.id;
  }
}
