// Where values come from, as the original's tests ask: flag over file over environment, by presence.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { exampleApp, serveExample } from '../helpers/example.ts';
import { runHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { request } from '../helpers/request.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

interface Layers {
  readonly flags?: readonly string[];
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A working directory with this hurricane.yaml in it, or none. */
function useFolder(t: TestContext, yaml: string | undefined): string {
  const folder = useTempDir(t);
  if (yaml !== undefined) writeFileSync(join(folder, 'hurricane.yaml'), yaml);
  return folder;
}

/** The line about one option in the printed configuration: `port 8000 (--port)`. */
async function printed(
  t: TestContext,
  artefact: Artefact,
  option: string,
  { flags = [], yaml, env = {} }: Layers,
): Promise<string | undefined> {
  const args = ['serve', '--print-config', ...flags, '--', ...exampleApp];
  const cwd = useFolder(t, yaml);
  const { code, stdout, stderr } = await runHurricane(t, args, { artefact, env, cwd });
  assert.equal(code, 0, stderr);
  return stdout.split('\n').find((line) => line.startsWith(`${option} `));
}

/** Serves with the ports of these layers alone. */
function serveFrom(
  t: TestContext,
  artefact: Artefact,
  { flags = [], yaml, env = {} }: Layers,
): Promise<Hurricane> {
  const cwd = useFolder(t, yaml);
  return serveExample(t, flags, { artefact, env, cwd, choosePorts: false });
}

async function assertServesOn(port: number, ...notOn: readonly number[]): Promise<void> {
  const { text } = await request(`http://127.0.0.1:${port}/`);
  assert.equal(text, 'Hello from Node\n');
  for (const other of notOn) {
    await assert.rejects(request(`http://127.0.0.1:${other}/`), { code: 'ECONNREFUSED' });
  }
}

async function assertAliveAt(
  hurricane: Hurricane,
  path: string,
  ...notAt: readonly string[]
): Promise<void> {
  assert.equal((await hurricane.probe(path)).text, 'alive');
  for (const other of notAt) assert.equal((await hurricane.probe(other)).status, 404, other);
}

forEachArtefact('D01 the port comes from the environment', async (t, artefact) => {
  const port = await usePort();
  const env = { HURRICANE_PORT: `${port}` };
  await serveFrom(t, artefact, { env });
  await assertServesOn(port);
});

forEachArtefact(
  'D02 the port comes from hurricane.yaml, whatever the environment says',
  async (t, artefact) => {
    const [port, other] = [await usePort(), await usePort()];
    const env = { HURRICANE_PORT: `${other}` };
    await serveFrom(t, artefact, { yaml: `port: ${port}\n`, env });
    await assertServesOn(port, other);
  },
);

forEachArtefact(
  'D03 the port of the command line wins, also when it is the default',
  async (t, artefact) => {
    const [port, inFile, inEnv] = [await usePort(), await usePort(), await usePort()];
    const flags = ['--port', `${port}`];
    const lower = { yaml: `port: ${inFile}\n`, env: { HURRICANE_PORT: `${inEnv}` } };
    await serveFrom(t, artefact, { flags, ...lower });
    await assertServesOn(port, inFile, inEnv);

    const line = await printed(t, artefact, 'port', { flags: ['--port', '8000'], ...lower });
    assert.equal(line, 'port 8000 (--port)');
  },
);

forEachArtefact('D07 the liveness path comes from the environment', async (t, artefact) => {
  const env = { HURRICANE_LIVENESS_PROBE: '/from-env' };
  const hurricane = await serveExample(t, [], { artefact, env });
  await assertAliveAt(hurricane, 'from-env', 'alive');
});

forEachArtefact(
  'D08 the liveness path comes from hurricane.yaml, whatever the environment says',
  async (t, artefact) => {
    const env = { HURRICANE_LIVENESS_PROBE: '/from-env' };
    const cwd = useFolder(t, 'livenessProbe: /from-file\n');
    const hurricane = await serveExample(t, [], { artefact, env, cwd });
    await assertAliveAt(hurricane, 'from-file', 'from-env', 'alive');
  },
);

forEachArtefact(
  'D09 the liveness path of the command line wins, also when it is the default',
  async (t, artefact) => {
    const env = { HURRICANE_LIVENESS_PROBE: '/from-env' };
    const cwd = useFolder(t, 'livenessProbe: /from-file\n');
    const flags = ['--liveness-probe', '/alive'];
    const hurricane = await serveExample(t, flags, { artefact, env, cwd });
    await assertAliveAt(hurricane, 'alive', 'from-file', 'from-env');
  },
);

forEachArtefact(
  'D03 a switch is off for false, 0 and no, in the environment and in the file',
  async (t, artefact) => {
    const off = ['false', '0', 'no', 'False', 'NO'];
    const lines = await Promise.all([
      ...off.map((value) =>
        printed(t, artefact, 'no-metrics', { env: { HURRICANE_NO_METRICS: value } }),
      ),
      ...off.map((value) => printed(t, artefact, 'no-metrics', { yaml: `noMetrics: ${value}\n` })),
    ]);
    for (const line of lines) assert.match(line ?? '', /^no-metrics (false|0|no|False|NO) \(/);

    const env = { HURRICANE_NO_METRICS: 'no', HURRICANE_NO_PROBE: '0', HURRICANE_DEBUG: 'false' };
    const hurricane = await serveExample(t, [], { artefact, env });
    assert.equal((await hurricane.probe('metrics')).status, 200);
    assert.ok(!hurricane.logs.some(({ level }) => level === 'debug'));
  },
);
