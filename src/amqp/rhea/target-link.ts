// One address that is published to over AMQP 1.0.

import { once } from 'node:events';

import { message as codec, SenderEvents, type AwaitableSender, type Message } from 'rhea-promise';

import type { NextRun } from '../../lib/next-run.ts';
import { sectionsOf } from '../message-10.ts';
import type { Publishing } from '../transport.ts';
import type { Attached } from './attach.ts';

/** For a broker to say what became of a message. */
const PUBLISH_MS = 15_000;

export interface TargetLinkOptions {
  readonly address: string;
  readonly opening: Promise<Attached<AwaitableSender>>;
  /** Looks whether its queue is there. */
  readonly check: NextRun;
  readonly over: AbortSignal;
}

export class TargetLink {
  readonly address: string;
  readonly check: NextRun;
  readonly #opening: Promise<Attached<AwaitableSender>>;
  readonly #over: AbortSignal;

  constructor({ address, opening, check, over }: TargetLinkOptions) {
    this.address = address;
    this.check = check;
    this.#opening = opening;
    this.#over = over;
  }

  /** Resolves when the broker has accepted it; rejects when it has not, or does not say. */
  async send(publishing: Publishing): Promise<void> {
    const message = messageOf(publishing);
    const { link: sender, gone } = await this.#opening;
    const abortSignal = AbortSignal.any([gone, this.#over]);
    const inTime = AbortSignal.any([abortSignal, AbortSignal.timeout(PUBLISH_MS)]);
    try {
      while (!sender.sendable()) await once(sender, SenderEvents.sendable, { signal: inTime });
      await sender.send(message, { abortSignal, timeoutInSeconds: PUBLISH_MS / 1000 });
    } catch (error) {
      throw gone.aborted ? gone.reason : error;
    }
  }

  close(): void {
    this.#opening.then(({ link }) => link.close()).catch(() => undefined); // it has ended by itself
  }
}

function messageOf(publishing: Publishing): Message {
  const { buffer, byteOffset, byteLength } = publishing.body;
  const content = Buffer.from(buffer, byteOffset, byteLength);
  return { ...sectionsOf(publishing), body: codec.data_section(content) as unknown } as Message;
}
