import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isAbort } from '../../../src/core/scope.ts';
import type { Address, Reached } from '../../../src/http/reach.ts';
import { portHint, waitUntilUp, type AppUpOptions } from '../../../src/startup/app-up.ts';
import { recordedLog } from '../../helpers/recorded-log.ts';

const v4: Address = { host: '127.0.0.1', port: 8080 };
const v6: Address = { host: '::1', port: 8080 };
const up: Reached = { ok: true };
const refused: Reached = { ok: false, reason: 'connection refused' };

function options(
  given: Partial<AppUpOptions>,
): AppUpOptions & { log: ReturnType<typeof recordedLog> } {
  return {
    addresses: [v4, v6],
    readyPath: undefined,
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    otherPorts: () => [],
    ...given,
    log: recordedLog(),
  };
}

/** An app that accepts on `accepting` and answers HTTP with `answers`, the last of which stays. */
function app(accepting: readonly Address[], answers: readonly Reached[] = [up]) {
  let turn = -1;
  return {
    tcp: (address: Address) => Promise.resolve(accepting.includes(address) ? up : refused),
    http: () => {
      turn = Math.min(turn + 1, answers.length - 1);
      return Promise.resolve(answers[turn] ?? refused);
    },
  };
}

suite('waiting for the app', () => {
  test('takes the address that accepts, IPv4 before IPv6', async () => {
    assert.equal(await waitUntilUp(options({ reach: app([v6]) })), v6);
    assert.equal(await waitUntilUp(options({ reach: app([v4, v6]) })), v4);
  });

  test('waits until the ready path answers well', async () => {
    const starting: Reached = { ok: false, reason: 'answered 503', status: 503 };
    const reach = app([v4], [starting, starting, up]);
    assert.equal(await waitUntilUp(options({ readyPath: '/health', reach })), v4);
  });

  test('names the flag when the app listens on another port', async () => {
    const late = options({ timeoutMs: 20, reach: app([]), otherPorts: () => [3000] });
    await assert.rejects(waitUntilUp(late), {
      code: 'app-not-up',
      exitCode: 75,
      message:
        'the app did not come up on 127.0.0.1:8080 or [::1]:8080 within 0.02s (--app-start-timeout): connection refused',
      hint: 'the app listens on 3000: use --app-port 3000',
    });
  });

  test('says what a failing ready path is about, not a port', async () => {
    const reach = app([v4], [{ ok: false, reason: 'answered 404', status: 404 }]);
    const late = options({ timeoutMs: 20, readyPath: '/up', reach, otherPorts: () => [8080] });
    await assert.rejects(waitUntilUp(late), {
      message: /\/up: answered 404$/,
      hint: /--app-ready-path/,
    });
  });

  test('ends at once when it is called off', async () => {
    const signal = AbortSignal.abort('SIGTERM');
    await assert.rejects(waitUntilUp(options({ signal, reach: app([]) })), (e) => isAbort(e));
  });

  test('after five seconds says once that it takes long, and once where the app listens', async (t) => {
    let now = 0;
    t.mock.method(process, 'hrtime', () => [0, now * 1e6]);
    let tries = 0;
    const ports = [[], [], [3000], [3000], [3000]];
    const slow = options({
      addresses: [v4],
      otherPorts: () => ports.shift() ?? [3000],
      reach: {
        tcp: () => {
          tries += 1;
          now = tries * 4000;
          return Promise.resolve(tries > 6 ? up : refused);
        },
        http: () => Promise.resolve(refused),
      },
    });
    await waitUntilUp({ ...slow, timeoutMs: Infinity });
    assert.deepEqual(
      slow.log.lines.map(({ message }) => message),
      ['the app is not up yet', 'the app listens on 3000: use --app-port 3000'],
    );
  });
});

suite('the hint about ports', () => {
  const cases: readonly (readonly [ports: readonly number[], hint: RegExp | undefined])[] = [
    [[], undefined],
    [[3000], /^the app listens on 3000: use --app-port 3000$/],
    [[3000, 9229], /^the app listens on 3000, 9229: name the right one with --app-port$/],
    [[8080], /^the app listens on 8080, but not on loopback/],
  ];
  for (const [ports, hint] of cases) {
    test(`is ${hint?.source ?? 'none'} for [${ports.join()}]`, () => {
      const given = portHint([v4, v6], ports);
      if (hint === undefined) assert.equal(given, undefined);
      else assert.match(given ?? '', hint);
    });
  }
});
