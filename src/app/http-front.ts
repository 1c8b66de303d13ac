// The front of `hurricane serve`: the port that requests come in on, and the proxy that hands them on.

import type { ServeConfig } from '../config/config.ts';
import type { Deadline } from '../core/deadline.ts';
import type { RequestRecord } from '../core/request-record.ts';
import { StaticFiles } from '../files/static-files.ts';
import { Listener, type Handler } from '../http/listener.ts';
import { dropNewConnections } from '../process/libc.ts';
import { AccessLog } from '../proxy/access-log.ts';
import { Proxy } from '../proxy/proxy.ts';
import { Collector } from '../reload/collector.ts';
import type { Behind, Front, RequestBooks } from './front.ts';

/** Built without effect; integrated probes are answered on its port. */
export class HttpFront implements Front {
  readonly intake: Proxy;
  readonly listener: Listener;
  readonly books: RequestBooks;
  readonly #behind: Behind;
  readonly #accessLog: AccessLog;
  readonly #files: StaticFiles | undefined;
  readonly #collector: Collector | undefined;

  constructor(config: ServeConfig, behind: Behind, cwd: string) {
    this.#behind = behind;
    const { mounts, collect } = config.files;
    const log = behind.log.component('files');
    this.#files = mounts.length === 0 ? undefined : new StaticFiles({ mounts, cwd, log });
    this.#collector =
      collect &&
      new Collector({
        config: collect,
        results: mounts.map(({ folder }) => folder),
        env: behind.env,
        ...{ cwd, log },
      });
    this.intake = new Proxy({
      config: config.proxy,
      stop: config.stop,
      queueLimit: config.health.queueLimit,
      onQueueChange: () => behind.onLoadChange(),
      onFinished: (record) => this.#onFinished(record),
      emit: behind.emit,
      awaitsRestart: () => config.supervision.restart !== 'never',
      site: this.#files,
      door: () => this.listener,
    });
    this.books = {
      load: () => this.intake.load,
      report: () => this.intake.report(),
      serves: (kind) => mounts.some((mount) => mount.kind === kind),
      routes: config.routes,
      now: () => this.intake.inHand(),
    };
    this.#accessLog = new AccessLog(behind.log.component('access'), config.proxy.accessLog);
    this.listener = new Listener({
      ...config.listen,
      ...config.connections,
      hints: {
        port: 'choose another with --port',
        host: 'name an address of this machine with --host',
      },
      handler: config.probes.integrated ? this.#withProbes() : this.intake,
      dropNewConnections,
    });
  }

  get failed(): Promise<Error> {
    return this.#collector?.failed ?? never;
  }

  async start(): Promise<void> {
    await this.#files?.announce();
    await this.#collector?.start();
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#collector?.stop(deadline);
  }

  #withProbes(): Handler {
    const { intake } = this;
    return {
      handleRequest: (request, response) => {
        if (!this.#behind.handleProbe(request, response)) intake.handleRequest(request, response);
      },
      wantsUpgrade: (request) => intake.wantsUpgrade(request),
      handleUpgrade: (request, socket, head) => intake.handleUpgrade(request, socket, head),
      noteMalformed: (fault, socket) => intake.noteMalformed(fault, socket),
    };
  }

  #onFinished(record: RequestRecord): void {
    this.#behind.onFinished(record);
    this.#accessLog.write(record);
    this.#behind.onLoadChange();
  }
}

const never = new Promise<never>(() => undefined);
