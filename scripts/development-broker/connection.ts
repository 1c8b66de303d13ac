// One client: its login, its heartbeat, its channels, and what it is told when it does what it may not.

import type { Socket } from 'node:net';

import { Channel, type Content } from './channel.ts';
import {
  FRAME_MAX,
  FrameReader,
  inParts,
  writeFrame,
  type Frame,
  type FrameType,
} from './frames.ts';
import {
  BASIC,
  readMethod,
  Refusal,
  writeMethod,
  type Arguments,
  type Method,
  type MethodName,
} from './methods.ts';
import type { VirtualHost } from './virtual-host.ts';

const PROTOCOL = Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1]);
const LOGIN = '\0guest\0guest';
const HEARTBEAT_S = 60;
const CHANNEL_MAX = 2047;

const product = {
  product: 'hurricane development broker',
  version: '(in memory, not for production)',
  capabilities: {
    publisher_confirms: true,
    consumer_cancel_notify: true,
    'basic.nack': true,
    authentication_failure_close: true,
  },
};

type State = 'greeting' | 'logging-in' | 'tuning' | 'opening' | 'open' | 'closing';

export class Connection {
  readonly #socket: Socket;
  readonly #vhost: VirtualHost;
  readonly #frames = new FrameReader();
  /** Of those that were refused something, nothing is heard until they are known to be closed. */
  readonly #channels = new Map<number, Channel | 'closing'>();
  #state: State = 'greeting';
  #greeting: Buffer = Buffer.alloc(0);
  #frameMax = FRAME_MAX;
  #heartbeat: NodeJS.Timeout | undefined;
  #heardAt = performance.now();

  constructor(socket: Socket, vhost: VirtualHost) {
    this.#socket = socket;
    this.#vhost = vhost;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', () => undefined); // it closes next
    socket.on('close', () => this.#end());
  }

  /** Tells the client that it is to go; it goes when it has understood. */
  close(): void {
    if (this.#state === 'open') this.#refuse(new Refusal(320, 'the development broker ends'));
    else this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#heardAt = performance.now();
    this.#socket.cork();
    try {
      const rest = this.#state === 'greeting' ? this.#greet(bytes) : bytes;
      for (const frame of this.#frames.read(rest)) this.#take(frame);
    } catch (error) {
      const refusal = refusalOf(error);
      // It was told already, and makes no sense still.
      if (this.#state === 'closing') this.#socket.destroy();
      else this.#refuse(refusal);
    } finally {
      this.#socket.uncork();
    }
  }

  /** What came after the greeting. */
  #greet(bytes: Buffer): Buffer {
    this.#greeting = Buffer.concat([this.#greeting, bytes]);
    if (this.#greeting.length < PROTOCOL.length) return Buffer.alloc(0);
    if (!this.#greeting.subarray(0, PROTOCOL.length).equals(PROTOCOL)) {
      this.#state = 'closing';
      this.#socket.end(PROTOCOL);
      return Buffer.alloc(0);
    }
    this.#state = 'logging-in';
    this.#send(0, 'connection.start', {
      ...{ major: 0, minor: 9, properties: product, mechanisms: 'PLAIN', locales: 'en_US' },
    });
    return this.#greeting.subarray(PROTOCOL.length);
  }

  #take({ type, channel, payload }: Frame): void {
    if (type === 'heartbeat') return;
    if (channel === 0) {
      if (type !== 'method') throw new Refusal(505, 'a message on channel 0');
      this.#perform(readMethod(payload));
    } else if (this.#state === 'open') {
      this.#takeOn(channel, type, payload);
    }
  }

  #perform({ name, args }: Method): void {
    if (name === 'connection.close') {
      this.#send(0, 'connection.close-ok', {});
      this.#state = 'closing';
      this.#socket.end();
    } else if (name === 'connection.close-ok') {
      this.#socket.end();
    } else if (this.#state === 'logging-in' && name === 'connection.start-ok') {
      this.#logIn(args);
    } else if (this.#state === 'tuning' && name === 'connection.tune-ok') {
      this.#state = 'opening';
      this.#frameMax = Math.min(FRAME_MAX, args.frameMax === 0 ? FRAME_MAX : args.frameMax);
      this.#keepBeating(args.heartbeat);
    } else if (this.#state === 'opening' && name === 'connection.open') {
      if (args.vhost !== '/') throw new Refusal(530, `vhost ${args.vhost} not found`);
      this.#state = 'open';
      this.#send(0, 'connection.open-ok', { reserved: '' });
    } else if (this.#state !== 'closing') {
      throw new Refusal(503, `${name} has no place while ${this.#state}`);
    }
  }

  #logIn({ mechanism, response }: Arguments<'connection.start-ok'>): void {
    if (mechanism !== 'PLAIN' || response !== LOGIN) {
      throw new Refusal(403, 'the development broker knows the user guest with the password guest');
    }
    this.#state = 'tuning';
    this.#send(0, 'connection.tune', {
      ...{ channelMax: CHANNEL_MAX, frameMax: FRAME_MAX, heartbeat: HEARTBEAT_S },
    });
  }

  #takeOn(number: number, type: FrameType, payload: Buffer): void {
    const channel = this.#channels.get(number);
    const method = type === 'method' ? readMethod(payload) : undefined;
    if (channel === 'closing') {
      if (method?.name === 'channel.close-ok') this.#channels.delete(number);
      else if (method?.name === 'channel.close') this.#send(number, 'channel.close-ok', {});
    } else if (channel === undefined) {
      if (method?.name !== 'channel.open') throw new Refusal(504, `channel ${number} is not open`);
      this.#openChannel(number);
    } else if (method?.name === 'channel.close') {
      this.#channels.delete(number);
      channel.close();
      this.#send(number, 'channel.close-ok', {});
    } else {
      this.#performOn(number, channel, { type, payload, method });
    }
  }

  #performOn(
    number: number,
    channel: Channel,
    { type, payload, method }: { type: FrameType; payload: Buffer; method: Method | undefined },
  ): void {
    try {
      if (method !== undefined) channel.perform(method);
      else if (type === 'header') channel.header(payload);
      else channel.body(payload);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.endsConnection) throw refusal;
      this.#channels.set(number, 'closing');
      this.#send(number, 'channel.close', closing(refusal));
      channel.close();
    }
  }

  #openChannel(number: number): void {
    const channel = new Channel({
      vhost: this.#vhost,
      send: (name, args, content) => this.#send(number, name, args, content),
    });
    this.#channels.set(number, channel);
    this.#send(number, 'channel.open-ok', { reserved: '' });
  }

  #send<Name extends MethodName>(
    channel: number,
    name: Name,
    args: Arguments<Name>,
    content?: Content,
  ): void {
    this.#write({ type: 'method', channel, payload: writeMethod(name, args) });
    if (content === undefined) return;
    const head = Buffer.alloc(12);
    head.writeUInt16BE(BASIC);
    head.writeBigUInt64BE(BigInt(content.body.length), 4);
    const payload = Buffer.concat([head, content.properties]);
    this.#write({ type: 'header', channel, payload });
    for (const part of inParts(content.body, this.#frameMax)) {
      this.#write({ type: 'body', channel, payload: part });
    }
  }

  #write(frame: Frame): void {
    if (this.#socket.writable) this.#socket.write(writeFrame(frame));
  }

  #refuse(refusal: Refusal): void {
    this.#send(0, 'connection.close', closing(refusal));
    this.#state = 'closing';
    this.#giveUpChannels();
  }

  /** A client that is silent for two of them is gone. */
  #keepBeating(seconds: number): void {
    if (seconds === 0) return;
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#heardAt > seconds * 2000) this.#socket.destroy();
      else this.#write({ type: 'heartbeat', channel: 0, payload: Buffer.alloc(0) });
    }, seconds * 500);
  }

  #end(): void {
    this.#state = 'closing';
    clearInterval(this.#heartbeat);
    this.#giveUpChannels();
  }

  #giveUpChannels(): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) if (channel !== 'closing') channel.close();
  }
}

function closing({ code, message: text }: Refusal): Arguments<'connection.close'> {
  return { code, text: text.slice(0, 255), classId: 0, methodId: 0 };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // Values that end too early, or are none.
  if (error instanceof RangeError) return new Refusal(502, error.message);
  throw error;
}
