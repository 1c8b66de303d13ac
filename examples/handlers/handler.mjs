// A handler in JavaScript: hurricane consume examples/handlers/handler.mjs --queue tasks
// What it returns is done; what it throws is tried again, and at last a dead letter.

/** @param {import('hurricane').Message} message @param {import('hurricane').Context} context */
export default async function handle(message, context) {
  console.log(`attempt ${message.attempt}: ${JSON.stringify(message.body)}`);
  if (message.body?.fail === true) throw new Error('this one fails');
  if (message.body?.dead === true) return context.dead('nobody can handle it');
}
