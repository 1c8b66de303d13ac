// Publishes over one connection of AMQP 1.0: to each address by a link of its own, of which only so many stay. What
// a fault means for others is theirs to know.

import { NextRun } from '../lib/next-run.ts';
import { onAbort } from '../lib/waiting.ts';
import type { Dialect, Target } from './dialect-10.ts';
import { publishFault } from './faults-10.ts';
import { attachSender, checkQueue } from './rhea/attach.ts';
import type { BrokerConnection } from './rhea/connection.ts';
import { TargetLink } from './rhea/target-link.ts';
import type { LinkEnd, Publishing } from './transport.ts';

/** Handlers may publish to any number of addresses; a broker allows so many sessions. */
const MOST_TARGETS = 32;

const NOBODY_TELLS =
  'RabbitMQ 3.x does not tell over AMQP 1.0 whether an exchange has given a message to any queue: ' +
  'publish to the queue itself, or use --protocol 0-9-1';

export interface Publisher10Options {
  readonly connection: BrokerConnection;
  readonly dialect: () => Dialect;
  /** Why nothing is published any more. */
  readonly ended: Promise<LinkEnd>;
}

export class Publisher10 {
  readonly #options: Publisher10Options;
  /** The one that was used last is the last. */
  readonly #targets = new Map<string, TargetLink>();

  constructor(options: Publisher10Options) {
    this.#options = options;
  }

  /** Resolves when at least one queue has it for sure. What the broker has against it is told before it rejects. */
  async publish(publishing: Publishing, onFault: (error: unknown) => void): Promise<void> {
    const { connection, dialect, ended } = this.#options;
    const target = dialect().target(publishing.exchange, publishing.routingKey);
    if (target === undefined) throw new Error(NOBODY_TELLS);
    const { address, queue } = target;
    const link = this.#targetLink(target);
    try {
      await link.send(publishing);
      if (queue !== undefined && !dialect().acceptsOnlyRouted) await link.check.request();
    } catch (error) {
      onFault(error);
      if (connection.over.aborted) throw new Error((await ended).reason, { cause: error });
      throw publishFault(error, address);
    }
  }

  #targetLink({ address, queue }: Target): TargetLink {
    const target = this.#targets.get(address) ?? this.#openTarget(address, queue);
    this.#targets.delete(address);
    this.#targets.set(address, target);
    const [oldest] = this.#targets.values();
    if (this.#targets.size > MOST_TARGETS && oldest !== undefined) {
      this.#targets.delete(oldest.address);
      oldest.close();
    }
    return target;
  }

  #openTarget(address: string, queue = ''): TargetLink {
    const { connection, dialect } = this.#options;
    const opening = attachSender(connection, address);
    const forget = (): void => {
      if (this.#targets.get(address) === target) this.#targets.delete(address);
    };
    const check = new NextRun(() => checkQueue(connection, dialect().queue(queue)));
    const target = new TargetLink({ address, opening, check, over: connection.over });
    opening.then(({ gone }) => onAbort(gone, forget), forget);
    return target;
  }
}
