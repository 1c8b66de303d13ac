// Publishes over one channel of 0-9-1 with confirms, and makes it anew after a fault. What the fault means for
// others is theirs to know.

import { publishFault } from './faults-091.ts';
import { headerRoom, tableBytes } from './field-table.ts';
import type { Properties, Publishing } from './transport.ts';

/** What is asked of a channel of the client library. */
export interface ConfirmingChannel {
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: object,
    confirmed: (error: unknown) => void,
  ): unknown;
  on(event: string, listener: (told: unknown) => void): unknown;
}

export interface PublisherOptions {
  readonly open: () => Promise<ConfirmingChannel>;
  /** Of all frames that the broker takes, the longest. */
  readonly frameMax: number;
  /** The broker has closed the channel, and says why. */
  readonly onFault: (error: unknown) => void;
}

export class Publisher091 {
  readonly #options: PublisherOptions;
  #channel: ConfirmingChannel | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #returned: string | undefined;
  #unconfirmed: PromiseWithResolvers<undefined> | undefined;
  #over: string | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Opens the channel, where there is none. */
  async begin(): Promise<void> {
    await this.#current();
  }

  /**
   * Resolves when at least one queue has it for sure. One after the other: a message that comes back unroutable,
   * or that closes the channel, is then known to be the one.
   */
  publish(publishing: Publishing): Promise<void> {
    const published = this.#last.then(() => this.#publishOne(publishing));
    this.#last = published.catch(() => undefined);
    return published;
  }

  /** Nothing is confirmed from now on, for this reason. */
  end(reason: string): void {
    this.#over = reason;
    this.#unconfirmed?.reject(new Error(reason));
  }

  async #publishOne({ exchange, routingKey, body, properties }: Publishing): Promise<void> {
    const bytes = tableBytes(properties.headers);
    const room = headerRoom(properties, this.#options.frameMax);
    // The broker would close the connection.
    if (bytes > room) throw new Error(`its headers take ${bytes} bytes, and ${room} is the most`);
    const channel = await this.#current();
    if (this.#over !== undefined) throw new Error(this.#over);
    const confirmed = Promise.withResolvers<undefined>();
    this.#unconfirmed = confirmed;
    const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const options = { ...optionsOf(properties), mandatory: true, persistent: true };
    channel.publish(exchange, routingKey, content, options, (error) => {
      if (error === null || error === undefined) confirmed.resolve(undefined);
      else confirmed.reject(error instanceof Error ? error : new Error('the broker refused it'));
    });
    await confirmed.promise;
    // It comes before the confirmation.
    const returned = this.#takeReturned();
    if (returned !== undefined) {
      throw new Error(`no queue takes it: ${returned} (${exchange || routingKey})`);
    }
  }

  #takeReturned(): string | undefined {
    const returned = this.#returned;
    this.#returned = undefined;
    return returned;
  }

  async #current(): Promise<ConfirmingChannel> {
    if (this.#over !== undefined) throw new Error(this.#over);
    if (this.#channel !== undefined) return this.#channel;
    const channel = await this.#options.open();
    channel.on('return', (told) => {
      const { fields } = told as { readonly fields: { readonly replyText?: string } };
      this.#returned = fields.replyText ?? 'unroutable';
    });
    channel.on('error', (error) => {
      this.#channel = undefined;
      this.#options.onFault(error);
      this.#unconfirmed?.reject(publishFault(error));
    });
    this.#channel = channel;
    return channel;
  }
}

function optionsOf({ timestamp, headers, ...texts }: Properties): object {
  const seconds = timestamp === undefined ? undefined : Math.floor(timestamp / 1000);
  const given = Object.entries({ ...texts, timestamp: seconds }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...Object.fromEntries(given), headers };
}
