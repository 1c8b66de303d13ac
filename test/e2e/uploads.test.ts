// Bodies and header fields on their way through, as the original's tests ask for them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { useScript } from '../helpers/apps.ts';
import { serveExample } from '../helpers/example.ts';
import { startHurricane } from '../helpers/hurricane.ts';

const BOUNDARY = '----a-boundary-of-the-test';

function multipart(file: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    file,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

forEachArtefact('E01 a multipart upload of 2 MiB arrives byte for byte', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const body = multipart(randomBytes(2 * 1024 * 1024));
  const headers = { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
  const echo = await hurricane.get('/echo', { method: 'POST', headers, body });
  assert.equal(echo.status, 200);
  const end = echo.body.indexOf('\n\n');
  assert.ok(echo.body.subarray(0, end).includes(`Content-Type: ${headers['Content-Type']}`));
  assert.ok(echo.body.subarray(end + 2).equals(body), 'other bytes than those sent');
});

forEachArtefact(
  'E02 a body over --max-body-size is refused with 413, and the app never sees it',
  async (t, artefact) => {
    const hurricane = await serveExample(t, ['--max-body-size', '1024'], { artefact });
    const body = multipart(randomBytes(1024));
    const { status, text: said } = await hurricane.get('/echo', { method: 'POST', body });
    assert.equal(status, 413);
    assert.match(said, /larger than the 1024 bytes that --max-body-size allows/);
    assert.equal((await hurricane.get('/count')).text, '0\n');
    const refused = await hurricane.sees((line) => line['status'] === 413);
    assert.partialDeepStrictEqual(refused, { outcome: 'shed', target: '/echo' });

    const fits = await hurricane.get('/echo', { method: 'POST', body: randomBytes(1024) });
    assert.equal(fits.status, 200);
    assert.equal((await hurricane.get('/count')).text, '1\n');
  },
);

forEachArtefact(
  'H02 a response that deletes a cookie passes byte for byte, a blank field included',
  async (t, artefact) => {
    const hurricane = await startHurricane(t, ['--', ...useScript('sets-cookies.mjs')], {
      artefact,
    });
    await hurricane.up();
    const socket = connect(hurricane.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [head = '', body] = (await text(socket)).split('\r\n\r\n');
    const lines = head.split('\r\n');
    assert.equal(lines[0], 'HTTP/1.1 200 OK');
    assert.deepEqual(
      lines.filter((line) => /^(set-cookie|x-blank|content-length):/i.test(line)),
      [
        'Set-Cookie: session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0',
        'set-COOKIE: theme="dark mode"; HttpOnly',
        'X-Blank: ',
        'Content-Length: 2',
      ],
    );
    assert.equal(body, 'ok');
  },
);
