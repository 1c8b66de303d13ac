// A Service in front of pods: connections go in turn to those that are endpoints, and endpoints follow readiness
// some time later, as in a cluster, where every node hears of it in its own time.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import type { Pod } from './kubelet.ts';

/** Gone after the test. */
export async function useBalancer(t: TestContext, delayMs: number): Promise<Balancer> {
  const balancer = new Balancer(delayMs);
  t.after(() => balancer.close());
  await balancer.listen();
  return balancer;
}

export class Balancer {
  readonly #delayMs: number;
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  readonly #endpoints = new Set<Pod>();
  readonly #sockets = new Set<Socket>();
  readonly #news = new Set<NodeJS.Timeout>();
  #turn = 0;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoints(): readonly Pod[] {
    return [...this.#endpoints];
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  follow(pod: Pod): void {
    pod.onReadiness(() => {
      const { ready } = pod;
      const news = setTimeout(() => {
        this.#news.delete(news);
        if (ready) this.#endpoints.add(pod);
        else this.#endpoints.delete(pod);
      }, this.#delayMs);
      this.#news.add(news);
    });
  }

  close(): void {
    for (const news of this.#news) clearTimeout(news);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(client: Socket): void {
    const pods = this.endpoints;
    const pod = pods[this.#turn++ % pods.length];
    if (pod === undefined) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({
      port: pod.hurricane.port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay().pipe(other);
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}
