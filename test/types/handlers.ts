// Compiled and never run: what authors of handlers may write, and what they may not. The names come from the
// package, as they do for its users.

import type { Context, Handler, HandlerModule, Message, Outcome } from 'hurricane';

type Equal<A, B> = [A, B] extends [B, A] ? true : false;
type Expect<T extends true> = T;

export type BodyIsUnknown = Expect<Equal<Message['body'], unknown>>;
export type KindsOfOutcome = Expect<
  Equal<Outcome['kind'], 'ack' | 'retry' | 'dead' | 'requeue' | 'drop'>
>;

export const asynchronous = (async (message: Message, context: Context) => {
  await context.publish({ routingKey: 'next', body: { of: message.id }, headers: { n: 1 } });
}) satisfies Handler;

export const synchronous = ((message, context) => {
  if (message.redelivered) return context.drop('seen before');
  return message.attempt > 3 ? context.dead() : context.retry({ afterMs: 1000, reason: 'busy' });
}) satisfies Handler;

export const whole = {
  default: () => undefined,
  setup: async () => Promise.resolve(),
  check: () => 'the model is not there',
  routingKeys: (queue) => [`${queue}.created`],
} satisfies HandlerModule;

export const readsWhatIsUnknown = ((message) => {
  // @ts-expect-error what a body holds must be found out first
  return message.body.length as number;
}) satisfies Handler;

export const changesAMessage = ((message) => {
  // @ts-expect-error a message is read only
  message.attempt = 1;
}) satisfies Handler;

export const asksForTooMuch = ((_message, context) =>
  // @ts-expect-error there is no such field
  context.retry({ afterSeconds: 1 })) satisfies Handler;

// @ts-expect-error routing keys are strings
export const numbers = { default: () => undefined, routingKeys: () => [1] } satisfies HandlerModule;
