// What `hurricane init` writes is good for the example app of every language, as it stands.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { languages, useApp, type Language } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { runHurricane, startHurricane } from '../helpers/hurricane.ts';
import { request } from '../helpers/request.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

for (const language of languages.filter((name) => name !== 'node')) {
  test(`init, check and serve an app in ${language} [js]`, (t) => initAndServe(t, 'js', language));
}

forEachArtefact('init, check and serve an app in node', (t, artefact) =>
  initAndServe(t, artefact, 'node'),
);

forEachArtefact('init never overwrites a file', async (t, artefact) => {
  const cwd = useTempDir(t);
  const first = await runHurricane(t, ['init', '--lang', 'python'], { artefact, cwd });
  assert.deepEqual([first.code, first.stderr], [0, '']);
  const names = readdirSync(cwd).sort();
  assert.deepEqual(names, [
    '.dockerignore',
    'Dockerfile',
    'chart-values.yaml',
    'checks',
    'hurricane.schema.json',
    'hurricane.yaml',
  ]);
  const before = readFileSync(join(cwd, 'hurricane.yaml'), 'utf8');
  const second = await runHurricane(t, ['init', '--lang', 'ruby'], { artefact, cwd });
  assert.deepEqual([second.code, second.stdout], [64, '']);
  assert.match(second.stderr, /^hurricane: hurricane\.yaml is here already, and nothing was/);
  assert.deepEqual(readdirSync(join(cwd, 'checks')), ['writable.py']);
  assert.equal(readFileSync(join(cwd, 'hurricane.yaml'), 'utf8'), before);
});

async function initAndServe(t: TestContext, artefact: Artefact, language: Language) {
  const app = await useApp(t, language);
  if (app === undefined) return;
  const cwd = useTempDir(t);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runHurricane(t, args, { artefact, cwd, env });
  const init = await run(['init', '--lang', language]);
  assert.deepEqual([init.code, init.stderr], [0, '']);
  assert.match(init.stdout, /^Next:\n {2}hurricane check\n {2}hurricane serve -- /m);

  const check = await run(['check']);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  assert.match(check.stdout, /^pass {2}writable \(readiness\)|"check":"writable".*"pass"/);
  const failed = await run(['check'], { TMPDIR: join(cwd, 'nowhere') });
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(failed.stdout, /the folder for temporary files cannot be written, mount a volume/);

  const hurricane = await startHurricane(t, ['--drain-quiet', '100ms', '--', ...app], {
    artefact,
    cwd,
  });
  await hurricane.up();
  assert.match((await request(`http://127.0.0.1:${hurricane.port}/`)).text, /^Hello from /);
  assert.equal((await hurricane.probe('ready')).status, 200);
  hurricane.signal('SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
}
