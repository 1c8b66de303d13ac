// No app before its migrations: real tools on a real database, and the ways in which either fails.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { isInstalled, useApp } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startHurricane, type Hurricane, type LogLine } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { ownPostgresql, type DatabaseVariables } from '../helpers/postgresql.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink, type WebhookSink } from '../helpers/webhook-sink.ts';

const postgresql = ownPostgresql();
const root = join(import.meta.dirname, '../..');

/** Leaves a trace, were it ever started. */
const traces = ['sh', '-c', 'touch app-was-started'];

type Tool = 'django' | 'knex';

const apply = {
  django: 'python3 manage.py migrate --no-input',
  knex: 'node_modules/.bin/knex migrate:latest',
};

/** The table that the migration of each project makes. */
const tables = { django: 'shop_order', knex: 'orders' };

interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A project that has one migration. Undefined, and the test skipped, where something is not installed. */
async function useProject(
  t: TestContext,
  tool: Tool,
  database: (() => Promise<DatabaseVariables>) | DatabaseVariables,
): Promise<Project | undefined> {
  const djangoIsThere = await isInstalled('/usr/bin/django-admin');
  const missing =
    postgresql.missing ??
    (tool === 'django' && !djangoIsThere
      ? 'python3-django is not installed: run sh scripts/node.sh scripts/setup-tests.ts'
      : undefined);
  if (missing !== undefined) {
    t.skip(missing);
    return undefined;
  }
  const folder = useTempDir(t);
  cpSync(join(root, 'test/scripts', tool), folder, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const variables = typeof database === 'function' ? await database() : database;
  // Debian's Python, for its packages; another python3 may be first on PATH.
  const path = tool === 'django' ? { PATH: `/usr/bin:${process.env['PATH'] ?? ''}` } : {};
  return { folder, env: { ...variables, ...path } };
}

async function migrate(project: Project, tool: Tool): Promise<void> {
  const [program = '', ...words] = apply[tool].split(' ');
  const env = { ...process.env, ...project.env };
  await promisify(execFile)(program, words, { cwd: project.folder, env });
}

interface Scene {
  readonly hurricane: Hurricane;
  readonly sink: WebhookSink;
  readonly folder: string;
}

interface SceneOptions {
  readonly artefact?: Artefact;
  readonly command?: 'serve' | 'worker' | 'consume';
  readonly flags: readonly string[];
  readonly app?: readonly string[];
}

async function play(t: TestContext, project: Project, options: SceneOptions): Promise<Scene> {
  const { artefact = 'js', command = 'serve', flags, app = traces } = options;
  const { folder, env } = project;
  const sink = await useWebhookSink(t);
  const behind = app.length > 0 ? ['--', ...app] : [];
  const hurricane = await startHurricane(t, [...flags, ...behind], {
    ...{ artefact, command, cwd: folder },
    env: { ...env, HURRICANE_WEBHOOK_URL: sink.url },
  });
  return { hurricane, sink, folder };
}

function startupWebhooks({ sink }: Scene): readonly Record<string, unknown>[] {
  return sink.deliveries
    .map(({ payload }) => payload)
    .filter((payload) => payload['type'] === 'startup');
}

function states({ hurricane }: Scene): readonly unknown[] {
  return hurricane.logs.filter(({ event }) => event === 'gate.changed').map(({ state }) => state);
}

/** 75, one startup webhook, and neither the app nor a later command ever ran. */
async function endsBeforeTheApp(
  scene: Scene,
  status: 'failed' | 'warning',
): Promise<{ webhook: Record<string, unknown>; end: LogLine }> {
  const { hurricane, folder } = scene;
  assert.equal((await hurricane.exit).code, 75);
  assert.ok(!hurricane.logs.some(({ event }) => event === 'app.started'));
  assert.ok(!existsSync(join(folder, 'app-was-started')));
  const [webhook, ...more] = startupWebhooks(scene);
  assert.deepEqual(more, []);
  assert.equal(webhook?.['status'], status);
  const end = await hurricane.sees('hurricane.ended');
  assert.equal(end['phase'], 'prepare');
  return { webhook, end };
}

/** Both at once: what they wait for is the same. */
async function onBoth(act: (artefact: Artefact) => Promise<void>): Promise<void> {
  await Promise.all([act('js'), act('binary')]);
}

suite('a migration gate', () => {
  test('A34 that finds nothing pending lets the app start at once [js, binary]', async (t) => {
    const project = await useProject(t, 'django', () => postgresql.database());
    if (project === undefined) return;
    await migrate(project, 'django');
    const app = (await useApp(t)) ?? [];
    await onBoth(async (artefact) => {
      const scene = await play(t, project, {
        artefact,
        flags: ['--check-migrations', 'django'],
        app,
      });
      const { hurricane, sink } = scene;
      await hurricane.up();
      assert.deepEqual(states(scene), ['asking', 'none']);
      await hurricane.sees(/^no migrations are pending$/);
      assert.equal((await hurricane.get('/')).status, 200);
      const page = (await hurricane.probe('metrics')).text;
      assert.match(page, /^hurricane_migration_checks_total\{answer="none"\} 1$/m);
      assert.match(page, /^hurricane_migration_gate_duration_seconds \d/m);
      const { payload } = await sink.receives(({ type }) => type === 'startup');
      assert.equal(payload['status'], 'succeeded');
    });
  });

  test('A35 that applies what is pending asks again, and then lets the app start [js, binary]', async (t) => {
    const app = (await useApp(t)) ?? [];
    await onBoth(async (artefact) => {
      const project = await useProject(t, 'django', () => postgresql.database());
      if (project === undefined) return;
      const flags = ['--check-migrations', 'django', '--check-migrations-apply', apply.django];
      const scene = await play(t, project, { artefact, flags, app });
      await scene.hurricane.up();
      assert.deepEqual(states(scene), ['asking', 'pending', 'asking', 'none']);
      await scene.hurricane.sees(({ line }) => line === '  Applying shop.0001_initial... OK');
      const { PGDATABASE = '' } = project.env;
      assert.equal(await postgresql.sql(PGDATABASE, `select count(*) from ${tables.django}`), '0');
    });
  });

  test('A36 whose database is not there ends with a startup webhook warning and 75 [js, binary]', async (t) => {
    const nowhere = { ...postgresql.variables('none'), PGPORT: `${await usePort()}` };
    const project = await useProject(t, 'django', nowhere);
    if (project === undefined) return;
    const flags = [
      ...['--check-migrations', 'django', '--check-migrations-apply', apply.django],
      ...['--gate-timeout', '3s'],
    ];
    await onBoth(async (artefact) => {
      const scene = await play(t, project, { artefact, flags });
      const { webhook, end } = await endsBeforeTheApp(scene, 'warning');
      // Django's code is that of pending migrations, and yet nothing was applied.
      assert.deepEqual(states(scene), ['asking', 'unknown']);
      assert.ok(!scene.hurricane.logs.some(({ event }) => event === 'command.started'));
      assert.match(String(webhook['traceback']), /Connection refused/);
      assert.match(
        String(webhook['reason']),
        /^nobody could say within 3s \(--gate-timeout\) whether migrations are pending: "python3 manage.py migrate .*" exited with code 1$/,
      );
      assert.match(String(end['next']), /^its last output says why; .*raise --gate-timeout$/);
    });
  });

  test('A37 whose query fails never lets the app start, and says why [js, binary]', async (t) => {
    const project = await useProject(t, 'django', () => postgresql.database());
    if (project === undefined) return;
    await migrate(project, 'django');
    await postgresql.sql('postgres', 'create role blind login');
    const blind = { ...project, env: { ...project.env, PGUSER: 'blind' } };
    const flags = ['--check-migrations', 'django', '--gate-timeout', '3s'];
    await onBoth(async (artefact) => {
      const scene = await play(t, blind, { artefact, flags });
      const { webhook } = await endsBeforeTheApp(scene, 'warning');
      assert.deepEqual(states(scene), ['asking', 'unknown']);
      const denied = /permission denied for table django_migrations/;
      assert.match(String(webhook['traceback']), denied);
      const { level, output } = await scene.hurricane.sees(({ state }) => state === 'unknown');
      assert.equal(level, 'warn');
      assert.match(String(output), denied);
    });
  });

  test('waits while migrations are pending, until another process has applied them', async (t) => {
    const project = await useProject(t, 'knex', () => postgresql.database());
    if (project === undefined) return;
    const flags = ['--check-migrations', 'knex'];
    const scene = await play(t, project, { flags, app: (await useApp(t)) ?? [] });
    const { hurricane } = scene;
    await hurricane.sees(/^Migrations are pending$/);
    for (const probe of ['startup', 'ready', 'alive']) {
      assert.equal((await hurricane.probe(probe)).status, 400);
    }
    const accept = { headers: { accept: 'application/json' } };
    const { text } = JSON.parse((await hurricane.probe('ready', accept)).text) as { text: string };
    assert.equal(text, 'startup is not finished: waits for pending migrations');
    assert.equal((await hurricane.get('/')).status, 503);
    assert.match(
      (await hurricane.probe('metrics')).text,
      /^hurricane_migration_checks_total\{answer="pending"\} [1-9]/m,
    );
    await migrate(project, 'knex');
    await hurricane.up();
    assert.deepEqual(states(scene), ['asking', 'pending', 'none']);
  });

  test('waits for a database that is down at first', async (t) => {
    const project = await useProject(t, 'knex', () => postgresql.database());
    if (project === undefined) return;
    await postgresql.stop();
    const flags = ['--check-migrations', 'knex', '--check-migrations-apply', apply.knex];
    const scene = await play(t, project, { flags, app: (await useApp(t)) ?? [] });
    await scene.hurricane.sees(({ state }) => state === 'unknown').finally(() => postgresql.boot());
    await scene.hurricane.up();
    const seen = states(scene).join();
    assert.match(seen, /^asking,unknown,pending,asking,none$/);
    const { PGDATABASE = '' } = project.env;
    assert.equal(await postgresql.sql(PGDATABASE, `select count(*) from ${tables.knex}`), '0');
  });

  test('ends with 75 and a warning when migrations are still pending at the end of its time', async (t) => {
    const project = await useProject(t, 'knex', () => postgresql.database());
    if (project === undefined) return;
    const flags = ['--check-migrations', 'knex', '--gate-timeout', '2s'];
    const scene = await play(t, project, { flags });
    const { webhook, end } = await endsBeforeTheApp(scene, 'warning');
    assert.match(
      String(webhook['reason']),
      /^migrations were still pending after 2s \(--gate-timeout\)/,
    );
    assert.match(String(webhook['traceback']), /20260101000000_orders\.js/);
    assert.match(String(end['next']), /--check-migrations-apply/);
  });

  test('whose migrations cannot be applied ends with 75 and their output, and tries once', async (t) => {
    const project = await useProject(t, 'django', async () => {
      const { PGDATABASE } = await postgresql.database();
      // In the way of the table that the migration makes.
      await postgresql.sql(PGDATABASE, `create table ${tables.django} (id integer)`);
      return postgresql.variables(PGDATABASE);
    });
    if (project === undefined) return;
    const flags = ['--check-migrations', 'django', '--check-migrations-apply', apply.django];
    const scene = await play(t, project, { flags });
    const { webhook } = await endsBeforeTheApp(scene, 'failed');
    assert.match(String(webhook['traceback']), /relation "shop_order" already exists/);
    assert.match(String(webhook['reason']), /^startup command "python3 manage\.py migrate/);
    const runs = scene.hurricane.logs.filter(({ event }) => event === 'command.started');
    assert.equal(runs.length, 1);
  });
});

test('a table with the version is asked by the script that docs/start.md shows', async (t) => {
  const project = await useProject(t, 'knex', () => postgresql.database());
  if (project === undefined) return;
  const page = readFileSync(join(root, 'docs/start.md'), 'utf8');
  const [, script = ''] = /```sh [^\n]*\n(# check_schema\.sh[^]*?)```/.exec(page) ?? [];
  writeFileSync(join(project.folder, 'check_schema.sh'), script);
  const flags = ['--check-migrations', 'sh check_schema.sh'];
  const scene = await play(t, project, { flags, app: (await useApp(t)) ?? [] });
  const { PGDATABASE = '' } = project.env;
  await scene.hurricane.sees(({ state }) => state === 'unknown');
  await postgresql.sql(PGDATABASE, 'create table schema_migrations (version integer)');
  await scene.hurricane.sees(({ state }) => state === 'pending');
  await postgresql.sql(PGDATABASE, 'insert into schema_migrations values (41), (42)');
  await scene.hurricane.up();
  assert.deepEqual(states(scene), ['asking', 'unknown', 'pending', 'none']);
});

suite('a migration gate with a command of its own', () => {
  const project = (t: TestContext): Project => ({ folder: useTempDir(t), env: {} });
  /** Pending until the file `migrated` is there. */
  const check = 'sh -c "test -e migrated"';

  forEachArtefact(
    'comes after the startup commands, or before them with --gate-first',
    async (t, artefact) => {
      const flags = ['--check-migrations', check, '--command', 'touch migrated'];
      const app = (await useApp(t)) ?? [];
      const after = await play(t, project(t), { artefact, flags, app });
      await after.hurricane.up();
      assert.deepEqual(states(after), ['asking', 'none']);

      const first = await play(t, project(t), {
        artefact,
        flags: [...flags, '--gate-first', '--gate-timeout', '1500ms'],
      });
      await endsBeforeTheApp(first, 'warning');
      assert.deepEqual(states(first), ['asking', 'pending']);
      assert.ok(!existsSync(join(first.folder, 'migrated')));
    },
  );

  forEachArtefact(
    'is left at SIGTERM with 143, and no webhook says anything',
    async (t, artefact) => {
      const slow = 'sh -c "echo asked; sleep 60"';
      const flags = ['--check-migrations', slow, '--log-level', 'debug'];
      const asked = await play(t, project(t), { artefact, flags });
      await asked.hurricane.sees(({ line }) => line === 'asked');
      const waits = await play(t, project(t), { artefact, flags: ['--check-migrations', check] });
      await waits.hurricane.sees(/^Migrations are pending$/);
      for (const scene of [asked, waits]) {
        scene.hurricane.signal('SIGTERM');
        assert.equal((await scene.hurricane.exit).code, 143);
        assert.deepEqual(startupWebhooks(scene), []);
        assert.ok(!existsSync(join(scene.folder, 'app-was-started')));
      }
    },
  );

  test('keeps a worker and a consumer from their work, too', async (t) => {
    const flags = ['--check-migrations', 'sh -c "exit 3"', '--gate-timeout', '300ms'];
    const [worker, told] = await Promise.all([
      play(t, project(t), { command: 'worker', flags }),
      play(t, project(t), { command: 'worker', flags: [...flags, '--gate-pending-code', '3'] }),
    ]);
    for (const scene of [worker, told]) await endsBeforeTheApp(scene, 'warning');
    assert.deepEqual([states(worker).at(-1), states(told).at(-1)], ['unknown', 'pending']);
    const broker = ['--amqp-host', '127.0.0.1', '--amqp-port', `${await usePort()}`];
    const consumer = await play(t, project(t), {
      ...{ command: 'consume', app: [] },
      flags: [...flags, ...broker, '--queue', 'orders', '--handler-once', 'touch app-was-started'],
    });
    await endsBeforeTheApp(consumer, 'warning');
    assert.ok(!consumer.hurricane.logs.some(({ event }) => event === 'consumer.connecting'));
  });
});
