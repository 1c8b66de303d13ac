// Answers with one word of $SAYS per run, and with the last one from then on: `pass`, a level of a message,
// or `hang`.

const words = process.env.SAYS.split(' ');
let run = 0;

export default function check() {
  const word = words[Math.min(run, words.length - 1)];
  run += 1;
  if (word === 'pass') return undefined;
  if (word === 'hang') return new Promise(() => undefined);
  return {
    level: word,
    msg: 'the disk is nearly full',
    hint: 'remove something',
    id: 'disk.full',
  };
}
