// Startup commands as the original's tests ask for them: in order, visible, and none after a failure.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { serveExample, startExample } from '../helpers/example.ts';
import { useGate } from '../helpers/gate.ts';
import type { Hurricane, LogLine } from '../helpers/hurricane.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const outputs = (hurricane: Hurricane): unknown[] =>
  hurricane.logs.filter(({ msg }) => msg === 'startup command output').map(({ line }) => line);

const events = (hurricane: Hurricane): unknown[] =>
  hurricane.logs.flatMap(({ event }) => event ?? []);

async function assertUp(hurricane: Hurricane): Promise<void> {
  for (const method of ['GET', 'POST']) {
    const { status, text } = await hurricane.probe('startup', { method });
    assert.equal(status, 200, method);
    assert.match(text, /^Startup was finished \d+(\.\d+)?$/);
    // Seconds since hurricane was started, which was a moment ago.
    assert.ok(Number(text.split(' ').at(-1)) < 60, text);
  }
  assert.equal((await hurricane.probe('alive')).status, 200);
  assert.equal((await hurricane.probe('ready')).status, 200);
  assert.equal((await hurricane.get('/')).text, 'Hello from Node\n');
}

forEachArtefact(
  'A16 after one startup command all probes and the app answer 200',
  async (t, artefact) => {
    const gate = useGate(t);
    const hurricane = await startExample(t, ['--command', gate.command], { artefact });
    await hurricane.sees('command.started');
    for (const probe of ['startup', 'ready', 'alive']) {
      assert.equal((await hurricane.probe(probe)).status, 400, `${probe} during the command`);
    }
    await gate.open();
    await hurricane.up();
    await assertUp(hurricane);
    const { duration_ms: duration, level } = await hurricane.sees('command.ended');
    assert.equal(typeof duration, 'number');
    assert.equal(level, 'info');
  },
);

forEachArtefact(
  'A17 two startup commands run in their order, and their output is in the log',
  async (t, artefact) => {
    const file = join(useTempDir(t), 'made-by-the-first');
    const first = `sh -c "echo first; echo aside >&2; touch ${file}"`;
    const second = `sh -c "test -e ${file} && echo 'second word'"`;
    const hurricane = await serveExample(t, ['--command', first, '--command', second], {
      artefact,
    });
    await assertUp(hurricane);
    // The two streams of one program are not in order with each other.
    const [last, ...before] = outputs(hurricane).toReversed();
    assert.deepEqual(before.toSorted(), ['aside', 'first']);
    assert.equal(last, 'second word');
    const steps = ['command.started', 'command.ended', 'command.started', 'command.ended'];
    assert.deepEqual(
      events(hurricane).filter((name) => steps.includes(String(name)) || name === 'app.started'),
      [...steps, 'app.started'],
    );
  },
);

forEachArtefact(
  'A18 a failing startup command is an error, later ones and the app never run, the exit code is 75',
  async (t, artefact) => {
    const gate = useGate(t);
    const never = join(useTempDir(t), 'never');
    const failing = `sh -c "${gate.command}; echo broken >&2; exit 3"`;
    const args = ['--command', 'true', '--command', failing, '--command', `touch ${never}`];
    const hurricane = await startExample(t, args, { artefact });
    await hurricane.sees(startOf(failing));
    assert.equal((await hurricane.probe('startup')).status, 400);
    assert.equal((await hurricane.probe('metrics')).status, 200);
    assert.equal((await hurricane.get('/')).status, 503);
    await gate.open();
    assert.deepEqual(await hurricane.exit, { code: 75, signal: null });

    const ended = await hurricane.sees(
      ({ event, level }) => event === 'command.ended' && level === 'error',
    );
    assert.equal(ended['command'], failing);
    assert.match(ended.msg, /3/);
    assert.ok(outputs(hurricane).includes('broken'));
    assert.equal(existsSync(never), false);
    assert.ok(!events(hurricane).includes('app.started'));
    const { reason, exit_code: code } = await hurricane.sees(/^hurricane ends$/);
    assert.ok(String(reason).includes(failing), String(reason));
    assert.equal(code, 75);
  },
);

function startOf(command: string): (line: LogLine) => boolean {
  return (line) => line.event === 'command.started' && line['command'] === command;
}
