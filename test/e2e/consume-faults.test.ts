// What is wrong with a broker, a queue, a login or a handler: the exit code, and one sentence that says it.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startConsumer, useClient, type ConsumeOptions } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const broker = shareRabbitmq();

const IGNORES = 'export default () => {};';
const PASSWORD = 'hush-9f3a';

type Given = Partial<ConsumeOptions> & { readonly artefact: Artefact };

function consumer(t: TestContext, given: Given): Promise<Hurricane> {
  return startConsumer(t, { broker, queue: 'jobs', handler: IGNORES, ...given });
}

/** It ends with the code, for this reason and with this remedy. */
async function assertEnds(
  hurricane: Hurricane,
  code: number,
  reason: RegExp,
  remedy: RegExp,
): Promise<void> {
  const last = await hurricane.sees('hurricane.ended');
  const { code: ended } = await hurricane.exit;
  assert.match(String(last['reason']), reason);
  assert.match(String(last['next']), remedy);
  assert.equal(ended, code);
}

/** A user of the test, with these permissions in the vhost of this file. */
async function useUser(name: string, rights: Partial<Record<Right, string>> = {}): Promise<void> {
  await broker.api('PUT', `users/${name}`, { password: PASSWORD, tags: '' });
  const all = { configure: '.*', write: '.*', read: '.*' };
  await broker.api('PUT', `permissions/${broker.vhostPath}/${name}`, { ...all, ...rights });
}

type Right = 'configure' | 'write' | 'read';

function as(user: string): { readonly env: Record<string, string> } {
  return { env: { AMQP_USER: user, AMQP_PASSWORD: PASSWORD } };
}

forEachArtefact(
  'a wrong password is told with the user, and is never shown',
  async (t, artefact) => {
    const log = join(useTempDir(t), 'termination.log');
    writeFileSync(log, '');
    const hurricane = await consumer(t, {
      artefact,
      env: { AMQP_USER: 'guest', AMQP_PASSWORD: PASSWORD },
      args: ['--termination-log', log, '--log-level', 'debug'],
    });
    await assertEnds(
      hurricane,
      77,
      /^the broker at 127\.0\.0\.1:\d+ refuses the login of user "guest"$/,
      /AMQP_PASSWORD_FILE/,
    );
    const told = readFileSync(log, 'utf8');
    assert.equal((JSON.parse(told) as { code: number }).code, 77);
    const everything = [
      told,
      hurricane.stderr,
      JSON.stringify(hurricane.logs),
      ...hurricane.output,
    ];
    assert.ok(everything.every((text) => !text.includes(PASSWORD)));
  },
);

for (const [right, what] of [
  ['read', 'to read'],
  ['configure', 'to configure'],
] as const) {
  forEachArtefact(
    `a user without permission ${what} is told what is refused`,
    async (t, artefact) => {
      const user = `no-${right}`;
      await useUser(user, { [right]: '^$' });
      const hurricane = await consumer(t, {
        artefact,
        ...as(user),
        queue: `no-${right}-${artefact}`,
      });
      await assertEnds(
        hurricane,
        77,
        new RegExp(`^the broker refuses user "${user}": access to .* refused for user '${user}'`),
        /^give the user permission to configure, write and read, or use --topology passive$/,
      );
    },
  );
}

forEachArtefact('the permissions that the documentation names are enough', async (t, artefact) => {
  const [user, queue, exchange] = [`exact-${artefact}`, `orders-${artefact}`, `work-${artefact}`];
  const queues = `${queue}(\\.retry\\.[0-9]+|\\.dead)?`;
  await useUser(user, {
    configure: `^(${queues}|${exchange})$`,
    write: `^(${queues}|amq\\.default)$`,
    read: `^(${queues}|${exchange})$`,
  });
  const hurricane = await consumer(t, {
    ...{
      artefact,
      queue,
      ...as(user),
      handler: 'export default () => { throw new Error("no"); };',
    },
    args: ['--exchange', exchange, '--retry', '100ms'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  client.channel.publish(exchange, queue, Buffer.from('1'));
  await hurricane.sees('message.dead');
});

forEachArtefact('a vhost that is not there is told by its name', async (t, artefact) => {
  const hurricane = await consumer(t, {
    artefact,
    broker: { port: broker.port, vhost: 'nowhere' },
  });
  await assertEnds(
    hurricane,
    77,
    /^the broker at 127\.0\.0\.1:\d+ does not let user "guest" into vhost "nowhere", or has none of this name$/,
    /^correct --amqp-vhost, or give the user permission for it$/,
  );
});

forEachArtefact(
  'a vhost that vanishes while it is consumed from ends with its name',
  async (t, artefact) => {
    const vhost = `vanishes-${artefact}`;
    await broker.api('PUT', `vhosts/${vhost}`);
    const hurricane = await consumer(t, { artefact, broker: { port: broker.port, vhost } });
    await hurricane.up();
    await broker.api('DELETE', `vhosts/${vhost}`);
    await assertEnds(hurricane, 77, new RegExp(`into vhost "${vhost}"`), /correct --amqp-vhost/);
  },
);

forEachArtefact(
  'a queue that exists otherwise is told with both values, and is taken as it is when asked to',
  async (t, artefact) => {
    const queue = `otherwise-${artefact}`;
    const client = await useClient(t, broker);
    const existing = { 'x-queue-type': 'classic', 'x-max-length': 20 };
    await client.channel.assertQueue(queue, { arguments: existing });
    const wanted = ['--queue-type', 'classic', '--queue-arg', 'x-max-length=10'];
    await assertEnds(
      await consumer(t, { artefact, queue, args: wanted }),
      65,
      new RegExp(
        `'x-max-length' for queue '${queue}' in vhost '${broker.vhost}': received '10' but current is '20'$`,
      ),
      /^give the properties that it has, delete it at the broker, or use --topology passive$/,
    );
    const args = ['--topology', 'passive', ...wanted, '--retry', 'none'];
    const hurricane = await consumer(t, { artefact, queue, args });
    await hurricane.up();
    await client.send(queue, [1, 2, 3]);
    await eventually(async () => assert.equal(await client.count(queue), 0));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    assert.equal((await hurricane.sees('drain.ended'))['completed'], 3);
  },
);

forEachArtefact('an exchange of another type is told with both types', async (t, artefact) => {
  const exchange = `fanout-${artefact}`;
  const client = await useClient(t, broker);
  await client.channel.assertExchange(exchange, 'fanout');
  await assertEnds(
    await consumer(t, { artefact, queue: `ex-${artefact}`, args: ['--exchange', exchange] }),
    65,
    /type.*received 'topic' but current is 'fanout'/,
    /--topology passive$/,
  );
});

forEachArtefact(
  'a deleted queue is waited for: not ready until it is back',
  async (t, artefact) => {
    const queue = `deleted-${artefact}`;
    const args = ['--backoff', '100ms..200ms', '--queue-type', 'classic'];
    const hurricane = await consumer(t, { artefact, queue, args });
    await hurricane.up();
    const client = await useClient(t, broker);
    await broker.api('DELETE', `queues/${broker.vhostPath}/${queue}`);
    assert.equal((await hurricane.sees('consumer.lost'))['cause'], 'cancelled');
    await hurricane.sees(
      ({ event, cause }) => event === 'consumer.reconnecting' && cause === 'missing',
    );
    const { status, text } = await hurricane.probe('ready');
    assert.equal(status, 400);
    assert.match(
      text,
      new RegExp(`^not consuming: no queue '${queue}' in vhost '${broker.vhost}'`),
    );
    assert.equal((await hurricane.probe('alive')).status, 200);
    await client.channel.assertQueue(queue, { arguments: { 'x-queue-type': 'classic' } });
    await hurricane.seesNth(2, 'consumer.subscribed');
    await eventually(async () => assert.equal((await hurricane.probe('ready')).status, 200));
  },
);

forEachArtefact('a deleted queue ends a consumer with --missing fail', async (t, artefact) => {
  const queue = `gone-${artefact}`;
  const hurricane = await consumer(t, { artefact, queue, args: ['--missing', 'fail'] });
  await hurricane.up();
  await broker.api('DELETE', `queues/${broker.vhostPath}/${queue}`);
  await assertEnds(
    hurricane,
    69,
    new RegExp(`^it is not there: no queue '${queue}' in vhost '${broker.vhost}'$`),
    /^declare it, or wait for it with --missing wait$/,
  );
});

/** Beside every one of them. */
const files = {
  'helper.mjs': "export { sum as helper } from './prices.mjs';\n",
  'prices.mjs': 'export function sum(net) {\n  const total = net +;\n}\n',
};

const IMPORT = /^correct the module, or what it imports$/;

const broken: readonly (readonly [
  title: string,
  source: string,
  reason: RegExp,
  shown: readonly string[],
  remedy: RegExp,
])[] = [
  [
    'has a syntax error',
    'export default (message) => {\n  const total = message.body.price +;\n};\n',
    /SyntaxError: Unexpected token ';' \(.*\/handler\.mjs:2\)$/,
    ['handler.mjs:2\n', '  const total = message.body.price +;\n', ' ^\n'],
    IMPORT,
  ],
  [
    'imports what has a syntax error',
    "import { helper } from './helper.mjs';\nexport default () => helper();\n",
    /SyntaxError: Unexpected token ';' \(.*\/prices\.mjs:2\)$/,
    ['prices.mjs:2\n', '  const total = net +;\n', ' ^\n'],
    IMPORT,
  ],
  [
    'rejects while it loads',
    'async function connect() {\n  throw new Error("no database");\n}\nexport default () => {};\nawait connect();\n',
    /Error: no database \(.*\/handler\.mjs:2:\d+\)$/,
    ['Error: no database\n', '    at connect (file:', 'handler.mjs:2:9)\n', 'handler.mjs:5:7'],
    IMPORT,
  ],
  [
    'loses a promise while it loads',
    'async function connect() {\n  throw new Error("no database");\n}\nexport default () => {};\nconnect();\nawait new Promise(() => {});\n',
    /Error: no database$/,
    ['Error: no database\n', 'handler.mjs:2:9)\n', 'handler.mjs:5:1'],
    IMPORT,
  ],
  [
    'fails in its setup',
    'export default () => {};\nexport const setup = async () => {\n  throw new Error("no cache");\n};\n',
    /Error: no cache \(.*\/handler\.mjs:3:\d+\)$/,
    ['Error: no cache\n', 'handler.mjs:3:9'],
    /^correct setup\(\) of the module, or what it needs$/,
  ],
  [
    'exports nothing',
    'const unused = 1;\n',
    /its default export must be a function$/,
    [],
    /^its default export must be a function: export default async function …$/,
  ],
  [
    'imports what is not there',
    'import "./missing.mjs";\nexport default () => {};\n',
    /Cannot find module '.*missing\.mjs' imported from .*handler\.mjs$/,
    [],
    /^install the package where the module finds it, or correct the name it imports$/,
  ],
];

for (const [title, handler, reason, shown, remedy] of broken) {
  forEachArtefact(
    `a handler that ${title} shows where, and nothing of ours`,
    async (t, artefact) => {
      const hurricane = await consumer(t, { artefact, handler, files });
      const { output = '' } = await hurricane.sees('startup.failed');
      await assertEnds(hurricane, 66, reason, remedy);
      const text = String(output);
      for (const part of shown) assert.ok(text.includes(part), text);
      assert.doesNotMatch(text, /node:|worker eval|hurricane\.js/);
      assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.subscribed'));
    },
  );
}

forEachArtefact('a promise that is lost later tells its own stack', async (t, artefact) => {
  const queue = `loses-${artefact}`;
  const handler = `
async function report() {
  throw new Error('no receiver');
}
export default () => { report(); return new Promise(() => {}); };
`;
  const hurricane = await consumer(t, { artefact, queue, handler, args: ['--retry', 'none'] });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [1]);
  const { stack } = await hurricane.sees('handler.restarted');
  assert.match(
    String(stack),
    /^Error: no receiver\n +at report \(.*handler\.mjs:3:9\)\n +at .*handler\.mjs:5:24/,
  );
  assert.doesNotMatch(String(stack), /node:|worker eval|hurricane\.js/);
  assert.equal((await hurricane.sees('message.dead'))['class'], 'crash');
});

forEachArtefact('a password in a flag is refused without being repeated', async (t, artefact) => {
  const url = `amqp://guest:${PASSWORD}@127.0.0.1/`;
  const args = ['consume', 'handler.mjs', '--queue', 'q', '--amqp-url', url];
  const { code, stdout, stderr } = await runHurricane(t, args, { artefact });
  assert.equal(code, 64);
  assert.match(
    stderr,
    /amqp-url holds a password, which everybody on this machine can read in a flag: set AMQP_PASSWORD/,
  );
  assert.ok(!`${stdout}${stderr}`.includes(PASSWORD));
  const flag = ['consume', 'handler.mjs', '--queue', 'q', '--amqp-password', PASSWORD];
  const refused = await runHurricane(t, flag, { artefact });
  assert.equal(refused.code, 64);
  assert.ok(!`${refused.stdout}${refused.stderr}`.includes(PASSWORD), refused.stderr);
});

forEachArtefact(
  'every part of the login comes from a file, and none of it is printed',
  async (t, artefact) => {
    const user = `from-files-${artefact}`;
    await useUser(user);
    const folder = useTempDir(t);
    const values = {
      ...{ HOST: '127.0.0.1', PORT: `${broker.port}`, VHOST: broker.vhost, USER: user, PASSWORD },
    };
    const env = Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        writeFileSync(join(folder, name), `${value}\n`);
        return [`AMQP_${name}_FILE`, join(folder, name)];
      }),
    );
    const handler = `
export default () => {};
console.log('sees', JSON.stringify(Object.values(process.env)));
`;
    const queue = user;
    const args = ['--log-level', 'debug'];
    const hurricane = await consumer(t, { artefact, queue, handler, env, args, broker: undefined });
    await hurricane.up();
    const { text } = await hurricane.probe('metrics');
    const status = await hurricane.probe('ready', { headers: { accept: 'application/json' } });
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    const printed = ['consume', 'handler.mjs', '--queue', queue, '--print-config'];
    const config = await runHurricane(t, printed, { artefact, env });
    assert.equal(config.code, 0, config.stderr);
    assert.match(config.stdout, /amqp-?password.*\*\*\*.*AMQP_PASSWORD_FILE/i);
    const everything = [
      ...[text, status.text, config.stdout, config.stderr, hurricane.stderr],
      ...[JSON.stringify(hurricane.logs), ...hurricane.output],
    ];
    assert.ok(everything.every((each) => !each.includes(PASSWORD)));
  },
);

forEachArtefact(
  'the handler sees no password that came by a variable of ours',
  async (t, artefact) => {
    const user = `hidden-${artefact}`;
    await useUser(user);
    const handler = `
export default () => {};
console.log('sees', JSON.stringify(process.env));
`;
    for (const env of [
      { HURRICANE_AMQP_USER: user, HURRICANE_AMQP_PASSWORD: PASSWORD, AMQP_PORT: `${broker.port}` },
      {
        HURRICANE_AMQP_URL: `amqp://${user}:${PASSWORD}@127.0.0.1:${broker.port}/${broker.vhostPath}`,
      },
    ]) {
      const named =
        'HURRICANE_AMQP_URL' in env
          ? env
          : { ...env, AMQP_HOST: '127.0.0.1', AMQP_VHOST: broker.vhost };
      const hurricane = await consumer(t, {
        ...{ artefact, handler, queue: user, broker: undefined },
        env: { ...named, OTHER: 'stays' },
      });
      await hurricane.up();
      const [seen = ''] = hurricane.output;
      assert.match(seen, /"OTHER":"stays"/);
      assert.ok(!seen.includes(PASSWORD), seen);
      await hurricane.end();
    }
  },
);

forEachArtefact('a file of a secret that cannot be read is named', async (t, artefact) => {
  const args = ['consume', 'handler.mjs', '--queue', 'q', '--amqp-host', 'h', '--amqp-port', '1'];
  const env = { AMQP_PASSWORD_FILE: '/nowhere/password' };
  const { code, stderr } = await runHurricane(t, args, { artefact, env });
  assert.equal(code, 78);
  assert.match(stderr, /amqp-password: "\/nowhere\/password" .*\(from AMQP_PASSWORD_FILE\)/);
});
