import type { HttpResponse } from '@tessera/http';
import { jwkThumbprint, SIGNING_ALGORITHMS } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { getRequest, startTestService, type TestServiceOptions, testIssuer } from '../testing/test-service.ts';

/** What makes a public key (RFC 7518 §6.2.1 and §6.3.1, RFC 8037 §2). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
};

async function readyService() {
  const service = await startTestService({ algorithm: 'RS256' });
  await service.ready();
  return service;
}

function parse(response: HttpResponse | undefined): Record<string, unknown> {
  return JSON.parse(String(response?.body)) as Record<string, unknown>;
}

async function metadataOf(options: TestServiceOptions): Promise<Record<string, unknown>> {
  const service = await startTestService(options);
  await service.ready();
  const metadata = parse(await service.handlers.discovery?.(getRequest()));
  await service.close();
  return metadata;
}

describe('the endpoints of the keys service', () => {
  it('RFC 7517 §5: the JWKS has public members only', async () => {
    const service = await startTestService({ algorithm: 'RS256', algorithms: SIGNING_ALGORITHMS });
    await service.ready();
    const response = await service.handlers.jwks?.(getRequest());
    expect(response?.status).toBe(200);
    expect(response?.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=600, must-revalidate',
    });
    const { keys, ...others } = parse(response) as { keys: Record<string, unknown>[] };
    expect(others).toEqual({});
    expect(new Set(keys.map(({ alg }) => alg))).toEqual(new Set(SIGNING_ALGORITHMS));
    expect(keys).toHaveLength(SIGNING_ALGORITHMS.length);
    expect(keys[0]).toMatchObject({ alg: 'RS256' });
    for (const key of keys) {
      expect(Object.keys(key)).toEqual(['kty', 'use', 'alg', 'kid', ...(MEMBERS[String(key['kty'])] ?? [])]);
      expect(key).toMatchObject({ use: 'sig', kid: jwkThumbprint(key) });
    }
    expect((await service.api.getPublicKeys()).keys).toEqual(keys);
    await service.close();
  });

  it('RFC 9111 §5.2.2: what may be cached says for how long and by whom, and nothing is called immutable', async () => {
    const service = await readyService();
    for (const name of ['jwks', 'discovery', 'serverMetadata'] as const) {
      const cacheControl = String((await service.handlers[name]?.(getRequest()))?.headers['cache-control']);
      expect(cacheControl).toMatch(/^public, max-age=\d+(?:, must-revalidate)?$/);
    }
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
      const { 'content-type': _type, ...cached } = first?.headers ?? {};
      for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, `"a,b",W/"c" , W/${etag}`, '*', ' * ']) {
        const again = await handler?.(getRequest({ 'if-none-match': tags }));
        // RFC 9110 §15.4.5: with every header that a cache would keep.
        expect(again).toEqual({ status: 304, body: '', headers: cached });
      }
      for (const tags of ['"other"', '', etag.slice(1, -1), `"${etag}`, `"*", "other"`, `"x${etag.slice(1)}`]) {
        expect([tags, (await handler?.(getRequest({ 'if-none-match': tags })))?.status]).toEqual([tags, 200]);
      }
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
      end_session_endpoint: `${testIssuer}/logout`,
      check_session_iframe: `${testIssuer}/session/check`,
      frontchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      grant_types_supported: ['authorization_code', 'refresh_token'],
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['public'],
      scopes_supported: expect.arrayContaining(['openid', 'email', 'groups', 'profile', 'offline_access', 'phone']),
      claims_supported: expect.arrayContaining(['sub', 'sid', 'email', 'groups', 'address']),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt', 'client_secret_jwt', 'none']),
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'HS384', 'HS512'],
      userinfo_signing_alg_values_supported: ['RS256'],
      introspection_signing_alg_values_supported: ['RS256'],
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
    });
    for (const absent of ['registration_endpoint', 'device_authorization_endpoint', 'acr_values_supported']) {
      expect(metadata).not.toHaveProperty(absent);
    }
    expect(metadata).not.toHaveProperty('pushed_authorization_request_endpoint');
    await service.close();
  });

  it('RFC 8628 §4: the device endpoint is listed with its grant', async () => {
    const grantTypes = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'];
    const metadata = await metadataOf({ oauth2: { grantTypes } });
    expect(metadata).toMatchObject({
      device_authorization_endpoint: `${testIssuer}/device/code`,
      grant_types_supported: grantTypes,
    });
  });

  it('RFC 6749 §4.3: the password grant is listed where it has a connector to ask', async () => {
    const grantTypes = ['authorization_code', 'password'];
    expect(await metadataOf({ oauth2: { grantTypes } })).toMatchObject({
      grant_types_supported: ['authorization_code'],
    });
    const withConnector = await metadataOf({ oauth2: { grantTypes, passwordConnector: 'local' } });
    expect(withConnector).toMatchObject({ grant_types_supported: grantTypes });
  });

  it('OIDC Core §11: offline_access is listed with the refresh grant', async () => {
    const metadata = await metadataOf({ oauth2: { grantTypes: ['authorization_code'] } });
    expect(metadata['scopes_supported']).not.toContain('offline_access');
    expect(metadata['scopes_supported']).toContain('openid');
  });

  it('OIDC Discovery §3: claims_supported has what the configuration computes, and ArkID’s names where they are told', async () => {
    const metadata = await metadataOf({
      claims: { mappings: { department: 'identity.groups[0]' }, presets: ['arkid'] },
    });
    expect(metadata).toMatchObject({
      claims_supported: expect.arrayContaining(['department', 'id', 'sub_id', 'tenant_id', 'tenant_slug', 'email']),
    });
    expect((await metadataOf({}))['claims_supported']).not.toContain('department');
  });

  it('OIDC Session Management §3.3: without sessions there is nothing to check, and ending one is an endpoint still', async () => {
    const metadata = await metadataOf({ sessions: { enabled: false } });
    expect(metadata['end_session_endpoint']).toBe(`${testIssuer}/logout`);
    const names = Object.keys(metadata).filter((name) => /check_session|channel_logout/.test(name));
    expect(names).toEqual([]);
  });

  it('OIDC Discovery §3: pairwise subjects and request objects by reference are listed when switched on', async () => {
    const requestObjects = { byValue: false, byReference: true };
    const metadata = await metadataOf({ oauth2: { pairwiseSecret: 'secret-of-pairs', requestObjects } });
    expect(metadata).toMatchObject({
      subject_types_supported: ['public', 'pairwise'],
      request_parameter_supported: false,
      request_uri_parameter_supported: true,
      require_request_uri_registration: true,
    });
    expect(metadata['request_object_signing_alg_values_supported']).toContain('RS256');
    expect(metadata['request_object_signing_alg_values_supported']).not.toContain('none');
    expect(JSON.stringify(metadata)).not.toContain('secret-of-pairs');
  });

  it('RFC 8414 §2: scopes and claims of configured resources are listed as they say, and no secret of an API', async () => {
    const scope = { required: false, emphasize: false, showInDiscovery: true, claimMappings: {} };
    const metadata = await metadataOf({
      resources: {
        identityResources: [{ ...scope, name: 'staff', claims: ['badge'] }],
        apiScopes: [
          { ...scope, name: 'orders:read', claims: [] },
          { ...scope, name: 'orders:purge', claims: [], showInDiscovery: false },
        ],
        apiResources: [
          {
            name: 'orders',
            scopes: ['orders:read', 'orders:purge'],
            claims: [],
            secrets: [{ value: 'secret-of-orders' }],
            requireResourceIndicator: false,
          },
        ],
      },
    });
    expect(metadata['scopes_supported']).toEqual(expect.arrayContaining(['staff', 'orders:read']));
    expect(metadata['scopes_supported']).not.toContain('orders:purge');
    expect(metadata['claims_supported']).toContain('badge');
    expect(JSON.stringify(metadata)).not.toContain('secret-of-orders');
  });

  it('OIDC Discovery §3: an algorithm is listed when it signs, and of ID tokens as long as those are in use', async () => {
    const first = await startTestService({ algorithm: 'ES256', algorithms: ['ES256', 'EdDSA'] });
    await first.ready();
    await first.close();
    const { clock, storage } = first;
    const second = await startTestService({ algorithm: 'ES256', algorithms: ['ES256', 'ES384'], clock, storage });
    await second.ready();
    const lists = async () => {
      const metadata = parse(await second.handlers.discovery?.(getRequest()));
      return [metadata['id_token_signing_alg_values_supported'], metadata['userinfo_signing_alg_values_supported']];
    };
    const cacheControl = async () => (await second.handlers.discovery?.(getRequest()))?.headers['cache-control'];
    const hmac = ['HS256', 'HS384', 'HS512'];
    expect(await lists()).toEqual([['ES256', 'EdDSA', ...hmac], ['ES256']]);
    // Nobody keeps a list without it when it signs, by whichever clock: 264 s are for those.
    expect(await cacheControl()).toBe('public, max-age=300');
    clock.advance(1260 - 364);
    expect(await cacheControl()).toBe('public, max-age=100');
    clock.advance(200);
    expect(await cacheControl()).toBe('public, max-age=0');
    clock.advance(164);
    expect(await cacheControl()).toBe('public, max-age=300');
    expect(await lists()).toEqual([
      ['ES256', 'ES384', 'EdDSA', ...hmac],
      ['ES256', 'ES384'],
    ]);
    await second.close();
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

  it('a replica that was suspended asks storage before it answers, and where that is silent it does not wait for long', async () => {
    const storage = createFakeKeySetStorage();
    const service = await startTestService({ storage });
    await service.ready();
    let asked = 0;
    storage.getKeySet = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    service.clock.advance(700);
    let response: HttpResponse | undefined;
    const answered = service.handlers.jwks?.(getRequest()).then((answer) => {
      response = answer;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([asked > 0, response]).toEqual([true, undefined]);
    service.clock.advance(1.5);
    await answered;
    expect(response).toMatchObject({ status: 200 });
    expect(response?.headers['cache-control']).toBe('public, max-age=294, must-revalidate');
    await service.close();
  });

  it('a replica cut off from storage lets nobody keep its JWKS for long', async () => {
    const service = await readyService();
    service.storage.isDown = true;
    const cacheControl = async () => (await service.handlers.jwks?.(getRequest()))?.headers['cache-control'];
    service.clock.advance(700);
    expect(await cacheControl()).toBe('public, max-age=296, must-revalidate');
    service.clock.advance(700);
    expect(await cacheControl()).toBe('public, max-age=0, must-revalidate');
    await service.close();
  });
});
