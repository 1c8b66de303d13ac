// The data types of AMQP 0-9-1 as they stand in methods, and its tables, as far as arguments need them. What
// cannot be read throws a RangeError.

export type FieldValue = string | number | boolean | FieldTable;
export interface FieldTable {
  readonly [name: string]: FieldValue;
}

/** Each type of the protocol, and what it is here. */
export interface Kinds {
  bit: boolean;
  octet: number;
  short: number;
  long: number;
  longlong: number;
  shortstr: string;
  longstr: string;
  table: FieldTable;
}

export type Fields = Readonly<Record<string, keyof Kinds>>;
export type ValuesOf<F extends Fields> = { readonly [Name in keyof F]: Kinds[F[Name]] };

export function readFields<F extends Fields>(fields: F, bytes: Buffer): ValuesOf<F> {
  const reader = new Reader(bytes);
  const values = Object.entries(fields).map(([name, kind]) => [name, reader.read(kind)] as const);
  return Object.fromEntries(values) as ValuesOf<F>;
}

export function writeFields<F extends Fields>(fields: F, values: ValuesOf<F>): Buffer {
  const parts: Buffer[] = [];
  let bits: number[] = [];
  const closeBits = (): void => {
    if (bits.length > 0) parts.push(octet(bits.reduce((all, bit, place) => all | (bit << place))));
    bits = [];
  };
  for (const [name, kind] of Object.entries(fields)) {
    const value = values[name];
    if (kind === 'bit') {
      bits.push(value === true ? 1 : 0);
    } else {
      closeBits();
      parts.push(write(kind, value as Kinds[typeof kind]));
    }
  }
  closeBits();
  return Buffer.concat(parts);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Neighbouring bits share an octet: where the next one stands in it. */
  #bit = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(kind: keyof Kinds): Kinds[keyof Kinds] {
    if (kind === 'bit') return this.#readBit();
    this.#bit = 0;
    switch (kind) {
      case 'octet':
        return this.#bytes.readUInt8(this.#skip(1));
      case 'short':
        return this.#bytes.readUInt16BE(this.#skip(2));
      case 'long':
        return this.#bytes.readUInt32BE(this.#skip(4));
      case 'longlong':
        return Number(this.#bytes.readBigUInt64BE(this.#skip(8)));
      case 'shortstr':
        return this.#short();
      case 'longstr':
        return this.#long().toString();
      case 'table':
        return new Reader(this.#long()).#readTable();
    }
  }

  #readBit(): boolean {
    if (this.#bit % 8 === 0) this.#skip(1);
    const octetOfBits = this.#bytes.readUInt8(this.#at - 1);
    const isSet = (octetOfBits & (1 << (this.#bit % 8))) !== 0;
    this.#bit += 1;
    return isSet;
  }

  #readTable(): FieldTable {
    const entries: [string, FieldValue][] = [];
    while (this.#at < this.#bytes.length) {
      entries.push([this.#short(), this.#readValue()]);
    }
    return Object.fromEntries(entries);
  }

  #readValue(): FieldValue {
    const tag = String.fromCharCode(this.#bytes.readUInt8(this.#skip(1)));
    switch (tag) {
      case 't':
        return this.#bytes.readUInt8(this.#skip(1)) !== 0;
      case 'b':
        return this.#bytes.readInt8(this.#skip(1));
      case 's':
        return this.#bytes.readInt16BE(this.#skip(2));
      case 'I':
        return this.#bytes.readInt32BE(this.#skip(4));
      case 'l':
        return Number(this.#bytes.readBigInt64BE(this.#skip(8)));
      case 'S':
        return this.#long().toString();
      case 'F':
        return new Reader(this.#long()).#readTable();
      default:
        throw new RangeError(`a table with a value of type ${tag}`);
    }
  }

  #short(): string {
    return this.#slice(this.#bytes.readUInt8(this.#skip(1))).toString();
  }

  #long(): Buffer {
    return this.#slice(this.#bytes.readUInt32BE(this.#skip(4)));
  }

  #slice(length: number): Buffer {
    const start = this.#skip(length);
    if (this.#at > this.#bytes.length) throw new RangeError('it ends too early');
    return this.#bytes.subarray(start, this.#at);
  }

  #skip(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}

type Written = Exclude<keyof Kinds, 'bit'>;

const writers: { readonly [K in Written]: (value: Kinds[K]) => Buffer } = {
  octet,
  short: (value) => Buffer.from([value >> 8, value & 0xff]),
  long,
  longlong: (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  },
  shortstr: (value) => Buffer.concat([octet(Buffer.byteLength(value)), Buffer.from(value)]),
  longstr: (value) => withLength(Buffer.from(value)),
  table: writeTable,
};

function write<K extends Written>(kind: K, value: Kinds[K]): Buffer {
  return writers[kind](value);
}

/** Of texts, truths and tables: more is never said. */
function writeTable(table: FieldTable): Buffer {
  const entries = Object.entries(table).flatMap(([name, value]) => {
    const key = writers.shortstr(name);
    if (typeof value === 'boolean') return [key, Buffer.from('t'), octet(value ? 1 : 0)];
    if (typeof value === 'string') return [key, Buffer.from('S'), writers.longstr(value)];
    return [key, Buffer.from('F'), writeTable(value as FieldTable)];
  });
  return withLength(Buffer.concat(entries));
}

function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([long(bytes.length), bytes]);
}

function octet(value: number): Buffer {
  return Buffer.from([value]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
