// Which handler a configuration asks for.

import { resolve } from 'node:path';

import type { MessageHandler, ProgramSurroundings } from '../amqp/handler.ts';
import type { EncodedPublication } from '../amqp/publication.ts';
import { ModuleHandler } from '../amqp/module-handler.ts';
import { OnceHandler } from '../amqp/once-handler.ts';
import { ProgramHandler } from '../amqp/program-handler.ts';
import { UrlHandler } from '../amqp/url-handler.ts';
import type { ConsumeConfig } from '../config/config.ts';
import type { HandlerConfig } from '../config/slices/handler.ts';
import { maskCredentials } from '../core/mask-credentials.ts';
import type { Debugger } from '../debug/debugger.ts';
import { assertNever } from '../lib/assert-never.ts';

export interface HandlerParts extends ProgramSurroundings {
  readonly publish: (publication: EncodedPublication) => Promise<void>;
  readonly debug: Debugger;
}

/** Of its heap; what is left of a container is for Buffers, for us, and for what the kernel needs. */
const HANDLER_MEMORY_MIB = 512;

export function handlerOf(
  { handler, flow }: Pick<ConsumeConfig, 'handler' | 'flow'>,
  { debug, ...parts }: HandlerParts,
): MessageHandler {
  switch (handler.kind) {
    case 'module':
      return new ModuleHandler({
        ...parts,
        path: resolve(parts.cwd, handler.path),
        memoryMib: HANDLER_MEMORY_MIB,
        prepareInspector: (life) => debug.prepareModule(life),
      });
    case 'program':
      return new ProgramHandler({
        ...parts,
        words: handler.command.words,
        processes: handler.processes,
        prepare: (spec, life) => debug.prepare(spec, life),
      });
    case 'once':
      return new OnceHandler({ ...parts, words: handler.command.words });
    case 'url':
      return new UrlHandler({ ...parts, target: handler.url, concurrency: flow.concurrency });
    default:
      return assertNever(handler);
  }
}

/** As it may be shown. */
export function displayHandler(handler: HandlerConfig): string {
  switch (handler.kind) {
    case 'module':
      return handler.path;
    case 'program':
    case 'once':
      return handler.command.text;
    case 'url':
      return maskCredentials(handler.url);
    default:
      return assertNever(handler);
  }
}
