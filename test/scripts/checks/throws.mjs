export default function check() {
  throw new RangeError('beyond it');
}
