// From "the app was started" to "the app answers": where it listens, and what to say while it does not.

import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { displayAddress, reachHttp, reachTcp, type Address, type Reached } from '../http/reach.ts';
import { backoffMs } from '../lib/backoff.ts';
import { monotonicMs } from '../lib/clock.ts';
import { abortError, pause } from '../lib/waiting.ts';

export interface AppUpOptions {
  /** Where the app was told to listen; the first that accepts is taken. */
  readonly addresses: readonly Address[];
  /** A path that must answer 2xx or 3xx besides. */
  readonly readyPath: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The ports on which the app is seen listening; asked only while it accepts nowhere. */
  readonly otherPorts: () => readonly number[];
  readonly log: Log;
  readonly reach?: Reach;
}

export interface Reach {
  readonly tcp: typeof reachTcp;
  readonly http: typeof reachHttp;
}

const RETRY = { firstMs: 10, maxMs: 100, jitter: 0 };
const CONNECT_MS = 1000;
const ANSWER_MS = 10_000;
const SLOW_MS = 5000;
const LOOK_AGAIN_MS = 1000;

/** Resolves with the address that accepts. Throws `app-not-up` at the timeout, or an AbortError. */
export async function waitUntilUp(options: AppUpOptions): Promise<Address> {
  const { signal, timeoutMs } = options;
  const deadline = Deadline.after(timeoutMs);
  const until = AbortSignal.any([signal, deadline.signal]);
  const slow = new SlowStart(options);
  for (let attempt = 1; ; attempt += 1) {
    const seen = await tryAll(options, until);
    if ('address' in seen) {
      deadline.expire();
      return seen.address;
    }
    slow.tell(seen);
    if (await pause(backoffMs(RETRY, attempt), until)) continue;
    if (signal.aborted) throw abortError(signal, 'waiting for the app');
    throw notUp(options, seen);
  }
}

type Seen = { readonly address: Address } | NotUp;

interface NotUp {
  readonly reason: string;
  /** It accepts, but does not answer as it must. */
  readonly accepts: boolean;
}

async function tryAll(options: AppUpOptions, signal: AbortSignal): Promise<Seen> {
  const { addresses, readyPath, reach = { tcp: reachTcp, http: reachHttp } } = options;
  const connects = await Promise.all(
    addresses.map((address) => reach.tcp(address, { timeoutMs: CONNECT_MS, signal })),
  );
  const address = addresses[connects.findIndex(({ ok }) => ok)];
  if (address === undefined) return { reason: reasonOf(connects[0]), accepts: false };
  if (readyPath === undefined) return { address };
  const answer = await reach.http({ address, path: readyPath }, { timeoutMs: ANSWER_MS, signal });
  if (answer.ok) return { address };
  return { reason: `${readyPath}: ${answer.reason}`, accepts: true };
}

function reasonOf(reached: Reached | undefined): string {
  return reached?.ok === false ? reached.reason : 'no address';
}

/** Says once that it takes long, and once where the app listens instead. */
class SlowStart {
  readonly #options: AppUpOptions;
  readonly #startedAt = monotonicMs();
  #told = false;
  #looksAt = SLOW_MS;

  constructor(options: AppUpOptions) {
    this.#options = options;
  }

  tell({ reason, accepts }: NotUp): void {
    const waitedMs = monotonicMs() - this.#startedAt;
    if (waitedMs < this.#looksAt) return;
    this.#looksAt = waitedMs + LOOK_AGAIN_MS;
    const { log, addresses } = this.#options;
    if (!this.#told) {
      this.#told = true;
      log.warn({ address: displayAll(addresses), reason }, 'the app is not up yet');
    }
    const hint = accepts ? undefined : portHint(addresses, this.#options.otherPorts());
    if (hint === undefined) return;
    this.#looksAt = Infinity;
    log.warn({}, hint);
  }
}

/** What to change when the app listens, but not where it was told to. */
export function portHint(
  addresses: readonly Address[],
  ports: readonly number[],
): string | undefined {
  const expected = addresses.flatMap((address) => ('port' in address ? [address.port] : []));
  const [first] = ports;
  if (first === undefined) return undefined;
  const right = ports.find((port) => expected.includes(port));
  if (right !== undefined) {
    return `the app listens on ${right}, but not on loopback: let it bind 127.0.0.1 or 0.0.0.0`;
  }
  if (ports.length === 1) return `the app listens on ${first}: use --app-port ${first}`;
  return `the app listens on ${ports.join(', ')}: name the right one with --app-port`;
}

function notUp(options: AppUpOptions, { reason, accepts }: NotUp): HurricaneError {
  const { addresses, timeoutMs } = options;
  const where = displayAll(addresses);
  const message = `the app did not come up on ${where} within ${timeoutMs / 1000}s (--app-start-timeout): ${reason}`;
  const hint = accepts ? READY_PATH_HINT : portHint(addresses, options.otherPorts());
  return new HurricaneError('app-not-up', message, { hint: hint ?? PORT_HINT });
}

const READY_PATH_HINT = 'the path of --app-ready-path must answer 2xx or 3xx when the app is up';
const PORT_HINT =
  'let the app listen on $PORT (or {port} in its arguments), or name its own with --app-port';

function displayAll(addresses: readonly Address[]): string {
  return addresses.map(displayAddress).join(' or ');
}
