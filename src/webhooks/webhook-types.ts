// Which types of webhooks there are: those of hurricane, which may be switched off, and the user's own.

import type { WebhookType, WebhookTypeSpec } from '../config/slices/observation.ts';
import { done, fieldsOf, refused, type Registrar, type Reply } from '../core/registrar.ts';
import type { Edge, WebhookStatus } from './payload.ts';

const builtIn: Readonly<Record<WebhookType, true>> = {
  ...{ startup: true, liveness: true, readiness: true },
  ...{ app: true, restart: true, replacement: true, drain: true },
};

const statuses: readonly WebhookStatus[] = ['succeeded', 'failed', 'warning'];
const MAX_TYPES = 100;
const MAX_CHARACTERS = 16 * 1024;

export interface WebhookTypesOptions {
  readonly specs: readonly WebhookTypeSpec[];
  /** Returns the id of what is sent; undefined where there is no receiver. */
  readonly send: (edge: Omit<Edge, 'previous'>) => string | undefined;
}

export class WebhookTypes implements Registrar {
  readonly #options: WebhookTypesOptions;
  readonly #types: Set<string>;

  constructor(options: WebhookTypesOptions) {
    this.#options = options;
    this.#types = new Set(Object.keys(builtIn));
    for (const { kind, type } of options.specs) {
      if (kind === 'off') this.#types.delete(type);
      else this.#types.add(type);
    }
  }

  has(type: string): boolean {
    return this.#types.has(type);
  }

  show(type: string): Reply {
    return this.#types.has(type) ? done({ type, built_in: isBuiltIn(type) }) : unknown(type);
  }

  register(type: string): Reply {
    if (this.#types.has(type)) {
      return refused('taken', `Webhook Code (${type}) is already registered.`);
    }
    if (!/^[a-z][a-z\d-]{0,62}$/.test(type)) {
      return refused('malformed', `${type} is not a type: use small letters, digits and -`);
    }
    if (this.#types.size >= MAX_TYPES) {
      return refused('taken', `${MAX_TYPES} types are registered already`);
    }
    this.#types.add(type);
    return done({ type, registered: true });
  }

  unregister(type: string): Reply {
    this.#types.delete(type);
    return done({ type, registered: false });
  }

  update(type: string, body: unknown): Reply {
    if (!this.#types.has(type)) return unknown(type);
    if (isBuiltIn(type)) {
      return refused('taken', `${type} is hurricane's own: only hurricane sends it`);
    }
    const told = readNotice(body);
    if ('problem' in told)
      return refused('malformed', `${told.problem}: send {"status": "failed"}`);
    const id = this.#options.send({ ...told, type });
    if (id === undefined) {
      return refused('off', 'no webhook can be sent, as there is no receiver: give --webhook-url');
    }
    return done({ type, id });
  }
}

export type Notice = Pick<Edge, 'status' | 'reason' | 'traceback'>;

/** `{status, reason, traceback}`, of which only the status must be given. */
export function readNotice(body: unknown): Notice | { readonly problem: string } {
  const { status: wanted, reason = '', traceback = null, ...others } = fieldsOf(body) ?? {};
  const status = statuses.find((name) => name === wanted);
  if (status === undefined) return { problem: `status must be one of ${statuses.join(', ')}` };
  const [unknownField] = Object.keys(others);
  if (unknownField !== undefined) return { problem: `there is no field ${unknownField}` };
  if (!isText(reason)) return { problem: 'reason must be a text' };
  if (traceback !== null && !isText(traceback)) return { problem: 'traceback must be a text' };
  return { status, reason, traceback };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARACTERS;
}

function isBuiltIn(type: string): boolean {
  return Object.hasOwn(builtIn, type);
}

function unknown(type: string): Reply {
  return refused(
    'unknown',
    `Webhook Code (${type}) is not registered: PUT /webhooks/${type} registers it`,
  );
}
