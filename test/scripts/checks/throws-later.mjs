// What it throws comes out of nowhere: no call of ours is there to catch it.

export default function check() {
  setTimeout(() => {
    throw new Error('out of nowhere');
  });
  return new Promise(() => undefined);
}
