import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Subscription } from '../../../src/amqp/subscription.ts';
import type { Link } from '../../../src/amqp/transport.ts';
import { Deadline } from '../../../src/core/deadline.ts';

/** A broker that answers what it is asked when it is told to, in this order. */
function makeLink() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const ask = (what: string): Promise<void> => {
    asked.push(what);
    return new Promise((resolve) => answers.push(resolve));
  };
  const link: Link = {
    broker: 'a broker',
    ended: new Promise(() => undefined),
    blocked: false,
    publish: () => Promise.resolve(),
    republish: () => Promise.resolve(),
    headerRoom: () => Infinity,
    redeclare: () => Promise.resolve(),
    cancel: () => ask('cancel'),
    resume: () => ask('resume'),
    close: () => Promise.resolve(),
  };
  return { link, asked, answer: () => answers.shift()?.() };
}

test('what a drain and its end have asked is over before the consumer is cancelled for good', async () => {
  const { link, asked, answer } = makeLink();
  const subscription = new Subscription({
    transport: { address: () => 'broker:5672', open: () => Promise.resolve(link) },
    queue: { name: 'jobs' },
    reconnect: undefined,
    routingKeys: () => [],
    emit: () => undefined,
    onDelivery: () => undefined,
    onLost: () => undefined,
    onChange: () => undefined,
  });
  await subscription.start(new AbortController().signal);
  const deadline = Deadline.after(10_000);
  const all = [subscription.pause(), subscription.resume(), subscription.cancel(deadline.signal)];
  for (const step of ['cancel', 'resume', 'cancel']) {
    await new Promise(setImmediate);
    assert.equal(asked.splice(0).join(), step);
    answer();
  }
  await Promise.all(all);
  await subscription.stop(deadline);
  deadline.expire();
});
