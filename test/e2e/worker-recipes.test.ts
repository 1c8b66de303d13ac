// The recipes of docs/workers.md as they stand there, with the real programs. Only the places are others.
// One artefact alone, to save time: what worker is on both of them is in worker.test.ts.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { splitWords } from '../../src/config/words.ts';
import { isInstalled } from '../helpers/apps.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { RABBITMQ, shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'examples/workers');
const rabbitmq = shareRabbitmq();

/** The node and Python begin slowly when others use the machine. */
const within = 60_000;

test('cron is up when it runs jobs, and a job in hand finishes before the end [js]', async (t) => {
  if (!(await hasPrograms(t, '/usr/sbin/cron', 'flock'))) return;
  if (process.getuid?.() !== 0 || spawnSync('unshare', ['--mount', 'true']).status !== 0) {
    t.skip('cron needs root and mounts of its own: run the tests as root, allow unshare --mount');
    return;
  }
  const folder = useTempDir(t);
  const work = `echo began; until test -e ${folder}/go; do sleep 0.1; done; echo finished`;
  const job = `flock --shared /run/jobs.lock sh -c '${work}'`;
  const crontab = readFileSync(join(examples, 'crontab'), 'utf8');
  writeFileSync(join(folder, 'crontab'), `${crontab}\n@reboot root ${job} > ${folder}/log 2>&1\n`);
  mkdirSync(join(folder, 'none/crontabs'), { recursive: true });
  // Everything of cron's own on this machine is hidden from it.
  const mounts = `mount -t tmpfs none /run; mount --bind ${folder}/crontab /etc/crontab
    mount --bind ${folder}/none /etc/cron.d; mount --bind ${folder}/none /var/spool/cron`;
  const hurricane = await startHurricane(t, recipe('Cron', {}), {
    artefact: 'js',
    command: 'worker',
    launcher: ['unshare', '--mount', 'sh', '-c', `${mounts}; exec "$@"`, 'sh'],
    cwd: examples,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  await hurricane.up(within);
  const log = (): string => readFileSync(join(folder, 'log'), 'utf8');
  await eventually(() => assert.equal(log(), 'began\n'), { within });
  assert.equal((await hurricane.probe('alive')).status, 200);
  hurricane.signal('SIGTERM');
  await hurricane.sees('drain.started');
  writeFileSync(join(folder, 'go'), '');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  assert.equal(log(), 'began\nfinished\n');
});

test('a Celery worker finishes and acknowledges the task it has in hand at SIGTERM [js]', async (t) => {
  if (!(await hasPrograms(t, 'celery', RABBITMQ))) return;
  const { hurricane, celery } = await startCelery(t, 'Celery worker');
  await hurricane.up(within);
  for (const probe of ['startup', 'ready', 'alive']) {
    assert.equal((await hurricane.probe(probe)).status, 200, probe);
  }
  celery('call', 'tasks.work', '--args', '[2]');
  await prints(hurricane, /work began/);
  hurricane.signal('SIGTERM');
  await prints(hurricane, /Warm shutdown/);
  assert.doesNotMatch(hurricane.stderr, /work finished/);
  assert.equal((await hurricane.probe('alive')).status, 200);
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  assert.match(hurricane.stderr, /work finished/);
  assert.match(celery('purge', '--force'), /^No messages purged/);
});

test('of Celery beat there is never more than one, and it sends what is due [js]', async (t) => {
  if (!(await hasPrograms(t, 'celery', RABBITMQ))) return;
  const { hurricane } = await startCelery(t, 'Celery beat');
  await hurricane.up(within);
  await prints(hurricane, /Sending due task remind/);
  hurricane.signal('SIGHUP');
  await hurricane.sees('app.replaced', within);
  assert.equal((await hurricane.probe('alive')).status, 200);
  const lives = hurricane.logs.map(({ event }) => event).filter((event) => isLife(event));
  assert.deepEqual(lives, ['app.started', 'app.ended', 'app.started']);
  hurricane.signal('SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
});

async function startCelery(t: TestContext, heading: string) {
  const folder = useTempDir(t);
  const env = {
    // Debian's celery belongs to Debian's python3; another one may be first on PATH.
    PATH: '/usr/bin:/bin',
    TMPDIR: folder,
    CELERY_BROKER_URL: `amqp://${rabbitmq.address()}/${rabbitmq.vhostPath}`,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const places = { 'rabbitmq:5672': rabbitmq.address(), '/tmp': folder };
  const hurricane = await startHurricane(t, recipe(heading, places), {
    ...{ artefact: 'js', command: 'worker', cwd: examples, env },
  });
  const celery = (...words: readonly string[]): string =>
    execFileSync('celery', ['--app', 'tasks', ...words], { cwd: examples, env, encoding: 'utf8' });
  return { hurricane, celery };
}

/** The arguments of `hurricane worker` in the first command below the heading. */
function recipe(heading: string, places: Readonly<Record<string, string>>): readonly string[] {
  const page = readFileSync(join(root, 'docs/workers.md'), 'utf8');
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [, command = ''] = /```sh [^\n]*\nhurricane worker ([^`]*)```/.exec(section) ?? [];
  const words = splitWords(command.replaceAll('\\\n', ' '));
  assert.ok('value' in words, `no command below ${heading}`);
  return words.value.map((word) =>
    Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), word),
  );
}

async function prints(hurricane: Hurricane, text: RegExp): Promise<void> {
  await eventually(() => assert.match(hurricane.stderr, text), { within });
}

function isLife(event: string | undefined): boolean {
  return event === 'app.started' || event === 'app.ended';
}

/** False, and the test skipped with the reason, where one is not installed. */
async function hasPrograms(t: TestContext, ...programs: readonly string[]): Promise<boolean> {
  for (const program of programs) {
    if (await isInstalled(program)) continue;
    t.skip(`${program} is not installed: run sh scripts/node.sh scripts/setup-tests.ts`);
    return false;
  }
  return true;
}
