// What an app may register while it runs, and how it is answered.

/** How a request of the app went. */
export type Reply =
  | { readonly kind: 'done'; readonly body: object }
  | {
      readonly kind: 'refused';
      readonly why: 'unknown' | 'taken' | 'malformed' | 'off';
      /** One sentence: what is wrong, and what to do. */
      readonly error: string;
    };

/** Things with an id: metrics, types of webhooks. Bodies are JSON, or undefined when there was none. */
export interface Registrar {
  show(id: string): Reply;
  register(id: string, definition: unknown): Reply;
  /** Of what is unknown there is nothing to do. */
  unregister(id: string): Reply;
  update(id: string, change: unknown): Reply;
}

export function done(body: object): Reply {
  return { kind: 'done', body };
}

export function refused(
  why: Extract<Reply, { kind: 'refused' }>['why'],
  error: string,
): Extract<Reply, { kind: 'refused' }> {
  return { kind: 'refused', why, error };
}

/** Answers everything with the same sentence. */
export function switchedOff(error: string): Registrar {
  const reply = (): Reply => refused('off', error);
  return { show: reply, register: reply, unregister: reply, update: reply };
}

/** The fields of a JSON object; of no body, none. Undefined for anything else. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (body === undefined) return {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  return body as Readonly<Record<string, unknown>>;
}
