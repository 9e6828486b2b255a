import { randomBytes } from 'node:crypto';
import { createSecretRing, mintCode, parseRefreshToken } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import { encodeSubject, leftHalfHash } from '@tessera/oauth';
import { runInContext } from '@tessera/telemetry';
import { describe, expect, it, vi } from 'vitest';
import {
  challenge,
  claimsOf,
  codeForm,
  createClient,
  createConnector,
  createHarness,
  createHarnessWith,
  type Harness,
  ISSUER,
  REDIRECT_URI,
  VERIFIER,
} from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';
import { ORDERS, STOCK, sampleResources, VAULT } from '../testing/sample-resources.ts';

function refusal({ status, body }: TestAnswer): readonly [number, unknown] {
  return [status, body['error']];
}

async function userInfoStatus(harness: Harness, answer: TestAnswer): Promise<number> {
  const headers = { authorization: `Bearer ${String(answer.body['access_token'])}` };
  return (await harness.send('userinfo', { method: 'GET', headers })).status;
}

describe('what the grant authorization_code issues', () => {
  it('RFC 6749 §5.1: the answer has all members, and expires_in is the access token’s lifetime', async () => {
    const harness = await createHarness();
    const answer = await harness.signIn();
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^tsr_/),
      id_token: expect.any(String),
      scope: 'openid profile email offline_access',
    });
  });

  it('OIDC Core §2: the ID token has the request’s nonce, auth_time, at_hash and Dex’s claims', async () => {
    const harness = await createHarness();
    const answer = await harness.signIn();
    const now = Math.floor(harness.clock.now().getTime() / 1000);
    expect(claimsOf(answer, 'id_token')).toEqual({
      iss: ISSUER,
      sub: encodeSubject('jane-1', 'ldap'),
      aud: 'app',
      exp: now + 86_400,
      iat: now,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      nonce: 'n-0S6_WzA2Mj',
      auth_time: now - 30,
      at_hash: leftHalfHash('ES256', String(answer.body['access_token'])),
      name: 'Jane Doe',
      preferred_username: 'jane',
      email: 'jane@example.com',
      email_verified: true,
    });
  });

  it('RFC 9068 §2.2: the access token names client, scope and, inside jti, its grant', async () => {
    const harness = await createHarness();
    const answer = await harness.signIn();
    const claims = claimsOf(answer, 'access_token');
    const [grantId = ''] = harness.storage.grants.keys();
    expect(claims).toMatchObject({ client_id: 'app', scope: 'openid profile email offline_access', aud: 'app' });
    expect(Buffer.from(String(claims['jti']), 'base64url').toString('hex', 0, 16)).toBe(grantId.replaceAll('-', ''));
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3600);
    expect(claims).not.toHaveProperty('nonce');
    expect(parseRefreshToken(harness.secrets.ring(), String(answer.body['refresh_token']))).toEqual({
      grantId,
      generation: 0,
    });
  });

  it('OIDC Core §11: no refresh token unless the authorization is refreshable, and the grant ends with its tokens', async () => {
    const harness = await createHarness();
    const answer = await harness.signIn({ isRefreshable: false, scopes: ['openid'] });
    expect(answer.body).not.toHaveProperty('refresh_token');
    const [grant] = harness.storage.grants.values();
    expect(grant?.expiresAt).toEqual(new Date(harness.clock.now().getTime() + 86_400_000));
  });

  it('a refreshable grant ends after the absolute lifetime, or never when that is 0', async () => {
    const limits = { disableRotation: false, reuseIntervalSeconds: 0, validIfNotUsedForSeconds: 0 };
    const harness = await createHarness({ refreshTokens: { ...limits, absoluteLifetimeSeconds: 600 } });
    await harness.signIn();
    const [limited] = harness.storage.grants.values();
    expect(limited?.expiresAt).toEqual(new Date(harness.clock.now().getTime() + 600_000));
    const endless = await createHarness();
    await endless.signIn();
    expect([...endless.storage.grants.values()][0]).not.toHaveProperty('expiresAt');
  });

  it('peers that trust the client are the audience, in Dex’s order, with azp', async () => {
    const harness = await createHarness();
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
    const answer = await harness.signIn({ scopes: ['openid', 'audience:server:client_id:other'] });
    for (const name of ['access_token', 'id_token'] as const) {
      expect(claimsOf(answer, name)).toMatchObject({ aud: ['other', 'app'], azp: 'app' });
    }
  });

  it('RFC 7636 §4.5: a right verifier is taken', async () => {
    const harness = await createHarness();
    const form = { ...codeForm(harness.putCode({ pkce: challenge })), code_verifier: VERIFIER };
    expect((await harness.post('token', form)).status).toBe(200);
  });

  it('one call of storage and one of keys, with both tokens in one bundle', async () => {
    const harness = await createHarness();
    await harness.signIn();
    expect(harness.storage.calls).toEqual(['redeemCode']);
    expect(harness.signer.calls.map((bundle) => bundle.map(({ type, atHashOf }) => [type, atHashOf]))).toEqual([
      [
        ['access_token', undefined],
        ['id_token', 0],
      ],
    ]);
    expect(harness.federation.calls).toEqual([]);
  });
});

it('the idle lifetime of refresh tokens goes with the redemption, so that a forgotten grant is swept', async () => {
  const refreshTokens = { disableRotation: false, reuseIntervalSeconds: 0, absoluteLifetimeSeconds: 0 };
  for (const validIfNotUsedForSeconds of [0, 3600]) {
    const harness = await createHarness({ refreshTokens: { ...refreshTokens, validIfNotUsedForSeconds } });
    const seen: number[] = [];
    const { redeemCode } = harness.storage;
    harness.storage.redeemCode = (code) => {
      seen.push(code.validIfNotUsedForSeconds);
      return redeemCode(code);
    };
    await harness.signIn();
    expect(seen).toEqual([validIfNotUsedForSeconds]);
  }
});

describe('what the grant authorization_code refuses', () => {
  it('RFC 6749 §5.2: a missing code is invalid_request', async () => {
    const harness = await createHarness();
    expect(refusal(await harness.post('token', { grant_type: 'authorization_code' }))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  it('N20: a forged, foreign, malformed or oversized code is invalid_grant without a storage call', async () => {
    const harness = await createHarness();
    const real = harness.putCode();
    const foreignRing = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
    const refreshToken = String((await harness.signIn()).body['refresh_token']);
    harness.forget();
    const codes = [
      mintCode(foreignRing, { flowId: randomBytes(16) }),
      `${real.slice(0, -1)}${real.endsWith('A') ? 'B' : 'A'}`,
      real.slice(0, -4),
      `${real}=`,
      refreshToken,
      'code',
      'x'.repeat(16_384),
    ];
    for (const code of codes) {
      expect(refusal(await harness.post('token', codeForm(code)))).toEqual([400, 'invalid_grant']);
    }
    expect(harness.storage.calls).toEqual([]);
    expect(harness.signer.calls).toEqual([]);
  });

  it('N15, RFC 6749 §4.1.2: a replayed code is invalid_grant, revokes what came of it, and is a warning', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    const first = await harness.post('token', form);
    expect(await userInfoStatus(harness, first)).toBe(200);
    expect(refusal(await harness.post('token', form))).toEqual([400, 'invalid_grant']);
    expect(await userInfoStatus(harness, first)).toBe(401);
    expect(harness.logs.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'authorization code replayed, its grant is revoked',
        fields: { client_id: 'app', reason: 'replayed' },
      },
    ]);
  });

  it('N15: of 100 parallel redemptions exactly one succeeds', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    const answers = await Promise.all(Array.from({ length: 100 }, () => harness.post('token', form)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(99);
  });

  it('N21: another client’s code is refused in the words of an unknown one, and stays good for its own', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    const stolen = await harness.post('token', form, basicHeader('other', 'other-secret'));
    const unknown = await harness.post(
      'token',
      codeForm(mintCode(harness.secrets.ring(), { flowId: randomBytes(16) })),
    );
    expect(refusal(stolen)).toEqual([400, 'invalid_grant']);
    expect(stolen.body).toEqual(unknown.body);
    expect((await harness.post('token', form)).status).toBe(200);
  });

  it('RFC 6749 §4.1.2: an expired code is invalid_grant', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    harness.clock.advance(61);
    expect(refusal(await harness.post('token', form))).toEqual([400, 'invalid_grant']);
  });

  it('N38: a disabled client redeems nothing and the code is not consumed', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    expect(refusal(await harness.post('token', form))).toEqual([401, 'invalid_client']);
    harness.clients.set('app', createClient('app'));
    expect((await harness.post('token', form)).status).toBe(200);
  });

  it('RFC 6749 §4.1.3: another, a missing or an oversized redirect_uri is invalid_grant', async () => {
    const harness = await createHarness();
    const code = harness.putCode();
    for (const redirect_uri of [`${REDIRECT_URI}/`, '', `${REDIRECT_URI}?${'x'.repeat(2048)}`]) {
      const form = { ...codeForm(code), redirect_uri };
      expect(refusal(await harness.post('token', form))).toEqual([400, 'invalid_grant']);
    }
    // The oversized one was not worth a call.
    expect(harness.storage.calls).toEqual(['redeemCode', 'redeemCode']);
  });

  it('N30, N31: a missing, wrong or malformed verifier is invalid_grant, and so is one without challenge', async () => {
    const harness = await createHarness();
    const code = harness.putCode({ pkce: challenge });
    const verifiers = ['', 'w'.repeat(43), 'short', `${'v'.repeat(42)}!`, 'v'.repeat(129), challenge.challenge];
    for (const code_verifier of verifiers) {
      const answer = await harness.post('token', { ...codeForm(code), code_verifier });
      expect(refusal(answer)).toEqual([400, 'invalid_grant']);
    }
    // Missing, wrong, and the challenge in its place; the malformed ones were not worth a call.
    expect(harness.storage.calls).toEqual(['redeemCode', 'redeemCode', 'redeemCode']);
    const without = { ...codeForm(harness.putCode()), code_verifier: VERIFIER };
    expect(refusal(await harness.post('token', without))).toEqual([400, 'invalid_grant']);
    expect(harness.signer.calls).toEqual([]);
  });

  it('N37: a scope parameter at the code grant gives nothing', async () => {
    const harness = await createHarness();
    const form = { ...codeForm(harness.putCode({ scopes: ['openid'] })), scope: 'openid groups' };
    const answer = await harness.post('token', form);
    expect(answer.body['scope']).toBe('openid');
    expect(claimsOf(answer, 'access_token')).not.toHaveProperty('groups');
  });

  it('N40: connector, client and peers are looked at again at redemption', async () => {
    const peers = { scopes: ['openid', 'audience:server:client_id:other'] };
    const cases: readonly ((harness: Harness) => Promise<TestAnswer>)[] = [
      (harness) => {
        harness.clients.set('app', createClient('app', { allowedConnectors: ['saml'] }));
        return harness.signIn();
      },
      (harness) => harness.signIn({ connectorId: 'removed' }),
      (harness) => {
        harness.connectors.splice(0, 1, createConnector('ldap', { grantTypes: ['refresh_token'] }));
        return harness.signIn();
      },
      (harness) => harness.signIn(peers),
      (harness) => {
        harness.clients.set('other', createClient('other', { trustedPeers: ['app'], isEnabled: false }));
        return harness.signIn(peers);
      },
      (harness) => harness.signIn({ scopes: ['openid', 'audience:server:client_id:gone'] }),
    ];
    for (const attempt of cases) {
      const harness = await createHarness();
      expect(refusal(await attempt(harness))).toEqual([400, 'invalid_grant']);
      expect(harness.signer.calls).toEqual([]);
    }
  });

  it('a neighbour that does not answer is 503 temporarily_unavailable and shows nothing of itself', async () => {
    const harness = await createHarness();
    harness.storage.failure = unavailable('storage.unavailable', 'redis at 10.0.0.1 refused');
    const answer = await harness.signIn();
    expect(refusal(answer)).toEqual([503, 'temporarily_unavailable']);
    expect(answer.text).not.toContain('10.0.0.1');
    harness.storage.failure = undefined;
    harness.signer.failure = unavailable('keys.unavailable', 'keys are down');
    expect(refusal(await harness.signIn())).toEqual([503, 'temporarily_unavailable']);
  });

  it('N19: a signer that comes back while the request has time is waited for, and one that does not is 503 in time', async () => {
    const harness = await createHarness();
    const down = unavailable('keys.unavailable', 'keys are down');
    harness.signer.failure = down;
    const patient = { requestId: 'request-0001', deadlineMs: performance.now() + 10_000 };
    const waiting = runInContext(patient, () => harness.signIn());
    await vi.waitFor(() => expect(harness.signer.calls.length).toBeGreaterThan(1));
    harness.signer.failure = undefined;
    expect((await waiting).status).toBe(200);
    harness.signer.failure = down;
    const hurried = { requestId: 'request-0002', deadlineMs: performance.now() + 1_300 };
    const startedMs = performance.now();
    expect(refusal(await runInContext(hurried, () => harness.signIn()))).toEqual([503, 'temporarily_unavailable']);
    expect(performance.now() - startedMs).toBeLessThan(1_300);
  });

  it('a signer that refuses, and will go on refusing, is not waited for as long as the request has time', async () => {
    const harness = await createHarness();
    harness.signer.failure = unavailable('keys.signing_refused', 'no policy grants it');
    const patient = { requestId: 'request-0001', deadlineMs: performance.now() + 10_000 };
    const startedMs = performance.now();
    expect(refusal(await runInContext(patient, () => harness.signIn()))).toEqual([503, 'temporarily_unavailable']);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(harness.signer.calls.length).toBeGreaterThan(1);
  });
});

describe('what may be left out or narrowed', () => {
  it('RFC 6749 §4.1.3: redirect_uri may be left out where the authorization request had none', async () => {
    const harness = await createHarness();
    const implied = harness.putCode({ details: { isRedirectUriImplied: true } });
    expect((await harness.post('token', { grant_type: 'authorization_code', code: implied })).status).toBe(200);
    const code = harness.putCode();
    const without = await harness.post('token', { grant_type: 'authorization_code', code });
    expect(refusal(without)).toEqual([400, 'invalid_grant']);
  });

  it('RFC 8707 §2.2: resource narrows the access token to some of those that were granted', async () => {
    const harness = await createHarnessWith({ resources: sampleResources });
    const scopes = ['openid', 'orders.read', 'stock.read'];
    const form = codeForm(harness.putCode({ scopes, details: { resources: [ORDERS, STOCK] } }));
    const answer = await harness.post('token', { ...form, resource: ORDERS });
    expect(answer.body['scope']).toBe('openid orders.read');
    expect([claimsOf(answer, 'access_token')['aud']].flat()).toContain(ORDERS);
    expect([claimsOf(answer, 'access_token')['aud']].flat()).not.toContain(STOCK);
  });

  it('RFC 8707 §2: another resource is invalid_target, and nobody has tokens of that code any more', async () => {
    const harness = await createHarnessWith({ resources: sampleResources });
    const form = codeForm(harness.putCode({ details: { resources: [ORDERS] } }));
    expect(refusal(await harness.post('token', { ...form, resource: VAULT }))).toEqual([400, 'invalid_target']);
    const [grant] = harness.storage.grants.values();
    expect(grant?.revokedAt).toBeDefined();
  });

  it('N20: what came of another grant is not given for a code', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode({ details: { grantType: 'urn:ietf:params:oauth:grant-type:device_code' } }));
    expect(refusal(await harness.post('token', form))).toEqual([400, 'invalid_grant']);
    expect(harness.storage.grants.size).toBe(0);
  });

  it('N37: a scope the client lost since the sign-in is left out', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    harness.clients.set('app', createClient('app', { settings: { scopes: ['email'] } }));
    expect((await harness.post('token', form)).body['scope']).toBe('openid email');
  });

  it('a client’s own lifetimes go before those that are configured', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { accessTokenLifetimeSeconds: 120 } }));
    expect((await harness.signIn()).body['expires_in']).toBe(120);
  });
});
