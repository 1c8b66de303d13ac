// The corpus of hostile requests against the artefacts: none may become two.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveLent } from '../helpers/lent-app.ts';
import { useRawApp } from '../helpers/raw-tcp.ts';
import { assertNoSecond, corpus, ok, post } from '../helpers/smuggling.ts';

forEachArtefact(
  'no request of the corpus ever becomes a second one at the app, nor stays in the books',
  async (t, artefact) => {
    const app = await useRawApp(t, () => ok);
    const hurricane = await serveLent(t, app, [], { artefact });
    assert.ok(Object.keys(corpus).length >= 60);
    for (const [name, bytes] of Object.entries(corpus)) {
      await assertNoSecond(t, hurricane.port, app, bytes).catch((error: unknown) => {
        throw new Error(`a second request: ${name}`, { cause: error });
      });
    }
    await eventually(async () => {
      const { inFlight, queued } = await readBooks(hurricane);
      assert.deepEqual([inFlight, queued], [0, 0]);
    });
  },
);

forEachArtefact(
  'the judge would see a second request: an honest one behind the first is found',
  async (t, artefact) => {
    const app = await useRawApp(t, () => ok);
    const { port } = await serveLent(t, app, [], { artefact });
    const honest = post(['Content-Length: 0', 'Connection: keep-alive']);
    await assert.rejects(assertNoSecond(t, port, app, honest), /hidden/);
  },
);
