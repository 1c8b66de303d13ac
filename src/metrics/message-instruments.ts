// What is counted of messages: each once when it is settled, and what the broker did to the consumer.

import type { HurricaneEvent } from '../core/events.ts';
import type { MessageOutcome, MessageRecord } from '../core/message-record.ts';
import { counter, forScaling, gauge, histogram, single, type Family } from './family.ts';
import { Counter, Histogram } from './instruments.ts';

/** The consumer's own accounting; read at each scrape. */
export interface MessageSources {
  readonly queue: string;
  readonly prefetch: number;
  /** Begun and not settled. */
  inFlight(): number;
  /** Handed out by the broker and not begun. */
  buffered(): number;
  connected(): boolean;
  consuming(): boolean;
  blocked(): boolean;
}

const outcomes: Readonly<Record<MessageOutcome, true>> = {
  ...{ ack: true, retry: true, dead: true, requeue: true, drop: true, release: true, lost: true },
};

const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];
const AGES = [0.01, 0.1, 1, 10, 60, 300, 1800, 3600, 21_600, 86_400];

export class MessageInstruments {
  readonly #outcomes = new Counter('outcome', Object.keys(outcomes));
  readonly #handling = new Histogram(SECONDS);
  readonly #age = new Histogram(AGES);
  readonly #retries = new Counter('level');
  readonly #dead = new Counter('reason');
  readonly #reconnects = new Counter('cause');
  readonly #cancels = new Counter('cause');
  readonly #restarts = new Counter('cause');
  #redelivered = 0;
  #attempts = 0;
  #returned = 0;
  #late = 0;

  record({ outcome, redelivered, handledMs, ageMs }: MessageRecord): void {
    this.#outcomes.increment(outcome);
    if (redelivered) this.#redelivered += 1;
    if (handledMs === undefined) return;
    this.#attempts += 1;
    this.#handling.observe(handledMs / 1000);
    if (ageMs !== undefined) this.#age.observe(ageMs / 1000);
  }

  observe(event: HurricaneEvent): void {
    switch (event.name) {
      case 'message.retried':
        this.#retries.increment(`${event.data.delay_ms / 1000}s`);
        break;
      case 'message.dead':
        this.#dead.increment(event.data.class);
        break;
      case 'message.publish-failed':
        this.#returned += 1;
        break;
      case 'message.settled-late':
        this.#late += 1;
        break;
      case 'consumer.reconnecting':
        this.#reconnects.increment(event.data.cause);
        break;
      case 'consumer.lost':
        if (event.data.cause === 'cancelled') this.#cancels.increment('broker');
        break;
      case 'handler.restarted':
        this.#restarts.increment(event.data.cause);
        break;
      default:
    }
  }

  families(sources: MessageSources): readonly Family[] {
    const name = (end: string): string => `hurricane_consumer_${end}`;
    const own = [
      counter(
        name('messages_total'),
        'Messages by what became of them; lost: handed out again by the broker, since their connection went.',
        this.#outcomes.read,
      ),
      counter(
        name('attempts_total'),
        'Attempts of the handler.',
        single(() => this.#attempts),
      ),
      counter(
        name('retries_total'),
        'Failed attempts that will be made again, by their delay.',
        this.#retries.read,
      ),
      counter(name('dead_total'), 'Dead letters, by why the attempt failed.', this.#dead.read),
      counter(
        name('redelivered_total'),
        'Messages that the broker had handed out before.',
        single(() => this.#redelivered),
      ),
      histogram(
        name('handler_duration_seconds'),
        'Duration of attempts, until the message is settled.',
        this.#handling.read,
      ),
      histogram(
        name('message_age_seconds'),
        'From the time that the publisher put on a message until it is settled; without one it is not counted.',
        this.#age.read,
      ),
      forScaling(
        gauge(
          name('in_flight'),
          'Messages that are being handled.',
          single(() => sources.inFlight()),
        ),
      ),
      forScaling(
        gauge(
          name('buffered'),
          'Messages that the broker has handed out and that have not begun.',
          single(() => sources.buffered()),
        ),
      ),
      gauge(
        name('prefetch'),
        'Messages that the broker hands out before they are settled.',
        single(() => sources.prefetch),
      ),
      gauge(
        name('connected'),
        '1 while there is a connection to the broker.',
        single(() => Number(sources.connected())),
      ),
      gauge(
        name('consuming'),
        '1 while the broker hands out messages of the queue.',
        single(() => Number(sources.consuming())),
      ),
      gauge(
        name('blocked'),
        '1 while the broker does not want us to publish.',
        single(() => Number(sources.blocked())),
      ),
      counter(
        name('reconnects_total'),
        'Attempts to get a connection back, by why there was none.',
        this.#reconnects.read,
      ),
      counter(name('cancels_total'), 'Consumers that the broker cancelled.', this.#cancels.read),
      counter(
        name('returned_total'),
        'Failed messages that no queue took; each is kept until one does.',
        single(() => this.#returned),
      ),
      counter(
        name('late_settles_total'),
        'Attempts that ended after they had been given up.',
        single(() => this.#late),
      ),
      counter(
        name('handler_restarts_total'),
        'How often what runs the handler was started again.',
        this.#restarts.read,
      ),
    ];
    return own.map((family) => withLabels(family, { queue: sources.queue }));
  }
}

function withLabels(family: Family, extra: Readonly<Record<string, string>>): Family {
  return {
    ...family,
    read: () =>
      family.read().map((sample) => ({ ...sample, labels: { ...extra, ...sample.labels } })),
  };
}
