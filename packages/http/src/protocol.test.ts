import { expect, test } from 'vitest';
import { type HttpHandler, jsonResponse, seeOther } from './index.ts';
import { formPost, openRaw, requestText, startBench } from './testing/http-bench.ts';

const echo: HttpHandler = async ({ method, path, queryString, segments }) =>
  jsonResponse(200, { method, path, queryString, segments });
const echoForm: HttpHandler = async (request) => jsonResponse(200, (await request.form()).entries);

test('RFC 9110 §9.3.2: HEAD is answered as GET, without the body', async () => {
  await using server = await startBench({ handlers: { jwks: echo } });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', '/keys'));
  const get = await connection.next();
  connection.write(requestText('HEAD', '/keys'));
  const head = await connection.next({ isHead: true });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, get.headers.get('content-length')]);
  connection.write(requestText('GET', '/keys'));
  expect((await connection.next()).body).toBe(get.body);
});

test('RFC 9110 §15.5.6: another method is answered 405 with the methods there are', async () => {
  await using server = await startBench({ handlers: { token: echoForm, jwks: echo, home: echo } });
  using connection = openRaw(server.port);
  const answers = [];
  for (const [method, target] of [
    ['GET', '/token'],
    ['DELETE', '/keys'],
    ['OPTIONS', '/'],
    ['PUT', '/'],
  ] as const) {
    connection.write(requestText(method, target));
    const { status, headers } = await connection.next();
    answers.push([status, headers.get('allow')]);
  }
  expect(answers).toEqual([
    [405, 'POST, OPTIONS'],
    [405, 'GET, HEAD, OPTIONS'],
    [405, 'GET, HEAD'],
    [405, 'GET, HEAD'],
  ]);
});

test('N92: only the exact spelling of a path is a route', async () => {
  await using server = await startBench({
    basePath: '/dex',
    handlers: { token: echoForm, jwks: echo, asset: echo, home: echo },
  });
  using connection = openRaw(server.port);
  const wrong = [
    '/keys',
    '//dex/keys',
    '/dex//keys',
    '/dex/keys/',
    '/dex/Keys',
    '/dex/%6beys',
    '/dex/./keys',
    '/dex/x/../keys',
    '/dex/keys;x',
    '/dex/keys%3f',
    '/dex/static/',
    '/dex/static/a/b',
    '/dex/static/a%2fb',
    '/dex/static/a%5Cb',
    '/dex/static/a%00b',
    '/dex/static/a%0Ab',
    '/dex/static/%',
    '/dex/static/%ff',
    '/dex/',
    '*',
  ];
  for (const target of wrong) {
    connection.write(requestText('GET', target));
    expect([target, (await connection.next()).status]).toEqual([target, 404]);
  }
  for (const target of ['/dex/keys', '/dex', '/dex/static/a%20b']) {
    connection.write(requestText('GET', target));
    expect([target, (await connection.next()).status]).toEqual([target, 200]);
  }
});

test('RFC 9112 §3.2.2: of an absolute target only path and query count', async () => {
  await using server = await startBench({ handlers: { jwks: echo, home: echo } });
  using connection = openRaw(server.port);
  const seen = [];
  for (const target of ['http://evil.example/keys?a=1', 'HTTPS://evil.example', 'http://evil.example?b=2']) {
    connection.write(requestText('GET', target));
    seen.push(JSON.parse((await connection.next()).body));
  }
  expect(seen).toMatchObject([
    { path: '/keys', queryString: 'a=1' },
    { path: '/', queryString: '' },
    { path: '/', queryString: 'b=2' },
  ]);
});

test('a body sent with GET is not read, and the next request of the connection is', async () => {
  const handler: HttpHandler = async (request) => jsonResponse(200, (await request.form()).entries);
  await using server = await startBench({ handlers: { userinfo: handler } });
  using connection = openRaw(server.port);
  connection.write(formPost('/userinfo', 'a=1').replace('POST', 'GET'));
  expect((await connection.next()).body).toBe('[]');
  connection.write(formPost('/userinfo', 'a=2'));
  expect((await connection.next()).body).toBe('[["a","2"]]');
});

test('requests sent without waiting are answered in order', async () => {
  await using server = await startBench({ handlers: { userinfo: echo, token: echoForm } });
  using connection = openRaw(server.port);
  connection.write(
    requestText('GET', '/userinfo?n=1') + formPost('/token', 'n=2') + requestText('GET', '/userinfo?n=3'),
  );
  const bodies = [(await connection.next()).body, (await connection.next()).body, (await connection.next()).body];
  expect(bodies.map((body) => /n(?:=|",")(\d)/.exec(body)?.[1])).toEqual(['1', '2', '3']);
});

test('a request head of more than 32 KiB is answered 431', async () => {
  await using server = await startBench({ handlers: { jwks: echo } });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', '/keys', [`x-large: ${'x'.repeat(40_000)}`]));
  expect((await connection.next()).status).toBe(431);
});

test('N96: a request id is echoed when it is one, and replaced when it is not', async () => {
  await using server = await startBench({ handlers: { jwks: echo } });
  using connection = openRaw(server.port);
  const ask = async (value: string) => {
    connection.write(requestText('GET', '/keys', [`x-request-id: ${value}`]));
    return (await connection.next()).headers.get('x-request-id');
  };
  expect(await ask('0af7651916cd43dd')).toBe('0af7651916cd43dd');
  for (const hostile of [
    'x',
    'has space in it',
    'a'.repeat(65),
    '"}{"forged":"x',
    'good-id-1\r\nx-request-id: good-id-2',
  ]) {
    expect(await ask(hostile)).toMatch(/^[\w-]{16}$/);
  }
});

test('configured headers go with every answer, whatever their case, and give way to the answer', async () => {
  const handler: HttpHandler = async () => jsonResponse(200, {}, { 'x-frame-options': 'SAMEORIGIN' });
  const headers = { 'X-Frame-Options': 'DENY', 'Strict-Transport-Security': 'max-age=1' };
  await using server = await startBench({ handlers: { jwks: handler }, headers });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', '/keys'));
  const own = await connection.next();
  expect([own.headers.get('x-frame-options'), own.headers.get('strict-transport-security')]).toEqual([
    'SAMEORIGIN',
    'max-age=1',
  ]);
  connection.write(requestText('GET', '/nothing'));
  expect((await connection.next()).headers.get('x-frame-options')).toBe('DENY');
});

test('a configured header that cannot be sent is refused at the start', async () => {
  await expect(startBench({ headers: { 'x-bad': 'a\r\nb: c' } })).rejects.toThrow(TypeError);
});

test('an answer may have several headers of one name, no body, or bytes', async () => {
  const cookies: HttpHandler = async () => seeOther('/x', { 'set-cookie': ['a=1', 'b=2'] });
  const bytes: HttpHandler = async () => ({ status: 200, headers: { etag: '"1"' }, body: new Uint8Array([104, 105]) });
  const unchanged: HttpHandler = async () => ({ status: 304, headers: { etag: '"1"' }, body: '' });
  await using server = await startBench({ handlers: { home: cookies, jwks: bytes, discovery: unchanged } });
  using connection = openRaw(server.port);
  connection.write(requestText('GET', '/'));
  const redirect = await connection.next();
  expect([redirect.status, redirect.headers.get('set-cookie')]).toEqual([303, 'a=1 & b=2']);
  connection.write(requestText('GET', '/keys'));
  expect((await connection.next()).body).toBe('hi');
  connection.write(requestText('GET', '/.well-known/openid-configuration'));
  const notModified = await connection.next();
  expect([notModified.status, notModified.headers.has('content-length')]).toEqual([304, false]);
  connection.write(requestText('GET', '/keys'));
  expect((await connection.next()).body).toBe('hi');
});

test('N60: the address of the client is taken from the header only where a trusted proxy sent it', async () => {
  const address: HttpHandler = async ({ remoteAddress }) => jsonResponse(200, remoteAddress);
  const header = 'X-Forwarded-For';
  await using trusting = await startBench({
    handlers: { jwks: address },
    proxies: { header, trustedProxies: ['127.0.0.0/8'] },
  });
  await using wary = await startBench({ handlers: { jwks: address } });
  for (const [server, expected] of [
    [trusting, '"203.0.113.9"'],
    [wary, '"127.0.0.1"'],
  ] as const) {
    using connection = openRaw(server.port);
    connection.write(requestText('GET', '/keys', ['x-forwarded-for: 198.51.100.7', 'x-forwarded-for: 203.0.113.9']));
    expect((await connection.next()).body).toBe(expected);
  }
  expect(trusting.records.at(-1)?.fields).toMatchObject({ client_remote_addr: '203.0.113.9' });
});
