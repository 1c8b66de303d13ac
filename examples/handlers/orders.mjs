// What `npm run demo:consume` runs: hurricane consume examples/handlers/orders.mjs --queue orders --retry 1s
// What it returns is done; what it throws is tried again, and after the last attempt is a dead letter.

/** @param {import('hurricane').Message} message */
export default function handle({ body, attempt }) {
  if (body.item === 'unicorn') throw new Error('nobody sells unicorns');
  if (body.item === 'globe' && attempt === 1) throw new Error('the warehouse is busy');
  console.log(`order ${body.order} is shipped, at attempt ${attempt}`);
}
