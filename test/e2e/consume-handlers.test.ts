// Handlers that are no modules: programs that stay, a program per message, a server.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { isInstalled } from '../helpers/apps.ts';
import { numbers, placeOf, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { usePort } from '../helpers/port.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const broker = shareRabbitmq();
const examples = join(import.meta.dirname, '../../examples/handlers');

interface Started {
  readonly artefact: Artefact;
  readonly queue: string;
  readonly handler: readonly string[];
}

function startHandler(t: TestContext, { artefact, queue, handler }: Started): Promise<Hurricane> {
  const args = ['--queue', queue, '--retry', '100ms', ...placeOf(broker), ...handler];
  return startHurricane(t, args, { artefact, command: 'consume' });
}

const programs: readonly (readonly [language: string, program: string, handler: string[]])[] = [
  ['Python', '/usr/bin/python3', ['--handler-exec', `/usr/bin/python3 ${examples}/handler.py`]],
  ['Ruby', 'ruby', ['--handler-exec', `ruby ${examples}/handler.rb`]],
  ['shell', 'sh', ['--handler-exec', `sh ${examples}/handler.sh`]],
  ['a program per message', 'sh', ['--handler-once', `sh ${examples}/once.sh`]],
];

for (const [language, program, handler] of programs) {
  forEachArtefact(
    `${language}: a message is handled, one that fails is tried again and given up`,
    async (t, artefact) => {
      if (!(await isInstalled(program))) {
        t.skip(`${program} is not installed`);
        return;
      }
      const queue = `${language}-${artefact}`.replaceAll(' ', '-');
      const hurricane = await startHandler(t, { artefact, queue, handler });
      await hurricane.up();
      const client = await useClient(t, broker);
      await client.send(queue, [{ n: 1 }, { fail: true }]);
      const { reason, attempt } = await hurricane.sees('message.dead');
      assert.match(String(reason), /this one fails$/);
      assert.equal(attempt, 2);
      await eventually(() => {
        assert.deepEqual(hurricane.output.filter((line) => line.startsWith('attempt')).sort(), [
          'attempt 1: {"fail":true}',
          'attempt 1: {"n":1}',
          'attempt 2: {"fail":true}',
        ]);
      });
      hurricane.signal('SIGTERM');
      assert.equal((await hurricane.exit).code, 0);
      assert.equal(await client.count(queue), 0);
    },
  );
}

const DIES_OF_POISON = `
import json, os, signal, sys
print(json.dumps({"t": "ready"}), flush=True)
for line in sys.stdin:
    word = json.loads(line)
    if word["t"] != "msg": continue
    poison = word["props"].get("messageId", "")
    if poison == "exits": os._exit(1)
    if poison == "faults": os.kill(os.getpid(), signal.SIGSEGV)
    if poison == "eats": bytearray(2_000_000_000)
    print(json.dumps({"id": word["id"], "r": "ack"}), flush=True)
`;
/** Less memory than one message asks for, and no core of the one that faults. */
const LIMITED = 'prlimit --as=1000000000 --core=0 /usr/bin/python3';

forEachArtefact(
  'a program that dies costs its message an attempt, and the others are handled',
  async (t, artefact) => {
    const queue = `poison-${artefact}`;
    const path = join(useTempDir(t), 'handler.py');
    writeFileSync(path, DIES_OF_POISON);
    const hurricane = await startHandler(t, {
      ...{ artefact, queue },
      handler: ['--handler-exec', `${LIMITED} ${path}`],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    const reasons = {
      exits: 'it exited with code 1',
      faults: 'it was ended by SIGSEGV',
      eats: 'it exited with code 1',
    };
    for (const messageId of Object.keys(reasons)) await client.send(queue, [{}], { messageId });
    await client.send(queue, numbers(50));
    await hurricane.seesNth(3, 'message.dead');
    const dead = hurricane.logs.filter(({ event }) => event === 'message.dead');
    assert.deepEqual(Object.fromEntries(dead.map(({ id, reason }) => [id, reason])), reasons);
    assert.deepEqual(
      dead.map(({ class: failure, attempt }) => [failure, attempt]),
      Array(3).fill(['crash', 2]),
    );
    assert.match(hurricane.output.join('\n'), /MemoryError/);
    await eventually(async () => {
      const { text } = await hurricane.probe('metrics');
      assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="ack"\} 50$/m);
    });
    assert.equal(await client.count(`${queue}.dead`), 3);
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
  },
);

forEachArtefact(
  'what is no word of the protocol ends the program, with a sentence',
  async (t, artefact) => {
    const queue = `nonsense-${artefact}`;
    const handler = [
      '--handler-exec',
      `sh -c 'echo "{\\"t\\":\\"ready\\"}"; read -r hello; read -r word; echo hello'`,
    ];
    const hurricane = await startHandler(t, { artefact, queue, handler });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [{}]);
    const { reason } = await hurricane.sees('message.retried');
    assert.equal(
      reason,
      'its line "hello" is no JSON object; what is for people belongs to stderr',
    );
  },
);

const COUNTS_BYTES = `
import base64, json, sys
print(json.dumps({"t": "ready"}), flush=True)
for line in sys.stdin:
    word = json.loads(line)
    if word["t"] != "msg": continue
    body = base64.b64decode(word["body64"])
    print(len(body), file=sys.stderr, flush=True)
    if word["attempt"] == 1: print("x" * 2_000_000, end="", flush=True)
    else: print(json.dumps({"id": word["id"], "r": "ack"}), flush=True)
`;

test('a line without an end ends the program, and a body of 20 MB comes whole, again and again [js]', async (t) => {
  const queue = 'large';
  const path = join(useTempDir(t), 'handler.py');
  writeFileSync(path, COUNTS_BYTES);
  const handler = ['--handler-exec', `/usr/bin/python3 ${path}`];
  const hurricane = await startHandler(t, { artefact: 'js', queue, handler });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['x'.repeat(20_000_000)]);
  const { reason, class: failure } = await hurricane.sees('message.retried');
  assert.deepEqual([failure, reason], ['crash', 'it wrote a line of more than 1048576 bytes']);
  await eventually(async () => {
    // The quotes are part of the JSON.
    assert.deepEqual(hurricane.output, ['20000002', '20000002']);
    const { text } = await hurricane.probe('metrics');
    assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="ack"\} 1$/m);
  });
});

forEachArtefact('a program that never is ready ends the start with 66', async (t, artefact) => {
  const handler = ['--handler-exec', `sh -c 'echo broken >&2; exit 4'`];
  const hurricane = await startHandler(t, { artefact, queue: `never-${artefact}`, handler });
  assert.equal((await hurricane.exit).code, 66);
  const { reason } = await hurricane.sees('hurricane.ended');
  assert.match(String(reason), /never ready: .*: it exited with code 4$/);
});

forEachArtefact('a server is posted to, and its status decides', async (t, artefact) => {
  const queue = `url-${artefact}`;
  const seen: string[] = [];
  const { url } = await useHttpServer(t, (request, response) => {
    const { 'x-hurricane-id': id, 'x-hurricane-attempt': attempt } = request.headers;
    seen.push(`${String(id)} ${String(attempt)} ${String(request.headers['content-type'])}`);
    response.statusCode = id === '1' ? 400 : id === '2' && attempt === '1' ? 503 : 204;
    const said = id === '1' ? `no\r\n such\torder ${'x'.repeat(1000)}` : '';
    request.resume().on('end', () => response.end(said));
  });
  const hurricane = await startHandler(t, { artefact, queue, handler: ['--handler-url', url] });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [{}, {}, {}]);
  const { reason, class: failure, routing_key } = await hurricane.sees('message.dead');
  const told = `HTTP 400: no such order ${'x'.repeat(186)}`;
  assert.deepEqual([reason, failure, routing_key], [told, 'rejected', queue]);
  await eventually(() => {
    assert.deepEqual(seen.toSorted(), [
      '0 1 application/json',
      '1 1 application/json',
      '2 1 application/json',
      '2 2 application/json',
    ]);
  });
});

test('a server that nobody is at costs no attempt: it is looked for until it answers [js]', async (t) => {
  const queue = 'url-later';
  const port = await usePort();
  const handler = ['--handler-url', `http://localhost:${port}/`];
  const hurricane = await startHandler(t, { artefact: 'js', queue, handler });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, numbers(20));
  await eventually(async () => {
    const { status, text } = await hurricane.probe('ready');
    assert.equal(status, 400);
    assert.match(
      text,
      /^not consuming: the server at localhost:\d+ cannot be reached: connection refused/,
    );
  });
  const attempts: string[] = [];
  await useHttpServer(
    t,
    (request, response) => {
      attempts.push(String(request.headers['x-hurricane-attempt']));
      request.resume().on('end', () => response.end());
    },
    { on: port },
  );
  await eventually(() => assert.deepEqual(attempts, Array(20).fill('1')));
  await eventually(async () => assert.equal((await hurricane.probe('ready')).status, 200));
  assert.ok(!hurricane.logs.some(({ event }) => event?.startsWith('message.')));
});

test('a program per message that is not there, or cannot be run, is found at the start [js]', async (t) => {
  const path = join(useTempDir(t), 'handle.sh');
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o644 });
  for (const [word, code, sentence] of [
    ['nosuchprog', 127, /^the handler nosuchprog was not found$/],
    [path, 126, /^the handler .*\/handle\.sh is not executable$/],
  ] as const) {
    const handler = ['--handler-once', word];
    const hurricane = await startHandler(t, { artefact: 'js', queue: 'once-none', handler });
    assert.equal((await hurricane.exit).code, code);
    const { reason, next } = await hurricane.sees('hurricane.ended');
    assert.match(String(reason), sentence);
    assert.match(String(next), /^correct --handler-once/);
    assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.subscribed'));
  }
});

test('a program that cannot be started is not told as one that is started again [js]', async (t) => {
  const handler = ['--handler-exec', 'nosuchprog'];
  const hurricane = await startHandler(t, { artefact: 'js', queue: 'exec-none', handler });
  assert.equal((await hurricane.exit).code, 127);
  assert.ok(!hurricane.logs.some(({ event }) => event === 'handler.restarted'));
});

const HANGS_ONCE = `
import json, sys
print(json.dumps({"t": "ready"}), flush=True)
for line in sys.stdin:
    word = json.loads(line)
    if word["t"] == "msg" and word["attempt"] > 1: print(json.dumps({"id": word["id"], "r": "ack"}), flush=True)
`;

test('a program that takes too long is told of once [js]', async (t) => {
  const queue = 'hangs';
  const path = join(useTempDir(t), 'handler.py');
  writeFileSync(path, HANGS_ONCE);
  const handler = [
    ...['--handler-exec', `/usr/bin/python3 ${path}`],
    ...['--handler-timeout', '500ms', '--concurrency', '2'],
  ];
  const hurricane = await startHandler(t, { artefact: 'js', queue, handler });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [1, 2]);
  await hurricane.sees('message.retried');
  await eventually(async () => {
    const { text } = await hurricane.probe('metrics');
    assert.match(text, /^hurricane_consumer_messages_total\{.*outcome="ack"\} 2$/m);
  });
  const restarts = hurricane.logs.filter(({ event }) => event === 'handler.restarted');
  assert.deepEqual(
    restarts.map(({ cause, reason }) => [cause, reason]),
    [['timeout', 'no end within 0.5s (--handler-timeout)']],
  );
});
