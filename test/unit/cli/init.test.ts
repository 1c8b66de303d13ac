import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

import { run } from '../../../src/cli/cli.ts';
import { languageNames, projectOf, type Project } from '../../../src/cli/init/languages.ts';
import { starterFiles } from '../../../src/cli/init/starter-files.ts';
import { loadCheckConfig, loadServeConfig } from '../../../src/config/load.ts';
import { FakeEdge } from '../../helpers/fake-edge.ts';
import { loadInput } from '../../helpers/load-input.ts';

type Files = Readonly<Record<string, string>>;

/** What is there → the file that decides, and the command that follows. */
const guesses: readonly (readonly [Files, string, string])[] = [
  [{ 'package.json': '{}' }, 'package.json', 'node app.js'],
  [{ 'package.json': '{"main": "src/server.js"}' }, 'package.json', 'node src/server.js'],
  [{ 'package.json': '{"main": "x; rm *"}' }, 'package.json', 'node app.js'],
  [{ 'package.json': '{' }, 'package.json', 'node app.js'],
  [{ 'requirements.txt': '' }, 'requirements.txt', 'python3 app.py'],
  [{ 'pyproject.toml': '', 'package.json': '{}' }, 'pyproject.toml', 'python3 app.py'],
  [
    { 'manage.py': "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')" },
    'manage.py',
    'gunicorn --bind 127.0.0.1:{port} shop.wsgi',
  ],
  [
    { Gemfile: 'gem "rails"\n', 'package.json': '{}' },
    'Gemfile',
    'bundle exec puma --bind tcp://127.0.0.1:{port}',
  ],
  [{ 'composer.json': '{}' }, 'composer.json', 'php -S 127.0.0.1:{port} app.php'],
  [
    { 'composer.json': '{}', artisan: '' },
    'composer.json',
    'php artisan serve --host 127.0.0.1 --port {port}',
  ],
  [
    { 'pom.xml': '<artifactId>spring-boot-starter-parent</artifactId>' },
    'pom.xml',
    'java -jar app.jar',
  ],
  [{ 'build.gradle': "id 'io.quarkus'" }, 'build.gradle', 'java -jar app.jar'],
  [{ 'build.gradle.kts': '' }, 'build.gradle.kts', 'java -jar app.jar'],
  [{ 'go.mod': '' }, 'go.mod', './app'],
];

const projects = [
  ...guesses.map(([files]) => projectOf(undefined, (name) => files[name])),
  ...languageNames.map((name) => projectOf(name, () => undefined)),
].map((project) => project ?? assert.fail('no language was recognised'));

function textOf(project: Project, path: string): string {
  const file = starterFiles(project).find((each) => each.path === path);
  return file?.text ?? assert.fail(`no ${path} is written`);
}

async function init(args: string, files: Files = {}) {
  const edge = new FakeEdge({ files });
  const code = await run(['init', ...args.split(' ').filter((word) => word !== '')], edge);
  return { code, edge };
}

suite('hurricane init', () => {
  for (const [files, because, command] of guesses) {
    test(`recognises ${JSON.stringify(files)}`, async () => {
      const { code, edge } = await init('', files);
      assert.equal(code, 0);
      assert.match(edge.out, new RegExp(`because of ${because}:`));
      assert.ok(edge.out.endsWith(`hurricane check\n  hurricane serve -- ${command}\n`), edge.out);
    });
  }

  for (const project of projects) {
    const whom = `${project.language}, ${project.because ?? 'as named'}: ${project.command}`;
    test(`writes a file that is valid line by line for ${whom}`, async () => {
      const schema = JSON.parse(textOf(project, 'hurricane.schema.json')) as object;
      const accepts = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema);
      const text = textOf(project, 'hurricane.yaml');
      const everything = text.replaceAll(/^#(?=\w+:| {2}- )/gm, '');
      assert.notEqual(everything, text);
      for (const yaml of [text, everything]) {
        assert.ok(accepts(parse(yaml)), JSON.stringify(accepts.errors));
        for (const load of [loadServeConfig, loadCheckConfig]) {
          const { problems, warnings } = await load(
            loadInput({ files: { 'hurricane.yaml': yaml } }),
          );
          assert.deepEqual({ problems, warnings }, { problems: [], warnings: [] });
        }
      }
    });
  }

  test('points editors in the first line to the schema that it writes', () => {
    for (const project of projects) {
      const [first = ''] = textOf(project, 'hurricane.yaml').split('\n');
      assert.equal(first, '# yaml-language-server: $schema=./hurricane.schema.json');
    }
  });

  test('gives a project what its framework needs', () => {
    const all = projects.map((project) => textOf(project, 'hurricane.yaml')).join('\n');
    for (const line of [
      'checkMigrations: django',
      "checkMigrations: 'bin/rails db:abort_if_pending_migrations'",
      'gatePendingCode: 9',
      'appPortEnv: SERVER_PORT',
      'appPortEnv: QUARKUS_HTTP_PORT',
    ]) {
      assert.ok(all.includes(`\n${line}\n`), line);
    }
  });

  const refused = [
    ['', {}, 'no file here tells the language: name it with --lang node|'],
    ['--lang perl', {}, 'lang: "perl" is none of node, python'],
    ['--lang node now', {}, 'init takes no "now": remove it'],
    ['--lang node --port 80', {}, '--port is not an option of `hurricane init`'],
    ['--lang node', { 'hurricane.yaml': '' }, 'hurricane.yaml is here already'],
    ['--lang node', { 'hurricane.json': '' }, 'hurricane.json is here already'],
    ['--lang go', { 'checks/writable.sh': '' }, 'checks/writable.sh is here already'],
  ] as const;
  for (const [args, files, sentence] of refused) {
    test(`refuses ${args} with ${JSON.stringify(files)}, and writes nothing`, async () => {
      const { code, edge } = await init(args, files);
      assert.equal(code, 64);
      assert.ok(edge.err.startsWith(`hurricane: ${sentence}`), edge.err);
      assert.equal(edge.written.size, 0);
    });
  }

  test('says in one sentence what cannot be written', async () => {
    class ReadOnly extends FakeEdge {
      override readonly writeNewFile = (): void => {
        throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
      };
    }
    const edge = new ReadOnly();
    assert.equal(await run(['init', '--lang', 'go'], edge), 77);
    assert.match(
      edge.err,
      /^hurricane: hurricane\.yaml cannot be written \(EROFS\)\n {2}change to/,
    );
  });
});
