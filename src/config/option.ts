// What an option is, and the types that follow from the table of all options.

/** A command that reads options. */
export type CommandName = 'serve' | 'worker' | 'consume' | 'prepare' | 'check' | 'probe' | 'ctl';

export type Layer = 'flag' | 'file' | 'environment';

export type Group =
  | 'general'
  | 'listeners'
  | 'start'
  | 'debugging'
  | 'checks'
  | 'webhooks'
  | 'metrics'
  | 'proxy'
  | 'files'
  | 'handler'
  | 'broker'
  | 'queue'
  | 'retry'
  | 'life';

/** The part of JSON Schema that is needed to describe one value. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A value, or the end of a sentence that begins with the rejected text: `is not a port: give …`. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Turns the text of one value into what the program works with. Pure. */
export interface Parser<T> {
  /** Stands for the value in help: `PORT`. */
  readonly shape: string;
  /** What the file may hold. */
  readonly schema: JsonSchema;
  readonly parse: (text: string) => Parsed<T>;
  /** The only values there are, for completion. */
  readonly choices?: readonly string[];
  /** The value is a file, for completion. */
  readonly isFile?: true;
}

/** A default that depends on where we run or on another option. */
export interface DerivedDefault {
  /** Stands for it in help: `port + 1`. */
  readonly describe: string;
  readonly derive: (settled: Settled) => string;
}

/** What a derived default may look at; of options, those that stand above it in the table. */
export interface Settled {
  readonly host: string;
  readonly port: number;
  readonly probePort: number;
  readonly samePort: boolean;
  /** Two apps at a time would be in each other's way: in one place to listen, or doing the same work twice. */
  readonly oneAtATime: boolean;
  /** Work comes from a queue and not by HTTP. */
  readonly consuming: boolean;
  readonly protocol: '0-9-1' | '1.0';
  readonly queue: string;
  readonly concurrency: number;
  readonly durable: boolean;
  readonly debug: boolean;
  /** Somebody may stop the app at a breakpoint. */
  readonly debugging: boolean;
  readonly inKubernetes: boolean;
  readonly temporaryFolder: string;
}

/** One row of the table. Its key is the flag without dashes; variable and file key follow from it. */
export interface Option {
  readonly on: readonly CommandName[];
  readonly group: Group;
  readonly parser: Parser<unknown>;
  /** One sentence without a full stop. */
  readonly help: string;
  readonly default?: string | DerivedDefault;
  /** May be given many times: a list in the file, one value per line in the variable. */
  readonly list?: true;
  /** Needs no value as a flag. */
  readonly flag?: true;
  /** What it means as a flag without a value. */
  readonly bare?: string;
  /** Its variable is removed from the environment of every program we start. */
  readonly secret?: true;
  /** How a secret is shown; credentials in URLs are masked everywhere anyway. */
  readonly mask?: (text: string) => string;
  /** Another name of the flag. */
  readonly alias?: string;
  /** Instead of the variable that follows from the name; the first one that is set counts. */
  readonly variables?: readonly string[];
  /** Each of its variables with `_FILE` behind it may name a file that holds the value. */
  readonly orFile?: true;
  /** Where it may be given; everywhere unless said otherwise. */
  readonly layers?: readonly Layer[];
  /** Shown by `--help`, which fits one screen. */
  readonly common?: true;
}

export type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

type ParsedBy<O> = O extends { readonly parser: Parser<infer T> } ? T : never;

type ValueOf<O> = O extends { readonly list: true }
  ? readonly ParsedBy<O>[]
  : O extends { readonly default: string | DerivedDefault }
    ? ParsedBy<O>
    : ParsedBy<O> | undefined;

/** The values a command works with, by file key, inferred from the table. */
export type Infer<Table, C extends CommandName> = {
  readonly [
    Name in keyof Table as Table[Name] extends { readonly on: readonly (infer On)[] }
      ? C extends On
        ? Camel<Name & string>
        : never
      : never
  ]: ValueOf<Table[Name]>;
};

/** `probe-port` → `probePort`. */
export function fileKey(name: string): string {
  const [first = '', ...rest] = name.split('-');
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** `probe-port` → `HURRICANE_PROBE_PORT`; the first is the one to document. */
export function variablesOf(name: string, option: Option): readonly [string, ...string[]] {
  const [first, ...rest] = option.variables ?? [];
  return [first ?? `HURRICANE_${name.toUpperCase().replaceAll('-', '_')}`, ...rest];
}

/** On `serve` it means something only with `deliver`, as everything about messages does. */
export function needsDeliver({ on, group }: Option): boolean {
  return on.includes('serve') && on.includes('consume') && messageGroups.includes(group);
}

/** Rows of these are about messages. */
export const messageGroups: readonly Group[] = ['handler', 'broker', 'queue', 'retry'];

export function allows(option: Option, layer: Layer): boolean {
  return option.layers?.includes(layer) ?? true;
}
