// What a consumer cannot do without may come by a variable too, and then values without it are rendered.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { helmSkip, leastValues, template } from '../helpers/helm.ts';

const { image } = leastValues;
const consume = { kind: 'consume', image, hurricane: { handler: 'h.mjs', queue: 'q' } };
const deliver = { ...leastValues, hurricane: { deliver: '/messages', queue: 'q' } };
const fromSecret = { amqpUrl: { secretName: 'broker', key: 'url' } };
const variable = (name: string): object => ({ name, value: 'given' });

const cases: Readonly<Record<string, object>> = {
  'the URL from a Secret': { ...consume, secrets: fromSecret },
  'the URL for messages that are delivered': { ...deliver, secrets: fromSecret },
  'the URL by a variable': { ...consume, extraEnv: [variable('AMQP_URL')] },
  'host and port by variables of either name': {
    ...deliver,
    extraEnv: ['AMQP_HOST_FILE', 'HURRICANE_AMQP_PORT'].map(variable),
  },
  'all by variables that only the cluster knows': {
    ...consume,
    hurricane: { handler: 'h.mjs' },
    extraEnvFrom: [{ secretRef: { name: 'broker' } }],
  },
  'the queue by a variable': {
    ...consume,
    hurricane: { handler: 'h.mjs', amqpHost: 'rabbitmq', amqpPort: 5672 },
    extraEnv: [variable('HURRICANE_QUEUE')],
  },
};

suite('the broker and the queue', { skip: helmSkip }, () => {
  for (const [name, values] of Object.entries(cases)) {
    test(name, () => {
      const { status, stderr } = template({ values });
      assert.equal(status, 0, stderr);
    });
  }
});
