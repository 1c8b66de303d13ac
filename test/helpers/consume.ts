// `hurricane consume` on a private broker, a handler written on the spot, and what is in the queues.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import amqp, {
  type ChannelModel,
  type ConfirmChannel,
  type GetMessage,
  type Options,
} from 'amqplib';

import type { Artefact } from './artefacts.ts';
import { startHurricane, type Hurricane } from './hurricane.ts';
import type { Rabbitmq } from './rabbitmq.ts';
import { useTempDir } from './temp-dir.ts';

export interface ConsumeOptions {
  readonly artefact: Artefact;
  /** Undefined: it is named by arguments, files or the environment. */
  readonly broker: Broker | undefined;
  readonly queue: string;
  /** The text of the module; its folder is the working directory. */
  readonly handler: string;
  /** Its name, `handler.mjs` when not said. */
  readonly file?: string;
  readonly args?: readonly string[];
  /** Words in front of those of the artefact: a program that becomes it. */
  readonly launcher?: readonly string[];
  /** Further files in the working directory, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where it listens, and the vhost if it is not the default one. */
export type Broker = Pick<Rabbitmq, 'port'> & Partial<Pick<Rabbitmq, 'vhost'>>;

/** Started; it may not consume yet: await `hurricane.sees('consumer.subscribed')`. */
export function startConsumer(t: TestContext, options: ConsumeOptions): Promise<Hurricane> {
  const { artefact, broker, queue, handler, args = [], files = {}, ...others } = options;
  const { file = 'handler.mjs' } = options;
  const cwd = useTempDir(t);
  for (const [name, text] of Object.entries({ [file]: handler, ...files })) {
    writeFileSync(join(cwd, name), text);
  }
  const place = broker === undefined ? [] : placeOf(broker);
  const words = ['--handler', file, '--queue', queue, ...place, ...args];
  return startHurricane(t, words, { ...others, artefact, command: 'consume', cwd });
}

export function placeOf({ port, vhost }: Broker): readonly string[] {
  const place = ['--amqp-host', '127.0.0.1', '--amqp-port', `${port}`];
  return vhost === undefined ? place : [...place, '--amqp-vhost', vhost];
}

export interface Valve {
  /** For the head of a handler module: there `await valve()` waits until the test opens it. */
  readonly source: string;
  open(): void;
}

export function useValve(t: TestContext): Valve {
  const path = join(useTempDir(t), 'open');
  const source = `
import { existsSync } from 'node:fs';
async function valve() {
  while (!existsSync('${path}')) await new Promise((resolve) => setTimeout(resolve, 20));
}
`;
  return { source, open: () => writeFileSync(path, '') };
}

/** Every number from 0 on, below `count`. */
export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** A client that is not ours, closed after the test. */
export async function useClient(
  t: TestContext,
  broker: Broker,
  { vhost = broker.vhost ?? '/' }: { vhost?: string } = {},
): Promise<Client> {
  const model = await amqp.connect({ hostname: '127.0.0.1', port: broker.port, vhost });
  const channel = await model.createConfirmChannel();
  const client = new Client(model, channel);
  t.after(() => client.close());
  return client;
}

export class Client {
  readonly channel: ConfirmChannel;
  readonly #model: ChannelModel;

  constructor(model: ChannelModel, channel: ConfirmChannel) {
    this.#model = model;
    this.channel = channel;
    // What a test does to the broker ends this client too.
    model.on('error', () => undefined);
    channel.on('error', () => undefined);
  }

  /** Resolves when the broker has all of them for sure. Each is JSON and has its index as id. */
  async send(
    queue: string,
    bodies: readonly unknown[],
    options: Options.Publish = {},
  ): Promise<void> {
    for (const [index, body] of bodies.entries()) {
      this.channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), {
        contentType: 'application/json',
        persistent: true,
        messageId: `${index}`,
        ...options,
      });
    }
    await this.channel.waitForConfirms();
  }

  /** How many are ready to be handed out. */
  async count(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** Takes one for good. */
  async take(queue: string): Promise<GetMessage | undefined> {
    const message = await this.channel.get(queue, { noAck: true });
    return message === false ? undefined : message;
  }

  async close(): Promise<void> {
    await this.#model.close().catch(() => undefined); // it may have gone with the broker
  }
}
