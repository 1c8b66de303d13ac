// Certificates of the test's own, made by openssl: an authority, and what it has signed or not.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  readonly name: string;
  /** `DNS:localhost` or `IP:127.0.0.1`; for a client none. */
  readonly subjectAltName?: string;
  readonly expired?: boolean;
}

/** In the folder, which is the caller's. */
export class Authority {
  readonly cert: string;
  readonly #folder: string;
  readonly #key: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.cert = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}.key`);
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl(['req', '-x509', ...NEW_KEY, ...subject, '-keyout', this.#key, '-out', this.cert]);
  }

  sign({ name, subjectAltName, expired = false }: Wanted): Certificate {
    const own = (suffix: string): string => join(this.#folder, `${name}.${suffix}`);
    const [cert, key, request] = [own('pem'), own('key'), own('csr')];
    openssl(['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
    writeFileSync(
      own('ext'),
      subjectAltName === undefined ? '' : `subjectAltName=${subjectAltName}`,
    );
    const by = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial', '-extfile', own('ext')];
    // openssl's own way to a time in the past: it ends before it begins.
    const days = ['-days', expired ? '-1' : '1'];
    openssl(['x509', '-req', '-in', request, ...by, ...days, '-out', cert]);
    return { cert, key };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
