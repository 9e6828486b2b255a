import { startHttpServer } from '@tessera/http';
import { silentLogger } from '@tessera/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, testIssuer } from '../testing/test-service.ts';

// The documents as they come over the wire, under an issuer with a path.

const { pathname: BASE } = new URL(testIssuer);

const METADATA = [
  `${BASE}/.well-known/openid-configuration`,
  `/.well-known/openid-configuration${BASE}`,
  `${BASE}/.well-known/oauth-authorization-server`,
  `/.well-known/oauth-authorization-server${BASE}`,
];

async function startOverHttp() {
  const service = await startTestService();
  await service.ready();
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath: BASE,
    handlers: service.handlers,
    errorPage: () => ({ status: 500, headers: {}, body: '' }),
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger: silentLogger,
  });
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return {
    ask,
    async close() {
      await server.close(0);
      await service.close();
    },
  };
}

describe('the public documents over HTTP', () => {
  let issuer: Awaited<ReturnType<typeof startOverHttp>>;

  beforeAll(async () => {
    issuer = await startOverHttp();
  });
  afterAll(() => issuer?.close());

  it('RFC 8414 §3.1, §3.3: the same document at every address, and it names the issuer that was asked for', async () => {
    const answers = await Promise.all(METADATA.map((path) => issuer.ask(path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('etag'))).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ issuer: testIssuer, jwks_uri: `${testIssuer}/keys` });
  });

  it.each([
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/other',
    '/.well-known/oauth-protected-resource',
    `/.well-known/oauth-protected-resource${BASE}`,
    `${BASE}/.well-known/oauth-protected-resource`,
    '/keys',
    `${BASE}/keys/`,
  ])('RFC 8414 §3.1: nothing is at %s', async (path) => {
    expect((await issuer.ask(path)).status).toBe(404);
  });

  it.each([`${BASE}/keys`, ...METADATA])(
    'RFC 9110 §9.3.2: HEAD of %s has the headers of GET and no body',
    async (path) => {
      const [get, head] = [await issuer.ask(path), await issuer.ask(path, { method: 'HEAD' })];
      expect([head.status, await head.text()]).toEqual([200, '']);
      for (const name of [
        'etag',
        'cache-control',
        'content-type',
        'content-length',
        'access-control-allow-origin',
        'vary',
      ]) {
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
      }
      expect(get.headers.get('content-type')).toBe('application/json');
      expect(Number(get.headers.get('content-length'))).toBe(Buffer.byteLength(await get.text()));
    },
  );

  it.each([`${BASE}/keys`, ...METADATA])('RFC 9110 §13.1.2: %s is sent only once, to GET and to HEAD', async (path) => {
    const etag = (await issuer.ask(path)).headers.get('etag') ?? '';
    for (const method of ['GET', 'HEAD']) {
      const again = await issuer.ask(path, { method, headers: { 'if-none-match': `W/"old", W/${etag}` } });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
      expect(again.headers.get('cache-control')).toMatch(/^public, max-age=/);
      expect(again.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('N12: a shared cache has one answer for scripts of every origin', async () => {
    for (const origin of ['https://app.example', 'null', undefined]) {
      const answer = await issuer.ask(`${BASE}/keys`, { headers: origin === undefined ? {} : { origin } });
      expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual(['*', null]);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it('N60: no header of a request changes what the metadata say about addresses', async () => {
    const [path = ''] = METADATA;
    const asked = await (await issuer.ask(path)).text();
    const headers = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example;proto=http',
      'x-original-url': '/evil',
    };
    for (const address of METADATA) expect(await (await issuer.ask(address, { headers })).text()).toBe(asked);
    expect(asked).not.toContain('evil');
  });

  it.each(['POST', 'PUT', 'DELETE'])('RFC 9110 §15.5.6: %s is not allowed', async (method) => {
    const answer = await issuer.ask(`${BASE}/keys`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
