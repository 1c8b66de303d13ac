// Starts, stops, reloads, kills, drains and signals in any order: what was asked for last is so in the end.

import { liveAtRandom } from '../helpers/random-life.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { useSeeds } from '../helpers/seeded.ts';

/** `npm run soak` lives three hundred of them with each artefact. */
const LIVES = Math.ceil(Number(process.env['SOAK_RUNS'] ?? 2.5) * 3);
/** A life mostly waits. */
const AT_A_TIME = 4;

forEachArtefact(
  'whatever is done to it in whatever order, it ends in the state that was asked for',
  async (t, artefact) => {
    const seeds = useSeeds(t, LIVES);
    const liveOneAfterTheOther = async (): Promise<void> => {
      for (let random = seeds.pop(); random !== undefined; random = seeds.pop()) {
        await liveAtRandom(t, artefact, random);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, liveOneAfterTheOther));
  },
);
