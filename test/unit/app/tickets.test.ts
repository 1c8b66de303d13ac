import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Tickets } from '../../../src/app/tickets.ts';

const yes = { done: true };
const no = (reason: string, told: boolean): object => ({ done: false, reason, told });

suite('tickets for a new app', () => {
  test('any later generation is new enough, and the same one is not', async () => {
    const tickets = new Tickets();
    const early = tickets.take(1);
    const late = tickets.take(2);
    tickets.fulfil(2);
    tickets.refuse('the end');
    assert.deepEqual(await early, yes);
    assert.deepEqual(await late, no('the end', false));
  });

  test('a generation that fails answers those who waited for it, with its reason, which an event tells', async () => {
    const tickets = new Tickets();
    const early = tickets.take(1);
    const late = tickets.take(2);
    tickets.fail(2, 'it exited');
    tickets.fulfil(3);
    assert.deepEqual(await early, no('it exited', true));
    assert.deepEqual(await late, yes);
  });

  test('the first answer stays', async () => {
    const tickets = new Tickets();
    const ticket = tickets.take(1);
    tickets.fulfil(2);
    tickets.fail(3, 'too late');
    assert.deepEqual(await ticket, yes);
  });
});
