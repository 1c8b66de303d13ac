export default function check() {
  const eaten = [];
  for (;;) eaten.push(new Array(10_000).fill(eaten.length));
}
