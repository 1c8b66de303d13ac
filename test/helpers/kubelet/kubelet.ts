// A pod of one container, run as a process and treated as the kubelet treats it: probes, restarts, deletion. What
// it concludes is decided in probing.ts. Pods have an address each; here each has ports of its own.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Artefact } from '../artefacts.ts';
import { startHurricane, type Exit, type Hurricane } from '../hurricane.ts';
import { request } from '../request.ts';
import { useTempDir } from '../temp-dir.ts';
import { materialise } from './container.ts';
import {
  mainContainer,
  podOf,
  type Container,
  type Manifest,
  type ProbeKind,
  type Secrets,
} from './pod-spec.ts';
import {
  conclude,
  ended,
  hasStarted,
  isDue,
  isReady,
  restartDelayMs,
  specOf,
  started,
  terminating,
  type ContainerState,
} from './probing.ts';

const MESSAGE_BYTES = 4096;

export interface PodOptions {
  readonly artefact: Artefact;
  readonly manifests: readonly Manifest[];
  readonly secrets?: Secrets;
  /** The working directory that its image has. */
  readonly cwd?: string;
}

/** What has happened, as `kubectl describe pod` and the endpoints tell it. */
export interface PodEvent {
  /** In milliseconds, of one clock for all pods. */
  readonly at: number;
  readonly what: 'Started' | 'Ready' | 'NotReady' | 'Unhealthy' | 'Killing' | 'Killed' | 'Ended';
  readonly detail: string;
}

export interface Termination extends Exit {
  /** What the container has left in its termination log. */
  readonly message: string;
  /** The grace period was over, and it was ended by SIGKILL. */
  readonly killed: boolean;
  /** From the signal to its end. */
  readonly tookMs: number;
}

/** Started, and deleted after the test. */
export async function usePod(t: TestContext, options: PodOptions): Promise<Pod> {
  const pod = new Pod(t, options);
  t.after(() => pod.delete());
  await pod.start();
  return pod;
}

export class Pod {
  readonly events: PodEvent[] = [];
  readonly graceMs: number;
  readonly #t: TestContext;
  readonly #artefact: Artefact;
  readonly #manifests: readonly Manifest[];
  readonly #secrets: Secrets;
  readonly #cwd: string | undefined;
  readonly #container: Container;
  readonly #terminations: Termination[] = [];
  readonly #listeners = new Set<() => void>();
  #hurricane: Hurricane | undefined;
  #terminationLog = '';
  #state: ContainerState = started();
  #deleted = false;
  #running: Promise<void> | undefined;
  #stopping: Promise<Termination> | undefined;

  constructor(t: TestContext, { artefact, manifests, secrets = {}, cwd }: PodOptions) {
    this.#t = t;
    this.#artefact = artefact;
    this.#manifests = manifests;
    this.#secrets = secrets;
    this.#cwd = cwd;
    const pod = podOf(manifests);
    this.#container = mainContainer(pod);
    this.graceMs = pod.terminationGracePeriodSeconds * 1000;
  }

  get hurricane(): Hurricane {
    if (this.#hurricane === undefined) throw new Error('the pod was never started');
    return this.#hurricane;
  }

  get ready(): boolean {
    return !this.#deleted && isReady(this.#state, this.#container);
  }

  /** All but the last one were followed by a restart. */
  get terminations(): readonly Termination[] {
    return this.#terminations;
  }

  get restarts(): number {
    return this.events.filter(({ what }) => what === 'Started').length - 1;
  }

  /** Told whenever `ready` may have changed. */
  onReadiness(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async start(): Promise<void> {
    const folder = useTempDir(this.#t);
    this.#terminationLog = join(folder, 'termination-log');
    writeFileSync(this.#terminationLog, '');
    this.#state = started();
    this.#stopping = undefined;
    const { words, env } = materialise(folder, this.#manifests, this.#secrets);
    const [command, ...args] = words;
    const hurricane = await startHurricane(this.#t, args, {
      artefact: this.#artefact,
      ...(this.#cwd === undefined ? {} : { cwd: this.#cwd }),
      command: command as 'serve',
      env: {
        ...env,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        HURRICANE_TERMINATION_LOG: this.#terminationLog,
      },
    });
    this.#hurricane = hurricane;
    this.#note('Started', `pid ${hurricane.pid}`);
    this.#running = this.#run(hurricane);
  }

  /** Resolves when its container has ended for good. */
  async delete(): Promise<Termination> {
    this.#deleted = true;
    this.#tellReadiness();
    const last = this.#terminations.at(-1);
    if (this.#state.phase === 'ended' && last !== undefined) return last;
    const termination = await this.#end(this.hurricane, 'the pod is deleted');
    await this.#running;
    return termination;
  }

  async #run(hurricane: Hurricane): Promise<void> {
    const over = new AbortController();
    const probes = (['startup', 'readiness', 'liveness'] as const).map((kind) =>
      this.#ask(kind, hurricane, over.signal),
    );
    const exit = await hurricane.exit;
    this.#state = ended(this.#state);
    this.#note('Ended', `code ${exit.code}, signal ${exit.signal}`);
    this.#tellReadiness();
    over.abort();
    await Promise.all(probes);
    if (this.#stopping === undefined) this.#terminations.push(this.#terminationOf(exit, false, 0));
    else await this.#stopping;
    await sleep(this.#deleted ? 0 : restartDelayMs(this.restarts + 1));
    if (!this.#deleted) await this.start();
  }

  /** SIGTERM, the grace period, SIGKILL. */
  #end(hurricane: Hurricane, reason: string): Promise<Termination> {
    this.#stopping ??= (async () => {
      const beganAt = performance.now();
      this.#note('Killing', reason);
      this.#state = terminating(this.#state);
      this.#tellReadiness();
      hurricane.signal('SIGTERM');
      let killed = false;
      const patience = setTimeout(() => {
        killed = true;
        this.#note('Killed', `the grace period of ${this.graceMs} ms is over`);
        hurricane.signal('SIGKILL');
      }, this.graceMs);
      const exit = await hurricane.exit;
      clearTimeout(patience);
      const termination = this.#terminationOf(exit, killed, performance.now() - beganAt);
      this.#terminations.push(termination);
      return termination;
    })();
    return this.#stopping;
  }

  async #ask(kind: ProbeKind, hurricane: Hurricane, over: AbortSignal): Promise<void> {
    const spec = specOf(kind, this.#container);
    if (spec === undefined) return;
    const periodMs = (spec.periodSeconds ?? 10) * 1000;
    const isOver = (): boolean => over.aborted;
    while (!isOver()) {
      if (isDue(kind, this.#state, this.#container)) {
        const problem = await this.#problemOf(kind, hurricane);
        if (isOver()) return;
        this.#conclude(kind, problem, hurricane);
      } else if (kind !== 'startup' && !hasStarted(this.#state, this.#container)) {
        await this.#startup(over);
        continue;
      }
      await sleep(periodMs, undefined, { signal: over }).catch(() => undefined);
    }
  }

  /** Undefined when the probe has passed. */
  async #problemOf(kind: ProbeKind, { port, probePort }: Hurricane): Promise<string | undefined> {
    const spec = specOf(kind, this.#container);
    if (spec === undefined) return undefined;
    const { httpGet, timeoutSeconds = 1 } = spec;
    const own = this.#portName(httpGet.port) === 'http' ? port : probePort;
    const headers = { 'User-Agent': 'kube-probe/1.34', Connection: 'close' };
    const within = timeoutSeconds * 1000;
    try {
      const answer = await request(`http://127.0.0.1:${own}${httpGet.path}`, { headers, within });
      return answer.status >= 200 && answer.status < 400
        ? undefined
        : `HTTP probe failed with statuscode: ${answer.status} ${answer.text}`;
    } catch (error) {
      return String(error);
    }
  }

  #conclude(kind: ProbeKind, problem: string | undefined, hurricane: Hurricane): void {
    const { state, kill } = conclude(kind, problem === undefined, this.#state, this.#container);
    if (problem !== undefined) this.#note('Unhealthy', `${kind}: ${problem}`);
    this.#state = state;
    this.#tellReadiness();
    if (kill) void this.#end(hurricane, `the ${kind} probe failed`);
  }

  #portName(port: string | number): string {
    const found = this.#container.ports.find(
      ({ name, containerPort }) => name === port || containerPort === port,
    );
    if (found === undefined) throw new Error(`the container has no port ${port}`);
    return found.name;
  }

  /** Resolves when startup has passed, at once and not a period later. */
  #startup(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const listener = (): void => {
        if (!hasStarted(this.#state, this.#container) && !over.aborted) return;
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
      over.addEventListener('abort', listener, { once: true });
    });
  }

  #tellReadiness(): void {
    const last = this.events.findLast(({ what }) => what === 'Ready' || what === 'NotReady');
    if (this.ready !== (last?.what === 'Ready')) this.#note(this.ready ? 'Ready' : 'NotReady', '');
    for (const listener of [...this.#listeners]) listener();
  }

  #note(what: PodEvent['what'], detail: string): void {
    this.events.push({ at: performance.now(), what, detail });
  }

  #terminationOf(exit: Exit, killed: boolean, tookMs: number): Termination {
    const message = readFileSync(this.#terminationLog).subarray(0, MESSAGE_BYTES).toString();
    return { ...exit, message, killed, tookMs };
  }
}
