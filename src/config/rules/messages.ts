// Rules about where messages come from and who handles them.

import { problem, usageProblem, type Problem } from '../problem.ts';
import { isGiven } from '../settle.ts';
import { givenBy, isUnset, type Rule, type Subject } from './rule.ts';

/** Of a command that takes messages. */
export const messageRules: readonly Rule[] = [
  brokerIsNamed,
  oneWayToNameTheBroker,
  passwordsAreNoFlags,
  queueIsNamed,
  deadLettersLeaveTheQueue,
  queueNamesFit,
  exclusiveIsHeeded,
  oneHandler,
  keyHasItsCertificate,
  protocolCanDeclare,
  protocolKnowsTheWord,
];

/** In the words of the original, whose users search for them. */
function brokerIsNamed({ values, entries }: Subject): readonly Problem[] {
  if (isGiven(entries, 'amqp-url')) return [];
  const sentence = (what: string, variable: string, key: string, flag: string): Problem =>
    usageProblem(
      `The amqp ${what} must not be empty: set it either as environment ${variable}, ` +
        `in the configuration file as ${key} or as optional argument ${flag}`,
    );
  return [
    ...(isUnset(values, entries, 'amqpHost', 'amqp-host')
      ? [sentence('host', 'AMQP_HOST', 'amqpHost', '--amqp-host')]
      : []),
    ...(isUnset(values, entries, 'amqpPort', 'amqp-port')
      ? [sentence('port', 'AMQP_PORT', 'amqpPort', '--amqp-port')]
      : []),
  ];
}

function oneWayToNameTheBroker({ values, entries }: Subject): readonly Problem[] {
  if ((values.amqpUrl ?? []).length === 0) return [];
  const others = (['amqp-host', 'amqp-port'] as const).filter(
    (name) => givenBy(entries, name).length > 0,
  );
  if (others.length === 0) return [];
  const message = `amqp-url and ${others.join(', ')} exclude each other: keep amqp-url, or name host and port`;
  return [problem(message, ...givenBy(entries, 'amqp-url', ...others))];
}

function passwordsAreNoFlags({ values, entries }: Subject): readonly Problem[] {
  const isFlag = entries.get('amqp-url')?.origin.layer === 'flag';
  if (!isFlag || !(values.amqpUrl ?? []).some(({ password }) => password !== undefined)) return [];
  const message =
    'amqp-url holds a password, which everybody on this machine can read in a flag: ' +
    'set AMQP_PASSWORD or AMQP_PASSWORD_FILE, or give the URL as AMQP_URL';
  return [problem(message, ...givenBy(entries, 'amqp-url'))];
}

function queueIsNamed({ values, entries }: Subject): readonly Problem[] {
  if (!isUnset(values, entries, 'queue', 'queue')) return [];
  return [usageProblem('there is no queue to take messages from: name it with --queue')];
}

/** A message that is given up would come again at once, for ever. */
function deadLettersLeaveTheQueue({ values, entries }: Subject): readonly Problem[] {
  const { queue, deadLetter } = values;
  if (queue === undefined || queue !== deadLetter) return [];
  const message =
    `dead-letter and queue are both ${queue}, and what is given up would come back for ever: ` +
    'name another queue for dead letters';
  return [problem(message, ...givenBy(entries, 'queue', 'dead-letter'))];
}

/** Of a name in AMQP, in bytes. */
const LONGEST_NAME = 255;

/** Those of its retries and of dead letters are longer than its own. */
function queueNamesFit({ values, entries }: Subject): readonly Problem[] {
  const { queue, deadLetter = '', retry = [] } = values;
  if (queue === undefined) return [];
  const names = [queue, ...retry.map((delayMs) => `${queue}.retry.${delayMs}`), deadLetter];
  const lengths = names.map((name) => Buffer.byteLength(name));
  const longest = names[lengths.indexOf(Math.max(...lengths))] ?? '';
  const length = Buffer.byteLength(longest);
  if (length <= LONGEST_NAME) return [];
  const [name, what] =
    longest === deadLetter && givenBy(entries, 'dead-letter').length > 0
      ? (['dead-letter', 'its name'] as const)
      : ([
          'queue',
          longest === queue ? 'its name' : `the name …${longest.slice(queue.length)}`,
        ] as const);
  const message = `${name} is too long: ${what} has ${length} bytes, and AMQP allows ${LONGEST_NAME}`;
  return [problem(`${message}: shorten it`, ...givenBy(entries, name))];
}

function exclusiveIsHeeded({ values, entries }: Subject): readonly Problem[] {
  if (values.exclusive !== true || values.queueType !== 'quorum') return [];
  if (values.protocol === '1.0') return [];
  const message =
    'exclusive needs queue-type classic, for a quorum queue does not heed it: ' +
    'use queue-type classic, or single-active instead of exclusive';
  return [problem(message, ...givenBy(entries, 'exclusive', 'queue-type'))];
}

const handlers = ['handler', 'handler-exec', 'handler-url', 'handler-once'] as const;

function oneHandler({ entries }: Subject): readonly Problem[] {
  if (!entries.has('handler')) return [];
  const given = handlers.filter((name) => isGiven(entries, name));
  if (given.length === 1) return [];
  if (given.length > 1) {
    const message = `${given.join(' and ')} exclude each other: keep one of them`;
    return [problem(message, ...givenBy(entries, ...given))];
  }
  return [
    usageProblem(
      'there is no handler for the messages: name a module, such as hurricane consume handler.mjs, ' +
        'or a program with --handler-exec',
    ),
  ];
}

function keyHasItsCertificate({ values, entries }: Subject): readonly Problem[] {
  if ((values.amqpCert === undefined) === (values.amqpKey === undefined)) return [];
  const message = 'amqp-cert and amqp-key need each other: give both files';
  return [problem(message, ...givenBy(entries, 'amqp-cert', 'amqp-key'))];
}

function protocolCanDeclare({ values, entries }: Subject): readonly Problem[] {
  if (values.protocol !== '1.0' || values.topology !== 'declare') return [];
  const message =
    'protocol 1.0 cannot declare queues: declare the queue, its retry queues and its dead letters ' +
    'at the broker, and use topology passive to check that they are there, or none';
  return [problem(message, ...givenBy(entries, 'protocol', 'topology'))];
}

function protocolKnowsTheWord({ values, entries }: Subject): readonly Problem[] {
  if (values.protocol !== '1.0') return [];
  const unknown = [
    ...(values.exclusive ? (['exclusive'] as const) : []),
    ...(values.priority === undefined ? [] : (['priority'] as const)),
  ];
  return unknown.map((name) =>
    problem(
      `${name} is no word of protocol 1.0: leave it out, or use protocol 0-9-1`,
      ...givenBy(entries, 'protocol', name),
    ),
  );
}
