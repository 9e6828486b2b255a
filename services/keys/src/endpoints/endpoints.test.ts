import type { HttpResponse } from '@tessera/http';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { getRequest, startTestService, testIssuer } from '../testing/test-service.ts';

async function readyService() {
  const service = await startTestService({ algorithm: 'RS256' });
  await service.ready();
  return service;
}

function parse(response: HttpResponse | undefined): Record<string, unknown> {
  return JSON.parse(String(response?.body)) as Record<string, unknown>;
}

describe('the endpoints of the keys service', () => {
  it('RFC 7517 §5: the JWKS has public members only', async () => {
    const service = await readyService();
    const response = await service.handlers.jwks?.(getRequest());
    expect(response?.status).toBe(200);
    expect(response?.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=600, must-revalidate',
    });
    const { keys } = parse(response) as { keys: Record<string, unknown>[] };
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
    expect(keys[0]).toMatchObject({ alg: 'RS256', use: 'sig', kty: 'RSA' });
    await service.close();
  });

  it.each(['jwks', 'discovery', 'serverMetadata'] as const)(
    'RFC 9110 §13.1.2: %s answers 304 to its own tag',
    async (name) => {
      const service = await readyService();
      const handler = service.handlers[name];
      const first = await handler?.(getRequest());
      const etag = String(first?.headers['etag']);
      expect(etag).toMatch(/^"[\w-]{43}"$/);
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await handler?.(getRequest({ 'if-none-match': tags }));
        expect(again).toMatchObject({ status: 304, body: '', headers: { etag } });
      }
      expect((await handler?.(getRequest({ 'if-none-match': '"other"' })))?.status).toBe(200);
      await service.close();
    },
  );

  it('OIDC Discovery §3 and RFC 8414 §2: the metadata lists what is switched on, and nothing else', async () => {
    const service = await readyService();
    const discovery = await service.handlers.discovery?.(getRequest());
    expect(discovery?.headers['cache-control']).toBe('public, max-age=300');
    expect(await service.handlers.serverMetadata?.(getRequest())).toEqual(discovery);
    const metadata = parse(discovery);
    expect(metadata).toMatchObject({
      issuer: testIssuer,
      authorization_endpoint: `${testIssuer}/auth`,
      token_endpoint: `${testIssuer}/token`,
      jwks_uri: `${testIssuer}/keys`,
      userinfo_endpoint: `${testIssuer}/userinfo`,
      introspection_endpoint: `${testIssuer}/token/introspect`,
      revocation_endpoint: `${testIssuer}/token/revoke`,
      grant_types_supported: ['authorization_code', 'refresh_token'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      scopes_supported: ['openid', 'email', 'groups', 'profile', 'offline_access', 'address', 'phone'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
    for (const absent of ['end_session', 'registration', 'device_authorization', 'pushed_authorization_request']) {
      expect(metadata).not.toHaveProperty(`${absent}_endpoint`);
    }
    await service.close();
  });

  it('is healthy once it can sign, and not before', async () => {
    const storage = createFakeKeySetStorage();
    storage.isDown = true;
    const asleep = await startTestService({ storage });
    expect((await asleep.handlers.health?.(getRequest()))?.status).toBe(503);
    await expect(asleep.handlers.jwks?.(getRequest())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(asleep.handlers.discovery?.(getRequest())).rejects.toMatchObject({ kind: 'unavailable' });
    await asleep.close();
    const service = await readyService();
    expect(await service.handlers.health?.(getRequest())).toMatchObject({ status: 200, body: 'Health check passed' });
    service.storage.isDown = true;
    service.clock.advance(1000);
    expect((await service.handlers.health?.(getRequest()))?.status).toBe(503);
    await service.close();
  });

  it('a replica cut off from storage lets nobody keep its JWKS for long', async () => {
    const service = await readyService();
    service.storage.isDown = true;
    const cacheControl = async () => (await service.handlers.jwks?.(getRequest()))?.headers['cache-control'];
    service.clock.advance(700);
    expect(await cacheControl()).toBe('public, max-age=340, must-revalidate');
    service.clock.advance(700);
    expect(await cacheControl()).toBe('public, max-age=0, must-revalidate');
    await service.close();
  });
});
