// A private RabbitMQ node: its own epmd, ports and folders; nothing of the machine's own is read or used.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

import { isInstalled } from './apps.ts';
import { eventually } from './eventually.ts';
import { usePort } from './port.ts';

/** Not the one on PATH, which becomes another user and another folder. */
export const RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export interface Rabbitmq {
  /** Where AMQP is spoken, some seconds after the start: `127.0.0.1:12345`. */
  readonly address: () => string;
}

/** Started before the tests of the file that calls this, if it is installed; gone after them. */
export function shareRabbitmq(): Rabbitmq {
  const folder = mkdtempSync(join(tmpdir(), 'hurricane-rabbitmq-'));
  const started: ChildProcess[] = [];
  let address = '';

  before(async () => {
    if (!(await isInstalled(RABBITMQ))) return;
    const [port, epmdPort] = [await usePort(), await usePort()];
    address = `127.0.0.1:${port}`;
    started.push(start('epmd', ['-port', `${epmdPort}`, ...LOCAL_EPMD], {}));
    await eventually(() => canConnect(epmdPort));
    started.push(start(RABBITMQ, [], nodeEnvironment(folder, port, epmdPort)));
  });

  after(async () => {
    const exits = started.map((child) => once(child, 'exit'));
    for (const child of started) child.kill('SIGKILL');
    await Promise.all(exits);
    rmSync(folder, { recursive: true, force: true });
  });

  return { address: () => address };
}

const LOCAL_EPMD = ['-address', '127.0.0.1', '-relaxed_command_check'];

/** It does not outlive us, whatever becomes of us, and the leak check is told nothing of it. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
}

function nodeEnvironment(folder: string, port: number, epmdPort: number): NodeJS.ProcessEnv {
  const own = (name: string): string => join(folder, name);
  writeFileSync(own('enabled_plugins'), '[].');
  writeFileSync(own('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  return {
    HOME: folder,
    ERL_EPMD_PORT: `${epmdPort}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // It is not there: the machine's own would be read instead.
    RABBITMQ_CONF_ENV_FILE: own('none.conf'),
    RABBITMQ_NODENAME: `hurricane${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${port + 1}`,
    RABBITMQ_CONFIG_FILE: own('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: own('advanced.config'),
    RABBITMQ_MNESIA_BASE: own('mnesia'),
    RABBITMQ_LOG_BASE: own('log'),
    RABBITMQ_PID_FILE: own('pid'),
    RABBITMQ_PLUGINS_EXPAND_DIR: own('expand'),
    RABBITMQ_GENERATED_CONFIG_DIR: own('generated'),
    RABBITMQ_ENABLED_PLUGINS_FILE: own('enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The script becomes the node, whose pid is then ours to signal.
    detached: '1',
  };
}

async function canConnect(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}
