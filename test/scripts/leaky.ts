// A test file that leaks one of each: the proof of the leak check.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';

test('leaks a process', () => {
  spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref();
});

test('leaks a timer', () => {
  setTimeout(() => undefined, 60_000);
});

test('leaks a server', async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  server.unref();
});

test('leaks a descriptor', () => {
  openSync(import.meta.filename, 'r');
});

test('leaks a listener', () => {
  process.on('SIGUSR2', () => undefined);
});

test('makes Node warn', () => {
  process.emitWarning('too many of something');
});

test('leaks nothing', (t) => {
  const timer = setTimeout(() => undefined, 60_000);
  t.after(() => clearTimeout(timer));
});
