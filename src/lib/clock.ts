// Time that only goes forward.

import process from 'node:process';

/** Milliseconds since this process began, with fractions. As `performance.now()`, which takes 1 ms of each start to load. */
export function monotonicMs(): number {
  return read() - beganAt;
}

function read(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

const beganAt = read() - process.uptime() * 1e3;
