import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { ModuleWorker, type ModuleWorkerOptions } from '../../src/process/module-worker.ts';
import { eventually } from '../helpers/eventually.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const never = new AbortController().signal;
const ample = { timeoutMs: 20_000, signal: never };

function useModule(
  t: TestContext,
  source: string,
  { name = 'check.mjs', ...options }: Partial<ModuleWorkerOptions> & { name?: string } = {},
) {
  const path = join(useTempDir(t), name);
  writeFileSync(path, source);
  const lines: string[] = [];
  const onLine: ModuleWorkerOptions['onLine'] = ({ text }) => lines.push(text);
  const worker = new ModuleWorker({ path, env: {}, onLine, ...options });
  t.after(async () => {
    await worker.terminate();
    await eventually(() => assert.deepEqual(threadsNamed(path), []));
  });
  return { worker, path, lines };
}

/** Our threads by the name that ModuleWorker gives them, of which the kernel keeps 15 bytes. */
function threadsNamed(path: string): string[] {
  const names = readdirSync('/proc/self/task').map((id) => {
    // A thread may end while it is looked at.
    const file = `/proc/self/task/${id}/comm`;
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
  });
  return names.filter((name) => name !== '' && path.startsWith(name));
}

/** Counts its calls, so that a fresh thread shows itself by 1. */
const misbehaving = `
let calls = 0;
export default async (what) => {
  calls += 1;
  switch (what) {
    case 'exit': process.exit(3);
    case 'loop': for (;;);
    case 'throw': throw new TypeError('on purpose');
    case 'throw nothing': throw undefined;
    case 'lose a rejection': Promise.reject(new Error('lost')); return new Promise(() => {});
    case 'eat memory': { const list = []; for (;;) list.push(new Array(1000).fill(calls)); }
    case 'return a function': return () => calls;
    default: return calls;
  }
};`;

suite('a module in a worker', () => {
  test('runs at a lower priority than ours, in its own thread alone', async (t) => {
    const before = getPriority();
    const { worker } = useModule(
      t,
      `import { getPriority } from 'node:os'; export default () => getPriority()`,
    );
    assert.deepEqual(await worker.call([], ample), { kind: 'returned', value: 10 });
    assert.equal(getPriority(), before);
  });

  test('is loaded once, called with copies, and answers with its value', async (t) => {
    const { worker } = useModule(t, `let n = 0; export default ({ add }) => ({ n: (n += add) })`);
    await worker.load(ample);
    assert.deepEqual(await worker.call([{ add: 2 }], ample), {
      kind: 'returned',
      value: { n: 2 },
    });
    assert.deepEqual(await worker.call([{ add: 3 }], ample), {
      kind: 'returned',
      value: { n: 5 },
    });
  });

  test('may be TypeScript and asynchronous, and may import its neighbours', async (t) => {
    const { worker, path } = useModule(
      t,
      `import { name } from './neighbour.mjs';
       export default async (n: number): Promise<string> => name + (await Promise.resolve(n));`,
      { name: 'check.mts' },
    );
    writeFileSync(join(path, '../neighbour.mjs'), `export const name = 'n';`);
    assert.deepEqual(await worker.call([1], ample), { kind: 'returned', value: 'n1' });
  });

  const failures: readonly (readonly [what: string, reason: RegExp, fresh: boolean])[] = [
    ['exit', /^it ended its thread with code 3$/, true],
    ['throw', /^TypeError: on purpose \(.*check\.mjs:8:\d+\)$/, false],
    ['throw nothing', /^undefined$/, false],
    ['lose a rejection', /^Error: lost$/, true],
    ['eat memory', /^it used more than 32 MiB of memory$/, true],
    ['return a function', /could not be cloned/, false],
  ];
  for (const [what, reason, fresh] of failures) {
    test(`fails only its own call when asked to ${what}`, async (t) => {
      const { worker } = useModule(t, misbehaving, { memoryMib: 32 });
      const failed = await worker.call([what], ample);
      assert.equal(failed.kind, 'failed');
      assert.match('reason' in failed ? failed.reason : '', reason);
      assert.deepEqual(await worker.call([], ample), { kind: 'returned', value: fresh ? 1 : 2 });
    });
  }

  for (const body of [
    'for (;;);',
    'for (;;) [].push(new Array(1000).fill(0));',
    '/(x+)+y/.test("x".repeat(50));',
  ]) {
    test(`is ended when it does not answer in time: ${body}`, async (t) => {
      const { worker } = useModule(t, `export default (hang) => { if (hang) ${body} }`);
      await worker.load(ample);
      assert.deepEqual(await worker.call([true], { timeoutMs: 1000, signal: never }), {
        kind: 'failed',
        reason: 'no answer within 1s',
      });
      assert.equal((await worker.call([false], ample)).kind, 'returned');
    });
  }

  test('is ended when its call is called off', async (t) => {
    const { worker } = useModule(t, misbehaving);
    await worker.load(ample);
    const controller = new AbortController();
    const call = worker.call(['loop'], { timeoutMs: Infinity, signal: controller.signal });
    controller.abort();
    assert.deepEqual(await call, { kind: 'failed', reason: 'stopped' });
  });

  test('a thread that ended between two calls is replaced', async (t) => {
    const { worker, lines } = useModule(
      t,
      `let n = 0; process.on('exit', () => console.log('gone'));
       export default () => { setTimeout(() => { throw new Error('late') }, 200); return ++n; }`,
    );
    assert.deepEqual(await worker.call([], ample), { kind: 'returned', value: 1 });
    await eventually(() => assert.deepEqual(lines, ['gone']));
    // A call that meets the thread while it ends fails with it; in a thread that lived on it would return 2.
    await eventually(async () => {
      assert.deepEqual(await worker.call([], ample), { kind: 'returned', value: 1 });
    });
  });

  test('runs one call at a time, in order', async (t) => {
    const { worker } = useModule(
      t,
      `let busy = 0; export default async (n) => {
         busy += 1; await new Promise((done) => setTimeout(done, 10)); const seen = busy; busy -= 1;
         return [n, seen]; }`,
    );
    const calls = [1, 2, 3].map((n) => worker.call([n], ample));
    assert.deepEqual(
      (await Promise.all(calls)).map((outcome) => 'value' in outcome && outcome.value),
      [
        [1, 1],
        [2, 1],
        [3, 1],
      ],
    );
  });

  test('prints to the log of its owner, and sees the environment it is given', async (t) => {
    const { worker, lines } = useModule(
      t,
      `export default () => { console.log(JSON.stringify(process.env)); console.error('bad'); }`,
      { env: { ONLY: 'this' } },
    );
    await worker.call([], ample);
    await eventually(() => assert.deepEqual(lines.sort(), ['bad', '{"ONLY":"this"}']));
  });

  const unloadable: readonly (readonly [title: string, name: string, source: string, RegExp])[] = [
    [
      'a syntax error',
      'a.mjs',
      'export default () => {\n  let = = 3;\n};',
      /SyntaxError: .*a\.mjs:2\)$/,
    ],
    ['a syntax error in TypeScript', 'a.mts', '\n\nconst x: = 3;', /SyntaxError: .*a\.mts:3\)$/],
    ['no default export', 'a.mjs', 'export const a = 1;', /its default export must be a function$/],
    ['a default export that is no function', 'a.mjs', 'export default 7;', /must be a function$/],
    [
      'a class as its default export',
      'a.mjs',
      'export default class {}',
      /function, and is a class$/,
    ],
    ['an error at its top', 'a.mjs', '\nthrow new Error("no");', /Error: no \(.*a\.mjs:2:\d+\)$/],
    ['an import that is not there', 'a.mjs', 'import "./b.mjs";', /Cannot find module '.*b\.mjs'/],
    ['an exit', 'a.mjs', 'process.exit(0);', /it ended its thread with code 0$/],
  ];
  for (const [title, name, source, sentence] of unloadable) {
    test(`cannot be loaded with ${title}, and the sentence says where`, async (t) => {
      const { worker, path } = useModule(t, source, { name });
      await assert.rejects(worker.load(ample), (error: Error & { exitCode?: number }) => {
        assert.ok(error.message.startsWith(`${path} cannot be loaded: `), error.message);
        assert.match(error.message, sentence);
        assert.equal(error.exitCode, 66);
        return true;
      });
      assert.equal((await worker.call([], ample)).kind, 'failed');
    });
  }

  test('that never finishes loading is given up at the timeout', async (t) => {
    const { worker } = useModule(t, 'await new Promise((done) => setTimeout(done, 1e6));');
    await assert.rejects(worker.load({ timeoutMs: 200, signal: never }), {
      code: 'module-not-loadable',
      message: /no answer within 0\.2s$/,
    });
  });

  test('once terminated it fails the call in hand and all later ones', async (t) => {
    const { worker } = useModule(t, misbehaving);
    await worker.load(ample);
    const inHand = worker.call(['loop'], ample);
    await worker.terminate();
    assert.deepEqual(await inHand, { kind: 'failed', reason: 'stopped' });
    assert.deepEqual(await worker.call([], ample), { kind: 'failed', reason: 'stopped' });
    await worker.terminate();
  });
});
