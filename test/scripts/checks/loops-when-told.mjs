// A check that loops for ever once the file $LOOP exists.

import { existsSync } from 'node:fs';

export default function check() {
  if (existsSync(process.env.LOOP)) for (;;);
}
