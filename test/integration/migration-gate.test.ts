import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import type { MigrationGateConfig } from '../../src/config/slices/preparation.ts';
import type { CommandLine } from '../../src/config/words.ts';
import { isAbort } from '../../src/core/scope.ts';
import { passMigrationGate, type MigrationGateOptions } from '../../src/startup/migration-gate.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const never = new AbortController().signal;

/** A shell script, or a program with its arguments. */
function commandOf(given: string | readonly string[]): CommandLine {
  return typeof given === 'string'
    ? { words: ['sh', '-c', given], text: given }
    : { words: given, text: given.join(' ') };
}

interface Given extends Partial<MigrationGateOptions> {
  readonly check: string | readonly string[];
  readonly apply?: string | readonly string[];
  readonly gateMs?: number;
}

/** Passes a gate whose check is a shell script, in a folder of its own. */
function useGate(t: TestContext, { check, apply, gateMs = 20_000, ...options }: Given) {
  const cwd = useTempDir(t);
  const events: string[] = [];
  const log = recordedLog();
  const gate: MigrationGateConfig = {
    question: { kind: 'command', ...commandOf(check) },
    pendingCode: 1,
    apply: apply === undefined ? undefined : commandOf(apply),
    timeoutMs: gateMs,
  };
  const passed = passMigrationGate(gate, {
    ...{ timeoutMs: Infinity, graceMs: 200, againMs: 20, env: process.env, cwd },
    ...{ signal: never, log },
    emit: (name, data) => {
      events.push('state' in data ? data.state : name);
    },
    ...options,
  });
  const text = (file: string): string => readFileSync(join(cwd, file), 'utf8');
  return { passed, events, log, text, has: (file: string) => existsSync(join(cwd, file)) };
}

suite('the migration gate', () => {
  test('asks again and again until none are pending, and tells what changes', async (t) => {
    // Cannot say, cannot say, pending, pending, none.
    const check = 'echo x >> n; case $(grep -c x n) in 1|2) exit 9;; 3|4) exit 1;; esac';
    const { passed, events } = useGate(t, { check });
    await passed;
    assert.deepEqual(events, [
      ...['asking', 'gate.asked', 'unknown', 'gate.asked', 'gate.asked', 'pending'],
      ...['gate.asked', 'gate.asked', 'none'],
    ]);
  });

  test('applies once, although some are pending after it, and waits for the rest', async (t) => {
    const check = 'echo x >> n; test $(grep -c x n) -gt 4 && test -e applied';
    const { passed, text } = useGate(t, { check, apply: 'echo x >> applied' });
    await passed;
    assert.equal(text('applied'), 'x\n');
  });

  test('applies nothing while it cannot be said whether any are pending', async (t) => {
    const { passed, has, events } = useGate(t, {
      ...{ check: 'echo the database is down >&2; exit 2', apply: 'touch applied', gateMs: 300 },
    });
    await assert.rejects(passed, {
      code: 'migrations-unknown',
      exitCode: 75,
      startup: 'warning',
      message: /^nobody could say within 0\.3s \(--gate-timeout\) .* exited with code 2$/,
      output: 'the database is down\n',
    });
    assert.equal(has('applied'), false);
    assert.ok(!events.includes('none'));
  });

  test('gives an apply command as much time as it needs', async (t) => {
    const { passed } = useGate(t, {
      ...{ check: 'test -e applied', apply: 'sleep 1; touch applied', gateMs: 700 },
    });
    await passed;
  });

  test('ends with the output of an apply command that fails, and names its flag', async (t) => {
    const failing = useGate(t, { check: 'exit 1', apply: 'echo locked; exit 4' });
    await assert.rejects(failing.passed, {
      ...{ code: 'startup-command-failed', startup: 'failed', output: 'locked\n' },
    });
    const missing = useGate(t, { check: 'exit 1', apply: ['no-such-program'] });
    await assert.rejects(missing.passed, {
      hint: 'install the program in the image, or correct --check-migrations-apply',
    });
  });

  test('ends a question that hangs with its time, and asks again within --command-timeout', async (t) => {
    const hangs = useGate(t, { check: 'sleep 60', gateMs: 300 });
    await assert.rejects(hangs.passed, { message: /"sh -c 'sleep 60'" did not end in time$/ });

    const recovers = useGate(t, {
      ...{ check: 'test -e asked && exit 0; touch asked; sleep 60', timeoutMs: 500 },
    });
    await recovers.passed;
    assert.deepEqual(
      recovers.events.filter((event) => event !== 'gate.asked'),
      ['asking', 'unknown', 'none'],
    );
  });

  test('of the last question, cut short by the end, the answer before is told', async (t) => {
    const check = 'test -e asked && sleep 60; touch asked; exit 1';
    const { passed } = useGate(t, { check, gateMs: 700 });
    await assert.rejects(passed, {
      code: 'migrations-pending',
      message: /^migrations were still pending after 0\.7s/,
    });
  });

  test('does not wait for a program that is missing', async (t) => {
    const { passed } = useGate(t, { check: ['no-such-program'], gateMs: Infinity });
    await assert.rejects(passed, {
      code: 'migrations-unknown',
      message: /"no-such-program" could not be started: .* not found in PATH$/,
      hint: 'install the program in the image, or correct --check-migrations',
    });
  });

  test('is left at a signal, between questions and before the first one', async (t) => {
    const controller = new AbortController();
    const waiting = useGate(t, {
      ...{ check: 'exit 1', signal: controller.signal, againMs: 60_000 },
      emit: (_name, data) => {
        const isPending = 'state' in data && data.state === 'pending';
        if (isPending) setImmediate(() => controller.abort('SIGTERM'));
      },
    });
    await assert.rejects(waiting.passed, (error) => isAbort(error));
    const late = useGate(t, { check: 'touch asked', signal: controller.signal });
    await assert.rejects(late.passed, (error) => isAbort(error));
    assert.equal(late.has('asked'), false);
  });
});
