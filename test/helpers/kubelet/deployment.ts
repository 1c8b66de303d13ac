// Pods behind a Service, replaced as a Deployment does with maxSurge 1 and maxUnavailable 0: one more, ready, before one goes.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import type { Artefact } from '../artefacts.ts';
import { eventually } from '../eventually.ts';
import type { Balancer } from './balancer.ts';
import { usePod, type Pod, type Termination } from './kubelet.ts';
import type { Manifest } from './pod-spec.ts';

const READY_WITHIN_MS = 20_000;

export interface DeploymentOptions {
  readonly artefact: Artefact;
  readonly replicas: number;
  readonly balancer: Balancer;
}

export class Deployment {
  readonly balancer: Balancer;
  readonly #t: TestContext;
  readonly #artefact: Artefact;
  readonly #replicas: number;
  readonly #ending: Promise<Termination>[] = [];
  #pods: readonly Pod[] = [];

  constructor(t: TestContext, { artefact, replicas, balancer }: DeploymentOptions) {
    this.#t = t;
    this.#artefact = artefact;
    this.#replicas = replicas;
    this.balancer = balancer;
  }

  /** Resolves when only pods of these manifests are left, and all are endpoints; old ones may still be ending. */
  async rollOut(manifests: readonly Manifest[]): Promise<void> {
    for (let n = 0; n < this.#replicas; n += 1) {
      const pod = await usePod(this.#t, { artefact: this.#artefact, manifests });
      this.balancer.follow(pod);
      await eventually(() => assert.ok(pod.ready), { within: READY_WITHIN_MS });
      const all = [...this.#pods, pod];
      this.#deleteAllBut(all, this.#replicas);
    }
    await eventually(() =>
      assert.ok(this.#pods.every((pod) => this.balancer.endpoints.includes(pod))),
    );
  }

  /** Resolves when the pods that are too many have ended. */
  async scaleTo(replicas: number): Promise<void> {
    this.#deleteAllBut(this.#pods, replicas);
    await this.terminations();
  }

  /** Of all pods that were deleted, as soon as they have ended. */
  terminations(): Promise<readonly Termination[]> {
    return Promise.all(this.#ending);
  }

  /** The oldest go first. */
  #deleteAllBut(pods: readonly Pod[], count: number): void {
    const surplus = pods.slice(0, Math.max(0, pods.length - count));
    this.#pods = pods.slice(surplus.length);
    this.#ending.push(...surplus.map((pod) => pod.delete()));
  }
}
