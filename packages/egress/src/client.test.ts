import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { createRequestId, runInContext } from '@tessera/telemetry';
import { createCertificateAuthority } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAuthorities } from './authorities.ts';
import { createEgressClient, type EgressClient, type EgressRequest } from './client.ts';

const requests: string[] = [];
const listener: RequestListener = (request, response) => {
  requests.push(`${request.method} ${request.url}`);
  if (request.url === '/redirect') response.writeHead(302, { location: '/json' }).end();
  else if (request.url === '/large') response.end('x'.repeat(300 * 1024));
  else if (request.url === '/slow') response.write('canary');
  else if (request.url === '/cut') response.write('canary', () => response.destroy());
  else response.writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8' }).end('{"a":1}');
};

let server: Server;
let origin: string;
let client: EgressClient;
beforeAll(async () => {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createEgressClient({ policy: 'operator', timeoutMs: 300 });
});
afterAll(async () => {
  await client.close();
  server.close();
});

test('An answer comes with its status, media type and text', async () => {
  const response = await client.send({ url: `${origin}/json`, form: new URLSearchParams({ a: 'b' }) });
  expect(response).toEqual({ status: 200, mediaType: 'application/json', text: '{"a":1}' });
  expect(requests.at(-1)).toBe('POST /json');
});

test('A JSON body is sent as one', async () => {
  const received = Promise.withResolvers<readonly [string | undefined, string | undefined, string]>();
  const echo = createServer((request, response) => {
    const { method, headers } = request;
    void readText(request).then((text) => received.resolve([method, headers['content-type'], text]));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/`;
  await client.send({ url, json: { a: ['ä', 1] } });
  expect(await received.promise).toEqual(['POST', 'application/json', '{"a":["ä",1]}']);
  echo.close();
});

test('N45: a redirect is answered as it is and not followed', async () => {
  const before = requests.length;
  expect((await client.send({ url: `${origin}/redirect` })).status).toBe(302);
  expect(requests.slice(before)).toEqual(['GET /redirect']);
});

test('N47: a large answer is cut off', async () => {
  await expect(client.send({ url: `${origin}/large` })).rejects.toMatchObject({ problem: 'too-large' });
});

test('N47: a slow answer is given up, and the caller’s deadline counts as well', async () => {
  await expect(client.send({ url: `${origin}/slow` })).rejects.toMatchObject({ problem: 'too-slow' });
  const context = { requestId: createRequestId(), deadlineMs: performance.now() - 1 };
  await expect(runInContext(context, () => client.send({ url: `${origin}/json` }))).rejects.toMatchObject({
    problem: 'too-slow',
  });
});

test('N47: a request may ask for less time and fewer bytes than the client allows, but not for more', async () => {
  const small = createEgressClient({ policy: 'operator', timeoutMs: 300, maxBytes: 8 });
  const attempt = (request: Partial<EgressRequest>) => client.send({ url: `${origin}/json`, ...request });
  await expect(attempt({ maxBytes: 6 })).rejects.toMatchObject({ problem: 'too-large' });
  expect((await attempt({ maxBytes: 7 })).text).toBe('{"a":1}');
  await expect(small.send({ url: `${origin}/large`, maxBytes: 1_000_000 })).rejects.toMatchObject({
    problem: 'too-large',
  });
  await expect(client.send({ url: `${origin}/slow`, timeoutMs: 0 })).rejects.toMatchObject({ problem: 'too-slow' });
  await expect(client.send({ url: `${origin}/slow`, timeoutMs: 60_000 })).rejects.toMatchObject({
    problem: 'too-slow',
  });
  await small.close();
});

test('N47: where only the status is wanted, a body that is large, slow or cut does not matter', async () => {
  for (const path of ['/large', '/slow', '/cut', '/json']) {
    const form = new URLSearchParams({ logout_token: 'x' });
    const answer = await client.send({
      url: `${origin}${path}`,
      form,
      statusOnly: true,
      maxBytes: 100,
      timeoutMs: 100,
    });
    expect(answer, path).toMatchObject({ status: 200, text: '' });
  }
  const form = new URLSearchParams({ logout_token: 'x' });
  expect((await client.send({ url: `${origin}/redirect`, form, statusOnly: true })).status).toBe(302);
});

test('N47: more calls to one host than allowed are refused without a request', async () => {
  const narrow = createEgressClient({ policy: 'operator', timeoutMs: 300, maxCallsPerHost: 1 });
  const first = narrow.send({ url: `${origin}/json` });
  await expect(narrow.send({ url: `${origin}/json` })).rejects.toMatchObject({ problem: 'too-many' });
  expect((await first).status).toBe(200);
  await narrow.close();
});

test('N45: errors name the host and nothing of the answer', async () => {
  const error = await client.send({ url: `${origin}/cut` }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ problem: 'unreachable' });
  expect(String(error)).toContain('127.0.0.1');
  expect(String(error)).not.toContain('canary');
  await expect(client.send({ url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ problem: 'unreachable' });
});

test('N45: the public policy does not reach loopback by a name either', async () => {
  const publicClient = createEgressClient({ policy: 'public' });
  const { port } = server.address() as AddressInfo;
  const attempt = publicClient.send({ url: `https://localhost:${port}/json` });
  await expect(attempt).rejects.toThrow(/cannot be reached|refused/);
  await publicClient.close();
});

test('TLS: only a certificate of a trusted authority is accepted, unless that is switched off', async () => {
  const authority = await createCertificateAuthority('egress test');
  const { certPem, keyPem } = await authority.issue({ commonName: 'x', ipAddresses: ['127.0.0.1'] });
  const tlsServer = createTlsServer({ cert: certPem, key: keyPem }, listener).listen(0, '127.0.0.1');
  await once(tlsServer, 'listening');
  const url = `https://127.0.0.1:${(tlsServer.address() as AddressInfo).port}/json`;
  const base64 = Buffer.from(authority.caPem).toString('base64');
  const authorities = await readAuthorities([base64]);
  const trusting = createEgressClient({ policy: 'operator', authorities });
  const careless = createEgressClient({ policy: 'operator', insecureSkipVerify: true });
  await expect(client.send({ url })).rejects.toMatchObject({ problem: 'unreachable' });
  expect((await trusting.send({ url })).status).toBe(200);
  expect((await careless.send({ url })).status).toBe(200);
  await Promise.all([trusting.close(), careless.close()]);
  tlsServer.close();
});

test('An authority that is neither PEM nor a file is an error', async () => {
  await expect(readAuthorities(['/no/such/file.pem'])).rejects.toThrow();
});
