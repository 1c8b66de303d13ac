// One request from its head to its end: the record that observers get, and its entries in the ledger.

import type { RequestFault, RequestOutcome, RequestRecord } from '../core/request-record.ts';
import { monotonicMs } from '../lib/clock.ts';
import type { Slotted } from '../lib/slots.ts';
import type { Ledger } from './ledger.ts';

const shedFaults: ReadonlySet<RequestFault> = new Set<RequestFault>([
  'starting',
  'restarting',
  'draining',
  'bad-request',
  'connect-refused',
  'request-timeout',
  'body-too-large',
  'target-too-long',
  'header-too-large',
  'expectation-failed',
  'method-not-allowed',
]);

/** Accepted when made. The first fault stays; the first end stays. */
export class Exchange implements RequestRecord, Slotted {
  readonly #ledger: Ledger;
  readonly #onFinished: (exchange: Exchange) => void;
  readonly #acceptedAt = monotonicMs();
  #handedOverAt = 0;
  #answeredAt = 0;
  #endedAt = 0;

  readonly method: string;
  readonly target: string;
  readonly fromFiles: boolean;
  status = 0;
  outcome: RequestOutcome = 'completed';
  fault: RequestFault | undefined;
  requestBytes = 0;
  responseBytes = 0;
  requestId = '';
  traceparent = '';
  clientAddress = '';
  upgraded = false;
  /** Its place among those in hand. */
  slot = 0;

  constructor(
    method: string,
    target: string,
    fromFiles: boolean,
    ledger: Ledger,
    onFinished: (exchange: Exchange) => void,
  ) {
    this.method = method;
    this.target = target;
    this.fromFiles = fromFiles;
    this.#ledger = ledger;
    this.#onFinished = onFinished;
    if (fromFiles) ledger.acceptForFiles();
    else ledger.accept();
  }

  /** The request goes to the app; a second try counts from the first. */
  handOver(): void {
    if (this.#handedOverAt === 0) this.#handedOverAt = monotonicMs();
  }

  /** The app has not seen it after all: until it is handed over again it counts as waiting. */
  takeBack(): void {
    this.#handedOverAt = 0;
  }

  /** The head of the final answer goes to the client. */
  answer(status: number): void {
    this.status = status;
    this.#answeredAt = monotonicMs();
    if (!this.fromFiles) this.#ledger.answer();
  }

  /** `whole`: everything that was to be sent has been sent. */
  end(whole: boolean): void {
    if (this.ended) return;
    this.#endedAt = monotonicMs();
    this.outcome = this.#judge(whole);
    const measured = this.#handedOverAt > 0 && !this.upgraded;
    if (this.fromFiles) this.#ledger.endForFiles(this.outcome);
    else
      this.#ledger.end(this.outcome, this.#answeredAt > 0, measured ? this.durationMs : undefined);
    this.#onFinished(this);
  }

  /** The deadline has passed with this one in hand. */
  force(): void {
    this.fault ??= 'stopped';
    this.#ledger.force();
  }

  /** Since when it waits for the head of the app's answer; undefined when it does not. */
  get waitsSince(): number | undefined {
    return this.#answeredAt > 0 || this.#handedOverAt === 0 ? undefined : this.#handedOverAt;
  }

  get ended(): boolean {
    return this.#endedAt > 0;
  }

  get acceptedAt(): number {
    return this.#acceptedAt;
  }

  get queueMs(): number {
    return this.fromFiles ? 0 : (this.#handedOverAt || this.#endedAt) - this.#acceptedAt;
  }

  get appMs(): number {
    return this.#handedOverAt === 0 ? 0 : this.#endedAt - this.#handedOverAt;
  }

  get ttfbMs(): number | undefined {
    return this.#answeredAt === 0 ? undefined : this.#answeredAt - this.#acceptedAt;
  }

  get durationMs(): number {
    return this.#endedAt - this.#acceptedAt;
  }

  #judge(whole: boolean): RequestOutcome {
    if (this.fault !== undefined) return shedFaults.has(this.fault) ? 'shed' : 'failed';
    return whole ? 'completed' : 'aborted';
  }
}
