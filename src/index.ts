// The public types for authors of handler modules; nothing at run time.

export type {
  Context,
  Handler,
  HandlerModule,
  Message,
  Outcome,
  Publication,
} from './amqp/message.ts';
