// The values that `hurricane init` writes, rendered and run as they stand, in the folder that its image would have.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { languages, useApp, type Language } from '../helpers/apps.ts';
import { eventually } from '../helpers/eventually.ts';
import { appContainer, helmSkip, render } from '../helpers/helm.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { usePod } from '../helpers/kubelet/kubelet.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const artefact = 'binary';

test(
  'the image that init says to build is the one that its values name',
  { skip: helmSkip },
  async (t) => {
    const { cwd, values, stdout } = await init(t, 'python');
    const { image } = appContainer(render({ values }));
    const build = `docker build --tag ${image} .`;
    assert.ok(readFileSync(join(cwd, 'Dockerfile'), 'utf8').includes(build));
    const install = 'helm install app path/to/chart --values chart-values.yaml';
    assert.ok(stdout.endsWith(`\n  ${build}\n  ${install}\n`), stdout);
  },
);

interface Values {
  readonly hurricane: Readonly<Record<string, unknown>>;
  readonly command: readonly string[];
}

interface Written {
  readonly cwd: string;
  readonly values: Values;
  readonly stdout: string;
}

test(
  'what init writes for any language is rendered as it stands',
  { skip: helmSkip },
  async (t) => {
    for (const language of languages) {
      const { values } = await init(t, language);
      const { args = [] } = appContainer(render({ values }));
      assert.deepEqual(args.slice(args.indexOf('--') + 1), values.command, language);
    }
  },
);

/** One whose check is a module, and one whose check is a program. */
for (const language of ['node', 'python'] as const) {
  test(
    `a pod of what init writes for ${language} serves, passes its check and stops in order`,
    { skip: helmSkip },
    async (t) => {
      const command = await useApp(t, language);
      if (command === undefined) return;
      const { cwd, values } = await init(t, language);
      const hurricane = { ...values.hurricane, drainDelay: '0', drainQuiet: '100ms' };
      const manifests = render({ values: { ...values, command, hurricane } });
      const pod = await usePod(t, { artefact, manifests, cwd });
      await eventually(() => assert.ok(pod.ready), { within: 30_000 });
      await pod.hurricane.sees(
        ({ event, check }) => event === 'check.changed' && check === 'writable',
      );
      assert.match((await pod.hurricane.get('/')).text, /^Hello from /);
      assert.equal((await pod.delete()).code, 0);
    },
  );
}

async function init(t: TestContext, language: Language): Promise<Written> {
  const cwd = useTempDir(t);
  const { code, stdout, stderr } = await runHurricane(t, ['init', '--lang', language], {
    artefact,
    cwd,
  });
  assert.equal(code, 0, stderr);
  return {
    cwd,
    stdout,
    values: parse(readFileSync(join(cwd, 'chart-values.yaml'), 'utf8')) as Values,
  };
}
