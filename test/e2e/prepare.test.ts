// `hurricane prepare`: startup commands without an app behind them.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink } from '../helpers/webhook-sink.ts';

type Line = Readonly<Record<string, unknown>>;

const linesOf = (stdout: string): readonly Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

forEachArtefact(
  'prepare runs the commands of the file in order and ends with 0, whatever else file and variables say',
  async (t, artefact) => {
    const cwd = useTempDir(t);
    const sink = await useWebhookSink(t);
    const commands = ['first', '$$ $(HOME)'].map((word) => `sh -c 'echo "$0" >> trace' '${word}'`);
    const secret = `sh -c 'test -z "$HURRICANE_WEBHOOK_URL" && test -n "$MINE"'`;
    const file = { command: [...commands, secret], restart: 'always', checkMigrations: 'false' };
    writeFileSync(join(cwd, 'hurricane.yaml'), JSON.stringify(file));
    const env = {
      ...{ HURRICANE_RESTART: 'always', HURRICANE_CHECK: 'startup=false', MINE: '1' },
      HURRICANE_WEBHOOK_URL: sink.url.replace('//', '//user:T0KEN@'),
    };
    const { code, stdout } = await runHurricane(t, ['prepare'], { artefact, cwd, env });
    assert.equal(code, 0, stdout);
    assert.equal(readFileSync(join(cwd, 'trace'), 'utf8'), 'first\n$$ $(HOME)\n');
    const lines = linesOf(stdout);
    assert.deepEqual(
      lines.filter(({ level }) => level !== 'info'),
      [],
    );
    const { event, phase, orderly, reason } = lines.at(-1) ?? {};
    assert.deepEqual(
      [event, phase, orderly, reason],
      ['hurricane.ended', 'prepare', true, 'all startup commands have succeeded'],
    );
    assert.deepEqual(sink.deliveries, []);
  },
);

forEachArtefact(
  'prepare that is stopped asks its command to end, and says what was running',
  async (t, artefact) => {
    const cwd = useTempDir(t);
    writeFileSync(join(cwd, 'termination-log'), '');
    const slow = `sh -c 'trap "echo asked > trace; exit 3" TERM; kill $PPID; sleep 60 & wait'`;
    const { code, stdout } = await runHurricane(
      t,
      [
        'prepare',
        '--command',
        slow,
        '--command',
        'touch later',
        '--termination-log',
        'termination-log',
      ],
      { artefact, cwd },
    );
    assert.equal(code, 143, stdout);
    assert.equal(readFileSync(join(cwd, 'trace'), 'utf8'), 'asked\n');
    const told = JSON.parse(readFileSync(join(cwd, 'termination-log'), 'utf8')) as Line;
    assert.match(String(told['reason']), /SIGTERM .* waited for the startup command sh -c/);
    assert.throws(() => readFileSync(join(cwd, 'later')));
  },
);
