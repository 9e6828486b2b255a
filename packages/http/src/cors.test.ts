import { expect, test } from 'vitest';
import { anyOrigin, corsHeaders, preflight, withVary } from './cors.ts';
import { type HttpHandler, jsonResponse } from './index.ts';
import { openRaw, requestText, startBench } from './testing/http-bench.ts';

const listed = { allowedOrigins: ['https://app.example'], allowedHeaders: ['authorization', 'dpop'] };
const everybody = { allowedOrigins: ['*'], allowedHeaders: [] };
const handler: HttpHandler = async () => jsonResponse(200, {}, { vary: 'accept-encoding' });

test('N12: an origin is compared whole, and null is never allowed', () => {
  expect(corsHeaders(listed, 'https://app.example')).toEqual({
    'access-control-allow-origin': 'https://app.example',
    vary: 'Origin',
  });
  for (const origin of [
    'https://app.example.evil.example',
    'https://app.example:444',
    'http://app.example',
    'HTTPS://APP.EXAMPLE',
    'null',
    '',
  ]) {
    expect(corsHeaders(listed, origin)).toEqual({ vary: 'Origin' });
  }
  expect(corsHeaders({ ...listed, allowedOrigins: ['null'] }, 'null')).toEqual({ vary: 'Origin' });
  expect(corsHeaders(everybody, 'null')).toEqual({});
});

test('Fetch standard §3.3.7: what depends on the origin varies by it, also for requests without one', () => {
  expect(corsHeaders(listed, undefined)).toEqual({ vary: 'Origin' });
  expect(corsHeaders(everybody, undefined)).toEqual({ 'access-control-allow-origin': '*' });
  expect(corsHeaders({ allowedOrigins: [], allowedHeaders: [] }, 'https://app.example')).toEqual({});
  expect(withVary({ vary: 'Origin' }, { vary: 'accept-encoding', etag: '1' })).toEqual({
    vary: 'accept-encoding, Origin',
    etag: '1',
  });
});

test('a preflight tells an allowed origin what it may do, and another one nothing', () => {
  expect(preflight(listed, 'https://app.example', ['POST'])).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, dpop',
      'access-control-allow-origin': 'https://app.example',
    },
  });
  expect(preflight(listed, 'https://evil.example', ['POST']).headers).toEqual({ vary: 'Origin' });
});

test('Fetch standard §3.3.3: what everybody may read is read with whatever headers a script adds', () => {
  expect(preflight(anyOrigin, 'https://app.example', ['GET']).headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': '*, Authorization',
  });
});

test('N12: the headers go with every answer of a route open to scripts, errors too, and with no other', async () => {
  const options = { handlers: { jwks: handler, userinfo: handler, token: handler, home: handler }, cors: listed };
  await using server = await startBench(options);
  using connection = openRaw(server.port);
  const ask = async (method: string, target: string, origin: string) => {
    connection.write(requestText(method, target, [`origin: ${origin}`, 'access-control-request-method: POST']));
    const { status, headers } = await connection.next();
    return [status, headers.get('access-control-allow-origin'), headers.get('vary')];
  };
  const ours = 'https://app.example';
  expect(await ask('GET', '/userinfo', ours)).toEqual([200, ours, 'accept-encoding, Origin']);
  expect(await ask('GET', '/userinfo', 'https://evil.example')).toEqual([200, undefined, 'accept-encoding, Origin']);
  // What everybody may know, every script may read; a cache that many share has one answer for all of them.
  for (const anybody of ['https://anybody.example', 'null']) {
    expect(await ask('GET', '/keys', anybody)).toEqual([200, '*', 'accept-encoding']);
    expect(await ask('OPTIONS', '/keys', anybody)).toEqual([204, '*', undefined]);
  }
  expect(await ask('GET', '/token', ours)).toEqual([405, ours, 'Origin']);
  expect(await ask('OPTIONS', '/token', ours)).toEqual([204, ours, 'Origin']);
  expect(await ask('OPTIONS', '/token', 'null')).toEqual([204, undefined, 'Origin']);
  expect(await ask('GET', '/', ours)).toEqual([200, undefined, 'accept-encoding']);
  expect(await ask('OPTIONS', '/', ours)).toEqual([405, undefined, undefined]);
});

test('N12: origins that clients name are let in for as long as they do, and no others', () => {
  const origins = new Set(['https://spa.example']);
  const policy = { allowedOrigins: [], allowedHeaders: ['Authorization'], clientOrigins: () => origins };
  const spa = { 'access-control-allow-origin': 'https://spa.example', vary: 'Origin' };
  expect(corsHeaders(policy, 'https://spa.example')).toEqual(spa);
  expect(corsHeaders(policy, 'https://spa.example.evil.com')).toEqual({ vary: 'Origin' });
  expect(corsHeaders(policy, 'null')).toEqual({ vary: 'Origin' });
  origins.delete('https://spa.example');
  expect(corsHeaders(policy, 'https://spa.example')).toEqual({ vary: 'Origin' });
});
