// The probes as the original's tests ask them: paths, methods, texts, failing checks, a used-up lifetime.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample, startExample } from '../helpers/example.ts';
import { useGate } from '../helpers/gate.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

async function statuses(
  hurricane: Hurricane,
  ...requests: readonly (readonly [method: string, path: string])[]
): Promise<number[]> {
  const answers = await Promise.all(
    requests.map(([method, path]) => hurricane.probe(path, { method })),
  );
  return answers.map(({ status }) => status);
}

/** A dependency that is not there. */
async function brokenDatabase(tag: string): Promise<readonly string[]> {
  return ['--check', `${tag}:database=tcp://127.0.0.1:${await usePort()}`];
}

forEachArtefact(
  'A05 a startup probe at a path of its own answers GET and POST, with one slash at the end but not with two',
  async (t, artefact) => {
    const port = await usePort();
    const probePort = await usePort();
    const args = ['--port', `${port}`, '--probe-port', `${probePort}`, '--startup-probe', 'probe'];
    const hurricane = await serveExample(t, args, { artefact });
    assert.deepEqual(
      await statuses(
        hurricane,
        ...([
          ['GET', 'probe'],
          ['POST', 'probe'],
          ['POST', 'probe/'],
          ['POST', 'probe//'],
          ['GET', 'startup'],
          ['PUT', 'probe'],
        ] as const),
      ),
      [200, 200, 200, 404, 404, 405],
    );
    const { headers } = await hurricane.probe('probe');
    assert.equal(headers['cache-control'], 'no-store, no-cache, must-revalidate, max-age=0');
  },
);

forEachArtefact(
  'A06 a probe path that ends in a slash answers without it and with it, but not with two',
  async (t, artefact) => {
    const hurricane = await serveExample(t, ['--startup-probe', '/probe/'], { artefact });
    assert.deepEqual(
      await statuses(hurricane, ['GET', 'probe'], ['GET', 'probe/'], ['GET', 'probe//']),
      [200, 200, 404],
    );
  },
);

forEachArtefact(
  'A07 probes on the port of the app are announced as integrated and answer 400 during startup commands, then 200',
  async (t, artefact) => {
    const port = `${await usePort()}`;
    const gate = useGate(t);
    const args = ['--port', port, '--probe-port', port, '--startup-probe', '/probe'];
    const hurricane = await startExample(t, [...args, '--command', gate.command], { artefact });
    await hurricane.sees('command.started');
    const announced = await hurricane.sees(/^probes are integrated into the port of the app$/);
    assert.equal(announced['port'], Number(port));
    const { status, text } = await hurricane.get('/probe');
    assert.equal(status, 400);
    assert.equal(text, 'startup is not finished');
    assert.equal((await hurricane.get('/')).status, 503, 'the app is not there yet');
    await gate.open();
    await hurricane.up();
    assert.equal((await hurricane.get('/probe')).status, 200);
    assert.equal((await hurricane.get('/')).text, 'Hello from Node\n');
    // Integrated or not: probes are no requests to the app.
    assert.equal((await hurricane.get('/count')).text, '1\n');
  },
);

forEachArtefact('A08 --no-metrics leaves the liveness probe as it is', async (t, artefact) => {
  const hurricane = await serveExample(t, ['--no-metrics'], { artefact });
  const { status, text } = await hurricane.probe('alive');
  assert.equal(status, 200);
  assert.equal(text, 'alive');
});

forEachArtefact(
  'A11 after a request the liveness probe tells the average response time',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    assert.equal((await hurricane.probe('alive')).text, 'alive');
    await hurricane.get('/');
    await eventually(async () => {
      const { status, text } = await hurricane.probe('alive');
      assert.equal(status, 200);
      assert.match(text, /^Average response time: \d+\.\d\dms Request queue size: 0 Rx$/);
    });
  },
);

forEachArtefact(
  'A12 after three requests the average is the mean of the logged times',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    for (const path of ['/', '/slow?ms=20', '/slow?ms=120']) await hurricane.get(path);
    const times = await eventually(() => {
      const lines = hurricane.logs.filter(({ component }) => component === 'access');
      assert.equal(lines.length, 3);
      return lines.map((line) => Number(line['duration_ms']));
    });
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    assert.ok(mean > (20 + 120) / 3, `${mean}`);
    const { text } = await hurricane.probe('alive');
    const told = Number(/Average response time: (\S+)ms/.exec(text)?.[1]);
    assert.ok(Math.abs(told - mean) < 0.05, `${told} is told, ${mean} is logged`);
  },
);

forEachArtefact(
  'A31 a dependency that fails makes the liveness probe 500 with its name and no details',
  async (t, artefact) => {
    const hurricane = await serveExample(t, await brokenDatabase('liveness'), { artefact });
    const { status, text } = await hurricane.probe('alive');
    assert.equal(status, 500);
    assert.equal(text, 'database error');
    assert.deepEqual(await statuses(hurricane, ['GET', 'ready'], ['GET', 'startup']), [200, 200]);
  },
);

forEachArtefact(
  'A32 with --debug a failing check is answered with its details',
  async (t, artefact) => {
    const module = join(useTempDir(t), 'check.mjs');
    const message = { level: 'error', msg: 'the disk is full', hint: 'buy one', id: 'disk.E001' };
    writeFileSync(module, `export default async () => [${JSON.stringify(message)}];\n`);
    const args = ['--debug', '--check', `liveness=${module}`];
    const hurricane = await serveExample(t, args, { artefact });
    const { status, text } = await hurricane.probe('alive');
    assert.equal(status, 500);
    assert.equal(text, 'check error: the disk is full, buy one');
    assert.equal((await hurricane.probe('ready')).status, 200);
  },
);

forEachArtefact(
  'A39 with --max-lifetime 2 the liveness probe is 200 after two requests and 400 after three',
  async (t, artefact) => {
    const hurricane = await serveExample(t, ['--max-lifetime', '2'], { artefact });
    const requests = (): number =>
      hurricane.logs.filter(({ component }) => component === 'access').length;
    await hurricane.get('/');
    await hurricane.get('/');
    await eventually(() => assert.equal(requests(), 2));
    for (let n = 0; n < 5; n += 1) await hurricane.probe('ready');
    assert.equal((await hurricane.probe('alive')).status, 200);
    await hurricane.get('/');
    await eventually(async () => assert.equal((await hurricane.probe('alive')).status, 400));
    assert.equal((await hurricane.probe('ready')).status, 200);
    assert.equal((await hurricane.get('/')).status, 200, 'it serves on');
  },
);
