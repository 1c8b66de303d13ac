// Notes the time of each run as a line in the file $RUNS.

import { appendFileSync } from 'node:fs';

export default function check() {
  appendFileSync(process.env.RUNS, `${Date.now()}\n`);
}
