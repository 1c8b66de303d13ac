// Which requests are answered without the app, and those that are being answered so.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Exchange } from './exchange.ts';
import { LocalAnswer, type LocalContext, type Site } from './local-answer.ts';
import { pathOf } from './request-target.ts';

export class LocalAnswers {
  readonly #site: Site | undefined;
  readonly #context: LocalContext;
  readonly #begun = new Set<LocalAnswer>();

  /** Without a site everything is the app's. */
  constructor(site: Site | undefined, context: LocalContext) {
    this.#site = site;
    this.#context = context;
  }

  /** Undefined for what is the app's. */
  pathOf(url = ''): string | undefined {
    const path = this.#site === undefined ? undefined : pathOf(url);
    return path !== undefined && this.#site?.owns(path) === true ? path : undefined;
  }

  begin(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
    const site = this.#site;
    const path = this.pathOf(request.url);
    if (site === undefined || path === undefined) return;
    const answer = new LocalAnswer(exchange, request, response, this.#context);
    this.#begun.add(answer);
    response.once('close', () => this.#begun.delete(answer));
    answer.start(site, path);
  }

  /** Cuts what is still being answered. */
  force(): void {
    for (const answer of this.#begun) answer.force();
  }
}
