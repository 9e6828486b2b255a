import type { ApiResource } from '@tessera/oauth';
import { leftHalfHash, verifyHmacJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createClient } from '../testing/harness.ts';
import { createIssueHarness, createScope, type IssueHarness, payloadOf } from '../testing/issue-harness.ts';
import { isGrantlessTokenId } from './access-token-id.ts';

function api(name: string, scopes: readonly string[], changes: Partial<ApiResource> = {}): ApiResource {
  return { name, scopes, claims: [], secrets: [], requireResourceIndicator: false, ...changes };
}

const resources = {
  apiScopes: [createScope('orders.read', { claims: ['department'] }), createScope('pay'), createScope('free')],
  apiResources: [
    api('orders', ['orders.read'], { claims: ['given_name'] }),
    api('billing', ['pay']),
    api('https://vault.example', ['pay'], { requireResourceIndicator: true }),
  ],
};
const HMAC_SECRET = 'a secret of at least sixty-four characters, as HS512 asks for it in RFC 7518';

function algorithms(harness: IssueHarness): readonly (string | undefined)[] {
  return harness.signer.calls.flatMap((bundle) => bundle.map(({ algorithm }) => algorithm));
}

describe('whom an access token is for', () => {
  it('OIDC Core §2: without an API resource the client and its peers, with azp, as in Dex', async () => {
    const { issue } = createIssueHarness({ resources });
    const one = payloadOf((await issue({ scopes: ['openid', 'free'] })).access_token);
    expect([one['aud'], one['azp'], one['client_id']]).toEqual(['app', undefined, 'app']);
    const two = payloadOf((await issue({ scopes: ['openid', 'audience:server:client_id:peer'] })).access_token);
    expect([two['aud'], two['azp']]).toEqual([['peer', 'app'], 'app']);
  });

  it('RFC 9068 §3: API resources with a granted scope are the audience, peers follow, isolated ones are left out', async () => {
    const { issue } = createIssueHarness({ resources });
    const audOf = async (...scopes: string[]) => payloadOf((await issue({ scopes })).access_token)['aud'];
    expect(await audOf('openid', 'orders.read')).toBe('orders');
    expect(await audOf('orders.read', 'pay')).toEqual(['orders', 'billing']);
    expect(await audOf('pay', 'audience:server:client_id:peer')).toEqual(['billing', 'peer']);
    const response = await issue({ scopes: ['openid', 'orders.read'] });
    expect(payloadOf(response.id_token)['aud']).toBe('app');
  });

  it('RFC 8707 §2.2: a resource narrows audience and API scopes, and the answer says so', async () => {
    const { issue } = createIssueHarness({ resources });
    const scopes = ['openid', 'orders.read', 'pay', 'free'];
    const granted = { scopes, details: { resources: ['orders', 'https://vault.example'] } };
    const wide = await issue(granted);
    expect(payloadOf(wide.access_token)).toMatchObject({
      aud: ['orders', 'https://vault.example'],
      scope: 'openid orders.read pay',
    });
    const narrow = await issue(granted, undefined, { resources: ['orders'] });
    expect(narrow.scope).toBe('openid orders.read');
    expect(payloadOf(narrow.access_token)).toMatchObject({ aud: 'orders', scope: 'openid orders.read' });
  });

  it('claims that an API resource or its scopes ask for are in the access token, not in the ID token', async () => {
    const { issue } = createIssueHarness({ resources });
    const identity = {
      userId: 'u',
      username: 'Jane',
      preferredUsername: '',
      email: '',
      emailVerified: false,
      groups: [],
      claims: { given_name: 'Jane', department: 'math', shoe_size: 38 },
    };
    const response = await issue({ scopes: ['openid', 'orders.read'], identity });
    const claims = payloadOf(response.access_token);
    expect(claims).toMatchObject({ given_name: 'Jane', department: 'math' });
    expect(claims).not.toHaveProperty('shoe_size');
    expect(payloadOf(response.id_token)).not.toHaveProperty('department');
  });
});

describe('what tokens say of the sign-in', () => {
  it('RFC 9068 §2.2.1, RFC 8693 §4.1: auth_time, acr, amr, sid, and who acts', async () => {
    const { issue, clock } = createIssueHarness();
    const details = { acr: 'urn:mfa', amr: ['pwd', 'otp'], actor: { sub: 'admin' } };
    const authTime = new Date(clock.now().getTime() - 30_000);
    const response = await issue({ scopes: ['openid'], details, sessionId: 's1', authTime });
    const login = { acr: 'urn:mfa', amr: ['pwd', 'otp'], sid: 's1', auth_time: Math.floor(authTime.getTime() / 1000) };
    expect(payloadOf(response.access_token)).toMatchObject({ ...login, act: { sub: 'admin' } });
    expect(payloadOf(response.id_token)).toMatchObject(login);
    expect(payloadOf(response.id_token)).not.toHaveProperty('act');
  });

  it('OIDC Core §8: a pairwise client knows the person by the same other name in both tokens', async () => {
    const { issue } = createIssueHarness({ pairwiseSecret: 'p' });
    const open = payloadOf((await issue()).access_token)['sub'];
    const client = createClient('app', { settings: { subjectType: 'pairwise' } });
    const response = await issue({}, client);
    const { sub } = payloadOf(response.id_token);
    expect(sub).toMatch(/^[\w-]{43}$/);
    expect(sub).not.toBe(open);
    expect(payloadOf(response.access_token)['sub']).toBe(sub);
  });

  it('a client’s own lifetimes are those of its tokens', async () => {
    const { issue } = createIssueHarness();
    const settings = { accessTokenLifetimeSeconds: 60, idTokenLifetimeSeconds: 30 };
    const response = await issue({}, createClient('app', { settings }));
    const lifetime = (token: string | undefined) => {
      const { exp, iat } = payloadOf(token);
      return Number(exp) - Number(iat);
    };
    expect(response.expires_in).toBe(60);
    expect([lifetime(response.access_token), lifetime(response.id_token)]).toEqual([60, 30]);
  });
});

describe('signatures', () => {
  it('OIDC Core §2: ID and access tokens have the algorithms of the client, by one call', async () => {
    const harness = createIssueHarness();
    await harness.issue();
    const settings = { idTokenSignedResponseAlg: 'PS256', accessTokenSigningAlg: 'EdDSA' } as const;
    await harness.issue({}, createClient('app', { settings }));
    expect(algorithms(harness)).toEqual([undefined, undefined, 'EdDSA', 'PS256']);
    expect(harness.signer.calls).toHaveLength(2);
  });

  it('an API resource’s algorithms are kept to; resources without a common one are invalid_target (RFC 8707 §2)', async () => {
    const harness = createIssueHarness({
      resources: {
        apiScopes: [createScope('a'), createScope('b'), createScope('c')],
        apiResources: [
          api('a', ['a'], { signingAlgorithms: ['PS256', 'ES256'] }),
          api('b', ['b'], { signingAlgorithms: ['ES256', 'RS256', 'PS256'] }),
          api('c', ['c'], { signingAlgorithms: ['EdDSA'] }),
        ],
      },
    });
    await harness.issue({ scopes: ['a', 'b'] });
    await harness.issue({ scopes: ['a', 'b'] }, createClient('app', { settings: { accessTokenSigningAlg: 'ES256' } }));
    await harness.issue({ scopes: ['c'] }, createClient('app', { settings: { accessTokenSigningAlg: 'ES256' } }));
    expect(algorithms(harness)).toEqual(['PS256', 'ES256', 'EdDSA']);
    await expect(harness.issue({ scopes: ['a', 'c'] })).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it('OIDC Core §10.1: HS256, HS384 and HS512 ID tokens are made with the client’s secret, at_hash included', async () => {
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      const harness = createIssueHarness();
      const settings = { idTokenSignedResponseAlg: alg };
      const response = await harness.issue({}, createClient('app', { hmacSecret: HMAC_SECRET, settings }));
      const verified = verifyHmacJws(response.id_token ?? '', { algorithms: [alg], secret: HMAC_SECRET, typ: 'JWT' });
      expect(verified).toMatchObject({ ok: true, payload: { at_hash: leftHalfHash(alg, response.access_token) } });
      expect(harness.signer.calls.flat().map(({ type }) => type)).toEqual(['access_token']);
    }
  });

  it('N34: a public client, or one without a secret that is long enough, never gets an ID token with an HMAC', async () => {
    const settings = { idTokenSignedResponseAlg: 'HS256' } as const;
    const broken = [{ isPublic: true, hmacSecret: HMAC_SECRET }, {}, { hmacSecret: 'short' }];
    for (const change of broken) {
      const harness = createIssueHarness();
      const failure = harness.issue({}, createClient('app', { settings, ...change }));
      await expect(failure).rejects.toMatchObject({ kind: 'internal', code: 'token.hmac_secret_missing' });
      expect(harness.logs).toMatchObject([{ level: 'error', fields: { client_id: 'app', algorithm: 'HS256' } }]);
      expect(JSON.stringify(harness.logs)).not.toContain(HMAC_SECRET);
    }
  });
});

describe('reference tokens', () => {
  const client = createClient('app', { settings: { accessTokenType: 'reference' } });

  it('say nothing by themselves, and what stands behind them is what a JWT would say', async () => {
    const harness = createIssueHarness({ resources });
    const authorization = { scopes: ['openid', 'email', 'orders.read'], sessionId: 's1' };
    const now = harness.clock.now();
    const reference = await harness.issue(authorization, client);
    expect(reference.access_token).toMatch(/^tsa_[\w-]+$/);
    const jwt = await harness.issue(authorization);
    const { jti: _jti, ...expected } = payloadOf(jwt.access_token);
    harness.clients.set('app', client);
    const live = await harness.inspect(reference.access_token, now);
    const { jti, ...claims } = live?.token.claims ?? {};
    expect(claims).toEqual(expected);
    expect(live?.token.tokenId).toBe(jti);
    const idToken = payloadOf(reference.id_token);
    expect(idToken['at_hash']).toBe(leftHalfHash('ES256', reference.access_token));
  });

  it('RFC 6749 §6, RFC 8707 §2.2: keep what they were narrowed to', async () => {
    const harness = createIssueHarness({ resources });
    const granted = { scopes: ['openid', 'orders.read', 'pay'], details: { resources: ['orders', 'billing'] } };
    const now = harness.clock.now();
    const narrow = await harness.issue(granted, client, { scopes: ['orders.read', 'pay'], resources: ['orders'] });
    expect((await harness.inspect(narrow.access_token, now))?.token).toMatchObject({
      scopes: ['orders.read'],
      audiences: ['orders'],
    });
    expect(narrow.scope).toBe('orders.read');
    const wide = await harness.issue(granted, client);
    expect((await harness.inspect(wide.access_token, now))?.token.audiences).toEqual(['orders', 'billing']);
  });

  it('RFC 6749 §4.4: one for the client itself has a grant, so that it can be revoked', async () => {
    const harness = createIssueHarness({ resources });
    harness.clients.set('app', client);
    const now = harness.clock.now();
    const response = await harness.issuing.forClient({ client, scopes: ['orders.read'], resources: [], now });
    expect(harness.storage.calls).toEqual(['createGrant']);
    expect(harness.signer.calls).toEqual([]);
    const live = await harness.inspect(response.access_token, now);
    expect(live?.token).toMatchObject({ clientId: 'app', audiences: ['orders'], scopes: ['orders.read'] });
    expect(live?.token.claims).not.toHaveProperty('auth_time');
    expect(live?.grant).toMatchObject({ authorization: { connectorId: '', isRefreshable: false } });
  });
});

describe('a client that acts for itself', () => {
  it('RFC 6749 §4.4: gets a token for itself alone, and nothing is written', async () => {
    const { issuing, storage, signer, clock } = createIssueHarness({ resources });
    const client = createClient('app', { settings: { clientCredentialsGroups: ['robots'] } });
    const request = { client, scopes: ['orders.read', 'groups'], resources: [], now: clock.now() };
    const response = await issuing.forClient(request);
    const claims = payloadOf(response.access_token);
    expect(claims).toMatchObject({ aud: 'orders', client_id: 'app', sub: 'CgNhcHA', groups: ['robots'] });
    expect(isGrantlessTokenId(String(claims['jti']))).toBe(true);
    expect(claims).not.toHaveProperty('auth_time');
    expect(response).toMatchObject({ scope: 'orders.read groups', expires_in: 3600 });
    expect(response).not.toHaveProperty('refresh_token');
    expect(response).not.toHaveProperty('id_token');
    expect([storage.calls.length, signer.calls.length]).toEqual([0, 1]);
  });

  it('as in Dex, openid brings an ID token with the nonce and profile the client’s name', async () => {
    const { issuing, clock } = createIssueHarness();
    const client = createClient('app', { name: 'My App' });
    const request = { client, scopes: ['openid', 'profile'], resources: [], now: clock.now(), nonce: 'n1' };
    const response = await issuing.forClient(request);
    expect(payloadOf(response.id_token)).toMatchObject({ nonce: 'n1', name: 'My App', preferred_username: 'My App' });
  });

  it('its own claims stand in its tokens with a prefix, and in those about people only when it is told so', async () => {
    const { issuing, issue, clock } = createIssueHarness();
    const settings = { claims: { tier: 'gold', id: 'x' } };
    const client = createClient('app', { settings });
    const own = await issuing.forClient({ client, scopes: [], resources: [], now: clock.now() });
    expect(payloadOf(own.access_token)).toMatchObject({ client_tier: 'gold', client_id: 'app' });
    expect(payloadOf((await issue({}, client)).access_token)).not.toHaveProperty('client_tier');
    const always = createClient('app', {
      settings: { ...settings, alwaysSendClientClaims: true, clientClaimsPrefix: '' },
    });
    const response = await issue({}, always);
    expect(payloadOf(response.access_token)).toMatchObject({ tier: 'gold', id: 'x' });
    expect(payloadOf(response.id_token)).not.toHaveProperty('tier');
  });
});
