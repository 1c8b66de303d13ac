export default function check() {
  for (;;);
}
