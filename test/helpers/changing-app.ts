// hurricane in front of an app whose processes may differ, and clients that count what they lose.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useScript } from './apps.ts';
import type { Artefact } from './artefacts.ts';
import { startHurricane, type Hurricane, type LogLine } from './hurricane.ts';
import { useTempDir } from './temp-dir.ts';

/** A process of the app that test/scripts/changes-its-mind.mjs can be. */
export type Mood =
  | 'good'
  | 'sick'
  | 'never-listens'
  | 'exits-after-1s'
  | 'listens-then-exits-after-1s'
  | 'exits-at-once'
  | 'slow';

/** A request may wait for the next process of the app. */
const PATIENCE_MS = 40_000;
const CLIENTS = 3;

export interface ChangingApp {
  readonly hurricane: Hurricane;
  /** How processes of the app behave that start from now on. */
  readonly setMood: (mood: Mood) => void;
  /** The process that answers now. */
  readonly pid: () => Promise<number>;
  /** The status of the answer. */
  readonly ask: (path: string, method?: string) => Promise<number>;
  /** Every line of an event so far. */
  readonly told: (event: string) => readonly LogLine[];
}

/** Does not wait until it is up. `{folder}` in an argument is a folder of the test's own. */
export async function startChangingApp(
  t: TestContext,
  args: readonly string[],
  { artefact, mood = 'good' }: { readonly artefact: Artefact; readonly mood?: Mood },
): Promise<ChangingApp> {
  const folder = useTempDir(t);
  const file = join(folder, 'mood');
  const setMood = (next: Mood): void => writeFileSync(file, next);
  setMood(mood);
  const words = args.map((arg) => arg.replaceAll('{folder}', folder));
  const app = useScript('changes-its-mind.mjs');
  const env = { MOOD: file };
  const hurricane = await startHurricane(t, [...words, '--', ...app], { artefact, env });
  return {
    hurricane,
    setMood,
    pid: async () => Number((await hurricane.get('/', { within: PATIENCE_MS })).text),
    ask: async (path, method = 'GET') =>
      (await hurricane.get(path, { method, within: PATIENCE_MS })).status,
    told: (event) => hurricane.logs.filter((line) => line.event === event),
  };
}

/** As `startChangingApp`, and it is served. */
export async function serveChangingApp(
  t: TestContext,
  args: readonly string[],
  options: { readonly artefact: Artefact },
): Promise<ChangingApp> {
  const app = await startChangingApp(t, args, options);
  await app.hurricane.up();
  return app;
}

/** Clients that ask one request after the other until they are told to stop, or the test ends. */
export class SteadyClients {
  readonly #hurricane: Hurricane;
  readonly #clients: readonly Promise<void>[];
  #stopped = false;
  #answered = 0;
  readonly #lost: string[] = [];

  constructor(t: TestContext, hurricane: Hurricane) {
    this.#hurricane = hurricane;
    this.#clients = Array.from({ length: CLIENTS }, () => this.#ask());
    t.after(() => this.stop());
  }

  /** Resolves with what was not answered 200, and how many were. */
  async stop(): Promise<{ readonly answered: number; readonly lost: readonly string[] }> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    return { answered: this.#answered, lost: this.#lost };
  }

  async #ask(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status, text } = await this.#hurricane.get('/?ms=20', { within: PATIENCE_MS });
        if (status === 200) this.#answered += 1;
        else this.#lost.push(`${status} ${text}`);
      } catch (error) {
        this.#lost.push(String(error));
      }
    }
  }
}
