// Whether a check asks something beyond this pod. Pure.

import { isIPv4 } from 'node:net';

import type { CheckTarget } from '../config/slices/observation.ts';
import { urlOfApp } from './app-url.ts';

/** False for what nobody can know: a program or a module may reach anything. */
export function reachesOtherHost(target: CheckTarget): boolean {
  switch (target.kind) {
    case 'http':
      return !isLoopback(new URL(target.url).hostname);
    case 'tcp':
      return !isLoopback(target.host);
    case 'app':
      return !isLoopback(urlOfApp(target.url, '1').hostname);
    default:
      return false;
  }
}

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIPv4(name)) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost');
}
