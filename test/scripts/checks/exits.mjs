export default function check() {
  process.exit(3);
}
