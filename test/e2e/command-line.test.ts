// What a person at the command line meets: help, check, probe, completion.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { isInstalled } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startExample } from '../helpers/example.ts';
import { useGate } from '../helpers/gate.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { runOnTerminal } from '../helpers/terminal.ts';

const root = join(import.meta.dirname, '../..');

/** A screen has 24 lines of 80 columns, and the prompt needs one. */
const SCREEN = { lines: 23, columns: 80 };

async function print(t: TestContext, artefact: Artefact, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runHurricane(t, args, { artefact });
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

forEachArtefact('without a command it says seven lines and one example', async (t, artefact) => {
  const [text, example, ...rest] = (await print(t, artefact)).split('\n\n');
  assert.equal(text?.split('\n').length, 7);
  assert.match(example ?? '', /^Example: hurricane serve .*-- node app\.js\n$/);
  assert.deepEqual(rest, []);
});

forEachArtefact('--help fits one screen, and --help-all has every option', async (t, artefact) => {
  const help = await print(t, artefact, '--help');
  const lines = help.trimEnd().split('\n');
  assert.ok(lines.length <= SCREEN.lines, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= SCREEN.columns, line);
  assert.equal(await print(t, artefact, 'serve', '--help'), help);

  const all = await print(t, artefact, 'serve', '--help-all');
  const settings = await print(t, artefact, 'serve', '--print-config', '--log-format', 'json');
  for (const name of Object.keys(JSON.parse(settings) as object)) {
    // What is no flag is listed by its variable.
    const variable = name.toUpperCase().replaceAll('-', '_');
    assert.match(all, new RegExp(`^  (--${name}|${variable})( |$)`, 'm'));
  }
  for (const line of all.split('\n')) assert.ok(line.length <= SCREEN.columns, line);
});

forEachArtefact('--version is that of the package', async (t, artefact) => {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  assert.equal(await print(t, artefact, '--version'), `${version}\n`);
});

forEachArtefact('a command that is not one is refused with what was meant', async (t, artefact) => {
  const cases = {
    'sevre -- node app.js': 'sevre is not a command: did you mean serve?',
    'node app.js': 'did you mean: hurricane serve -- node app.js',
    '--port 80 -- node app.js': '--port stands before the command: write hurricane serve --port …',
    'probe redy': 'probe needs one name: startup, ready or alive',
    'completion tcsh': 'completion needs the name of a shell: bash, zsh, fish',
    'check now': 'check takes no "now": remove it',
    'check --silnce W1': '--silnce is not an option of `hurricane check`: did you mean --silence?',
  };
  for (const [line, sentence] of Object.entries(cases)) {
    const { code, stdout, stderr } = await runHurricane(t, line.split(' '), { artefact });
    assert.deepEqual([code, stdout], [64, '']);
    assert.ok(stderr.includes(sentence), stderr);
  }
});

forEachArtefact(
  'check runs every check once: 1 when one fails, 0 when none does',
  async (t, artefact) => {
    const cwd = useTempDir(t);
    const upstream = await useHttpServer(t, (_, res) => res.end());
    const warns = `[{ level: 'warning', msg: 'almost full', id: 'disk' }]`;
    writeFileSync(join(cwd, 'plain.mjs'), `export default async () => ${warns};\n`);
    writeFileSync(join(cwd, 'typed.mts'), 'export default (): unknown[] => [];\n');
    writeFileSync(join(cwd, 'fresh'), '');
    const passing = [
      ...['readiness:module=plain.mjs', 'liveness:typed=typed.mts', 'startup:command=true'],
      ...[`hurricane:http=${upstream.url}`, `readiness:tcp=tcp://127.0.0.1:${upstream.port}`],
      'readiness:file=file:fresh?max-age=1h',
    ];
    const flags = (specs: readonly string[]) => specs.flatMap((spec) => ['--check', spec]);

    const good = await runHurricane(t, ['check', ...flags(passing)], { artefact, cwd });
    assert.deepEqual([good.code, good.stderr], [0, '']);
    assert.match(good.stdout, /^warn {2}module \(readiness\) \d+ ms\n {6}.*almost full/);
    assert.equal(good.stdout.match(/^pass {2}/gm)?.length, 5);

    const env = { HURRICANE_CHECK: 'readiness:a=true\nliveness:b=sh -c "echo no disk; exit 2"' };
    const bad = await runHurricane(t, ['check', '--log-format', 'json'], { artefact, cwd, env });
    assert.deepEqual([bad.code, bad.stderr], [1, '']);
    const results = bad.stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { check, outcome, text } = JSON.parse(line) as Record<string, string>;
        return { check, outcome, text };
      });
    assert.deepEqual(results[0], { check: 'a', outcome: 'pass', text: '' });
    assert.deepEqual([results[1]?.check, results[1]?.outcome], ['b', 'fail']);
    assert.match(results[1]?.text ?? '', /no disk/);

    const hangs = ['check', '--check-timeout', '300ms', '--check', 'readiness:slow=sleep 60'];
    const slow = await runHurricane(t, hangs, { artefact });
    assert.equal(slow.code, 1);
    assert.match(slow.stdout, /^fail {2}slow \(readiness\) .*\n.*300 ?ms|0\.3 ?s/);

    const missing = await runHurricane(t, ['check', '--check', 'readiness=./no.mjs'], {
      artefact,
      cwd,
    });
    assert.equal(missing.code, 66);
    assert.match(missing.stderr, /no\.mjs cannot be loaded/);
  },
);

forEachArtefact(
  'probe asks the hurricane that runs with the same configuration',
  async (t, artefact) => {
    const port = await usePort();
    const env = { HURRICANE_PORT: `${port}`, HURRICANE_READINESS_PROBE: '/fit' };
    const ask = async (name: string, ...flags: readonly string[]) => {
      const { code, stdout, stderr } = await runHurricane(t, ['probe', name, ...flags], {
        artefact,
        env,
      });
      assert.equal(stderr, '');
      return { code, text: stdout };
    };
    const nobody = await ask('alive');
    assert.equal(nobody.code, 1);
    assert.match(nobody.text, /^alive: no answer from .*: connection refused: .*--probe-port.*\n$/);

    const gate = useGate(t);
    const flags = ['--port', `${port}`, '--command', gate.command];
    const hurricane = await startExample(t, flags, { artefact, env });
    await hurricane.sees('command.started');
    for (const name of ['startup', 'ready', 'alive']) {
      assert.equal((await ask(name)).code, 1, `${name} during the start`);
    }
    await gate.open();
    await hurricane.up();
    for (const name of ['startup', 'ready', 'alive']) {
      const { code, text } = await ask(name);
      assert.equal(code, 0, text);
      assert.match(text, new RegExp(`^${name}: 200 .+\n$`));
    }
    const elsewhere = await ask('ready', '--readiness-probe', '/none');
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.text, /^ready: 404/);
  },
);

/** What is typed, and the words it becomes. */
const keystrokes = {
  'pro\t': 'probe',
  'probe al\t': 'probe alive',
  'completion f\t': 'completion fish',
  'serve --access-log e\t': 'serve --access-log errors',
  'serve --print-c\t': 'serve --print-config',
  'check --check-f\t': 'check --check-failures',
};

/** Loads the script; then `hurricane` shows the words that it was given. */
const shells = {
  bash: {
    words: ['bash', '--norc', '--noprofile', '-i'],
    setUp: 'source ./script; hurricane() { echo "words[$*]"; }',
  },
  zsh: {
    words: ['zsh', '-f', '-i'],
    setUp:
      'autoload -Uz compinit; compinit -u -D; source ./script; hurricane() { print -r -- "words[$*]"; }',
  },
};

forEachArtefact('completion works in bash and zsh as it is typed', async (t, artefact) => {
  for (const [shell, { words, setUp }] of Object.entries(shells)) {
    if (!(await isInstalled(shell))) {
      t.skip(`${shell} is not installed`);
      return;
    }
    const cwd = useTempDir(t);
    writeFileSync(join(cwd, 'script'), await print(t, artefact, 'completion', shell));
    execFileSync(shell, ['-n', join(cwd, 'script')]);
    const lines = [
      `cd ${cwd}`,
      setUp,
      ...Object.keys(keystrokes).map((keys) => `hurricane ${keys}`),
    ];
    const typed = [...lines, 'exit', ''].join('\n');
    const { screen } = await runOnTerminal(words, { TERM: 'dumb', HOME: cwd }, typed);
    const seen = [...screen.matchAll(/^words\[(.*)\]$/gm)].map(([, given]) =>
      given?.replace(/=$/, ''),
    );
    assert.deepEqual(seen, Object.values(keystrokes), screen);
  }
});

forEachArtefact('completion works in fish', async (t, artefact) => {
  if (!(await isInstalled('fish'))) {
    t.skip('fish is not installed');
    return;
  }
  const cwd = useTempDir(t);
  const path = join(cwd, 'script');
  writeFileSync(path, await print(t, artefact, 'completion', 'fish'));
  execFileSync('fish', ['--no-execute', path], { env: { ...process.env, HOME: cwd } });
  for (const [keys, expected] of Object.entries(keystrokes)) {
    const query = `source ${path}; complete -C "hurricane ${keys.trim()}"`;
    const env = { ...process.env, HOME: cwd };
    const found = execFileSync('fish', ['--no-config', '-c', query], { env, encoding: 'utf8' });
    const offered = found
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t', 1).join(''));
    assert.deepEqual(offered, [expected.split(' ').at(-1)], keys);
  }
});
