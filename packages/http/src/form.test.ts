import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { readForm } from './body.ts';
import { type HttpHandler, jsonResponse, MAX_FORM_BYTES } from './index.ts';
import { formPost, openRaw, startBench } from './testing/http-bench.ts';

const echoForm: HttpHandler = async (request) => jsonResponse(200, (await request.form()).entries);
const handlers = { token: echoForm };

test('N92: the content type of a form is compared whole', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  const answers: Record<string, number> = {};
  const types = {
    'application/x-www-form-urlencoded': 200,
    'Application/X-WWW-Form-Urlencoded;charset=UTF-8': 200,
    'application/x-www-form-urlencoded; charset="utf-8"': 200,
    'application/x-www-form-urlencoded;\tcharset=utf-8': 415,
    'application/x-www-form-urlencoded\t; multipart/form-data': 415,
    'application/x-www-form-urlencoded; charset="utf-8': 415,
    'application/x-www-form-urlencoded; charset=iso-8859-1': 415,
    'application/x-www-form-urlencoded; charset=utf-8; x': 415,
    'application/x-www-form-urlencodedx': 415,
    'application/x-www-form-urlencoded,application/json': 415,
    // A boundary and no parts: the type is fine, the body is not.
    'multipart/form-data; boundary=application/x-www-form-urlencoded': 400,
    'multipart/form-data': 415,
    'multipart/form-data; boundary=': 415,
    'multipart/form-data; boundary=a; boundary=b': 415,
    'multipart/mixed; boundary=a': 415,
    'application/json': 415,
    '': 415,
  };
  for (const type of Object.keys(types)) {
    connection.write(formPost('/token', 'a=1', [`content-type: ${type}`]));
    answers[type] = (await connection.next()).status;
  }
  expect(answers).toEqual(types);
});

test('a body in another encoding than its own is answered 415', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  connection.write(formPost('/token', 'a=1', ['content-encoding: gzip']));
  expect((await connection.next()).status).toBe(415);
});

test('broken percent-encoding, bytes that are not UTF-8 and control bytes are answered 400 as JSON', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  for (const body of ['a=%zz', 'a=%', 'a=%ff', Buffer.from([0x61, 0x3d, 0xff]).toString('latin1'), 'a=b\nc', 'a=%00']) {
    const bytes = Buffer.from(body, 'latin1');
    connection.write(formPost('/token', 'x'.repeat(bytes.length)).slice(0, -bytes.length));
    connection.write(bytes);
    const { status, body: answer } = await connection.next();
    expect([body, status, JSON.parse(answer)]).toMatchObject([body, 400, { error: 'invalid_request' }]);
  }
});

test('a byte order mark is part of the first name, not dropped before it', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  connection.write(formPost('/token', '\ufeffa=1'));
  expect(Buffer.from((await connection.next()).body, 'latin1').toString()).toBe('[["\ufeffa","1"]]');
});

test('a form in several pieces is one form', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  connection.socket.setNoDelay(true);
  const text = formPost('/token', `a=${'%C3%A4'.repeat(100)}&b=2`);
  for (let at = 0; at < text.length; at += 50) {
    connection.write(text.slice(at, at + 50));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(JSON.parse(Buffer.from((await connection.next()).body, 'latin1').toString())).toEqual([
    ['a', 'ä'.repeat(100)],
    ['b', '2'],
  ]);
});

test.each(['declared', 'chunked'])(
  'a form of more than 64 KiB (%s) is answered 413, and its connection stays in step',
  async (kind) => {
    await using server = await startBench({ handlers });
    using connection = openRaw(server.port);
    const body = `a=${'x'.repeat(3 * MAX_FORM_BYTES)}`;
    connection.write(
      kind === 'declared'
        ? formPost('/token', body)
        : `${formPost('/token', '').replace('content-length: 0', 'transfer-encoding: chunked')}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    expect((await connection.next()).status).toBe(413);
    connection.write(formPost('/token', 'a=1'));
    expect((await connection.next()).body).toBe('[["a","1"]]');
  },
);

test.each([
  ['405', formPost('/keys', 'a=GET /keys HTTP/1.1')],
  ['404', formPost('/nothing', 'a=GET /keys HTTP/1.1')],
  ['415', formPost('/token', 'a=GET /keys HTTP/1.1', ['content-type: text/plain'])],
])('a body that nobody reads (%s) is not taken for the next request', async (status, text) => {
  await using server = await startBench({ handlers: { ...handlers, jwks: echoForm } });
  using connection = openRaw(server.port);
  connection.write(text);
  connection.write(formPost('/token', 'a=1'));
  expect((await connection.next()).status).toBe(Number(status));
  expect((await connection.next()).body).toBe('[["a","1"]]');
});

test('a form of exactly 64 KiB is read', async () => {
  await using server = await startBench({
    handlers: { token: async (request) => jsonResponse(200, (await request.form()).names()) },
  });
  using connection = openRaw(server.port);
  const pairs = Array.from({ length: 4 }, (_, n) => `${n}=${'x'.repeat(MAX_FORM_BYTES / 4 - 3)}&`);
  connection.write(formPost('/token', pairs.join('')));
  expect((await connection.next()).status).toBe(200);
});

test('a form that does not arrive in time is answered 408, and its connection is closed', async () => {
  await using server = await startBench({ handlers, deadlineMs: 200 });
  using connection = openRaw(server.port);
  connection.write(formPost('/token', 'a=1').slice(0, -1));
  expect((await connection.next()).status).toBe(408);
  await connection.closed;
  await waitFor(() => server.records.length > 0, { what: 'the request to be logged' });
  expect(server.records).toMatchObject([{ level: 'info', fields: { status: 400 } }]);
});

test('a client that leaves in the middle of its form is no failure of ours', async () => {
  await using server = await startBench({ handlers });
  const connection = openRaw(server.port);
  connection.write(formPost('/token', 'a=1').slice(0, -1));
  await new Promise<void>((resolve) => connection.socket.once('connect', () => resolve()));
  connection.socket.end();
  connection.socket.destroySoon();
  await waitFor(() => server.records.length > 0, { what: 'the request to be logged' });
  expect(server.records).toMatchObject([{ level: 'info', fields: { status: 400 } }]);
});

test('a client that left before its form is asked for does not keep the handler waiting', async () => {
  const message = new IncomingMessage(new Socket());
  message.headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '3' };
  message.destroy();
  await expect(readForm(message, 'urlencoded')).rejects.toMatchObject({ status: 400 });
});

function inParts(parts: readonly string[], boundary = 'frontier'): { readonly body: string; readonly type: string } {
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return { body: `${body}--${boundary}--\r\n`, type: `content-type: multipart/form-data; boundary=${boundary}` };
}

const field = (name: string, value: string): string => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;

test('RFC 7578 §4: a client may send its form in parts, with the same meaning', async () => {
  await using server = await startBench({ handlers });
  using connection = openRaw(server.port);
  const { body, type } = inParts([
    field('grant_type', 'authorization_code'),
    field('code', 'a+b%20c'),
    field('a', '1'),
  ]);
  connection.write(formPost('/token', body, [type]));
  expect(JSON.parse((await connection.next()).body)).toEqual([
    ['grant_type', 'authorization_code'],
    ['code', 'a+b%20c'],
    ['a', '1'],
  ]);
});

test.each([
  ['a file', inParts([`Content-Disposition: form-data; name="a"; filename="b"\r\n\r\nx`]), 400],
  ['NUL in a value (N91)', inParts([field('a', 'x\0')]), 400],
  ['NUL in a name (N91)', inParts([field('a\0', 'x')]), 400],
  ['a value longer than any other form may have (N91)', inParts([field('a', 'x'.repeat(16_385))]), 400],
  ['a name longer than any other form may have (N91)', inParts([field('a'.repeat(129), 'x')]), 400],
  ['more than a hundred parts', inParts(Array.from({ length: 101 }, (_, n) => field(String(n), 'x'))), 400],
  ['no end', { ...inParts([]), body: `--frontier\r\n${field('a', '1')}` }, 400],
  ['more than 64 KiB', inParts([field('a', 'x'.repeat(MAX_FORM_BYTES))]), 413],
])(
  'RFC 7578: a form in parts with %s is refused, and its connection stays in step',
  async (_, { body, type }, status) => {
    await using server = await startBench({ handlers });
    using connection = openRaw(server.port);
    connection.write(formPost('/token', body, [type]));
    expect((await connection.next()).status).toBe(status);
    connection.write(formPost('/token', 'a=1'));
    expect((await connection.next()).body).toBe('[["a","1"]]');
  },
);

test('a form of a page is never in parts', async () => {
  await using server = await startBench({ handlers: { approval: echoForm } });
  using connection = openRaw(server.port);
  const { body, type } = inParts([field('a', '1')]);
  connection.write(formPost('/approval', body, [type]));
  expect((await connection.next()).status).toBe(415);
});
