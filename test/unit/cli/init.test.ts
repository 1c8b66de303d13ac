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

const found: readonly (readonly [Files, Project | undefined])[] = [
  ...guesses.map(([files]) => [files, projectOf(undefined, (name) => files[name])] as const),
  ...languageNames.map((name) => [{}, projectOf(name, () => undefined)] as const),
];
const projects = found.map(([files, project]) => ({
  files,
  ...(project ?? assert.fail('no language was recognised')),
}));

function textOf({ files, ...project }: Project & { readonly files: Files }, path: string): string {
  const file = starterFiles(project, (name) => files[name]).find((each) => each.path === path);
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
      assert.ok(edge.out.includes(`hurricane check\n  hurricane serve -- ${command}\n`), edge.out);
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

  for (const project of projects) {
    const whom = `${project.language}, ${project.because ?? 'as named'}: ${project.command}`;
    test(`writes an image and values of the chart that say the same for ${whom}`, async () => {
      const image = textOf(project, 'Dockerfile').split('\n');
      const [, command = ''] = /^CMD (.*)$/m.exec(image.join('\n')) ?? [];
      assert.equal((JSON.parse(command) as string[]).join(' '), project.command);
      const last = image.slice(image.findLastIndex((line) => line.startsWith('FROM ')));
      for (const line of [
        'COPY --from=hurricane /opt/hurricane /opt/hurricane',
        'USER 10001',
        'ENTRYPOINT ["hurricane", "serve", "--"]',
      ]) {
        assert.ok(last.includes(line), line);
      }
      assert.ok(
        last.some((line) => /^COPY (\.|checks) /.test(line)),
        'the check is not in it',
      );
      assert.ok(image.every((line) => /^$|^#|^[A-Z]+ \S/.test(line)));
      assert.match(textOf(project, '.dockerignore'), /^\.git$/m);

      const values = parse(textOf(project, 'chart-values.yaml')) as Record<string, unknown>;
      assert.deepEqual(values['command'], JSON.parse(command));
      const options = JSON.stringify(values['hurricane']);
      const { problems, warnings } = await loadServeConfig(
        loadInput({ files: { 'hurricane.json': options } }),
      );
      assert.deepEqual({ problems, warnings }, { problems: [], warnings: [] });
    });
  }

  test('installs packages by the files that name them, before everything else is copied', () => {
    const lines = projects.map((project) => textOf(project, 'Dockerfile')).join('\n');
    for (const line of [
      'RUN npm install --omit=dev',
      'RUN pip install --no-cache-dir --requirement requirements.txt',
      'RUN pip install --no-cache-dir .',
      'RUN bundle install',
      'COPY --from=packages /app/vendor vendor',
      'COPY --from=build /srv/target/*.jar app.jar',
      'RUN gradle assemble && rm -f build/libs/*-plain.jar',
      'COPY --from=build /home/gradle/build/libs/*.jar app.jar',
    ]) {
      assert.ok(lines.includes(`\n${line}\n`), line);
    }
  });

  test('leaves no folder of packages out of an image for Go, and builds beside none', () => {
    const [project = assert.fail()] = projects.filter(({ language }) => language === 'go');
    assert.doesNotMatch(textOf(project, '.dockerignore'), /^app$/m);
    const dockerfile = textOf(project, 'Dockerfile');
    assert.match(dockerfile, /^RUN CGO_ENABLED=0 go build -o \/app \.$/m);
    assert.match(dockerfile, /^COPY --from=build \/app \.\/$/m);
  });

  test('keeps a Dockerfile and what belongs to it, and says so', async () => {
    const files = { Dockerfile: 'FROM mine', '.dockerignore': '' };
    const { code, edge } = await init('--lang node', files);
    assert.equal(code, 0);
    assert.match(edge.out, /^Here already, and left as it was: Dockerfile, \.dockerignore$/m);
    assert.deepEqual([...edge.written.keys()].sort(), [
      'chart-values.yaml',
      'checks/writable.mjs',
      'hurricane.schema.json',
      'hurricane.yaml',
    ]);
  });

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
