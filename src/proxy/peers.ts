// Who is at the other end of a connection, and whether what it says about others is believed.

import { BlockList } from 'node:net';

import type { TrustProxy } from '../config/slices/proxy.ts';

/** One connected client; looked up once per connection. */
export interface Peer {
  /** Never an IPv4 address in IPv6 clothes. */
  readonly address: string;
  readonly trusted: boolean;
  /** The port of ours that it connected to. */
  readonly localPort: number;
}

/** The part of a socket that matters here. */
interface Connected {
  readonly remoteAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

export class Peers {
  readonly #trust: (address: string) => boolean;
  readonly #known = new WeakMap<Connected, Peer>();

  constructor(trust: TrustProxy) {
    this.#trust = compileTrust(trust);
  }

  of(socket: Connected): Peer {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const address = plainAddress(socket.remoteAddress ?? '');
    const peer = {
      address,
      trusted: this.#trust(address),
      localPort: socket.localPort ?? 0,
    };
    this.#known.set(socket, peer);
    return peer;
  }

  /** The nearest address of a chain `client, proxy, proxy` that is not a trusted proxy; else the first. */
  clientOf(forwardedFor: string): string {
    const chain = forwardedFor.split(',').map((part) => plainAddress(part.trim()));
    return chain.findLast((address) => !this.#trust(address)) ?? chain[0] ?? '';
  }
}

/** The list is made when the first client has come: that takes a moment of the start. */
function compileTrust(trust: TrustProxy): (address: string) => boolean {
  if (trust.kind !== 'ranges') return () => trust.kind === 'all';
  let list: BlockList | undefined;
  return (address) => (list ??= blockListOf(trust.cidrs)).check(address, familyOf(address));
}

function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [net = '', prefix] = cidr.split('/');
    const family = familyOf(net);
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  return list;
}

/** Of something that may be no address at all: then it is in no list. Node's isIPv6 takes 10 ms the first time. */
function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
