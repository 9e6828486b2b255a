import { randomBytes, randomUUID } from 'node:crypto';
import { federationErrors } from '@tessera/contracts';
import { createSecretRing, mintRefreshToken, parseRefreshToken } from '@tessera/credentials';
import { TesseraError, unavailable } from '@tessera/errors';
import { encodeSubject, leftHalfHash } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import {
  claimsOf,
  createClient,
  createConnector,
  createHarness,
  type Harness,
  refreshForm,
  SECRET,
} from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const rules = {
  disableRotation: false,
  reuseIntervalSeconds: 0,
  validIfNotUsedForSeconds: 0,
  absoluteLifetimeSeconds: 0,
};

function refusal({ status, body }: TestAnswer): readonly [number, unknown] {
  return [status, body['error']];
}

function refresh(harness: Harness, from: TestAnswer, more: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  return harness.post('token', { ...refreshForm(from), ...more });
}

function generationOf(harness: Harness, answer: TestAnswer): number | undefined {
  return parseRefreshToken(harness.secrets.ring(), String(answer.body['refresh_token']))?.generation;
}

describe('what the grant refresh_token issues', () => {
  it('OIDC Core §12.2: iss, sub, aud, auth_time stay, iat moves on, and there is no nonce', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    harness.clock.advance(100);
    const second = await refresh(harness, first);
    expect(second.status).toBe(200);
    const before = claimsOf(first, 'id_token');
    const after = claimsOf(second, 'id_token');
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'azp']) expect(after[name]).toEqual(before[name]);
    expect(Number(after['iat'])).toBe(Number(before['iat']) + 100);
    expect(after).not.toHaveProperty('nonce');
    expect(after['jti']).not.toBe(before['jti']);
    expect(after['at_hash']).toBe(leftHalfHash('ES256', String(second.body['access_token'])));
  });

  it('RFC 6749 §6: the token rotates, and the old one is of no use', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    expect([generationOf(harness, first), generationOf(harness, second)]).toEqual([0, 1]);
    expect((await refresh(harness, second)).status).toBe(200);
  });

  it('with disableRotation the same token stays valid', async () => {
    const harness = await createHarness({ refreshTokens: { ...rules, disableRotation: true } });
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    expect(second.body['refresh_token']).toBe(first.body['refresh_token']);
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('one call of storage and one of keys', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    harness.forget();
    await refresh(harness, first);
    expect(harness.storage.calls).toEqual(['rotateRefreshToken']);
    expect(harness.signer.calls).toHaveLength(1);
    expect(harness.federation.calls).toEqual([]);
  });

  it('an upstream is asked between two calls of storage, and what it says goes into the tokens', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    harness.forget();
    const second = await refresh(harness, first);
    expect(harness.storage.calls).toEqual(['rotateRefreshToken', 'rotateRefreshToken']);
    expect(harness.signer.calls).toHaveLength(1);
    expect(harness.federation.calls).toEqual([
      expect.objectContaining({ connectorId: 'ldap', connectorData: new Uint8Array([1, 2, 3]) }),
    ]);
    expect(claimsOf(second, 'id_token')).toMatchObject({ name: 'Jane Smith' });
    const [grant] = harness.storage.grants.values();
    expect(grant?.authorization.connectorData).toEqual(new Uint8Array([9]));
  });

  it('OIDC Core §12.2: the subject stays even when the upstream calls the person something else', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    const second = await refresh(harness, first);
    expect(claimsOf(second, 'id_token')['sub']).toBe(encodeSubject('jane-1', 'ldap'));
    const [grant] = harness.storage.grants.values();
    expect(grant?.authorization.identity.userId).toBe('jane-1');
  });
});

describe('scope of a refresh', () => {
  it('RFC 6749 §6: fewer scopes apply to the issued tokens only; the next refresh has all of them again', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    harness.forget();
    const narrow = await refresh(harness, first, { scope: 'email openid' });
    expect(narrow.body['scope']).toBe('openid email');
    expect(claimsOf(narrow, 'access_token')).toMatchObject({ scope: 'openid email' });
    expect(claimsOf(narrow, 'id_token')).not.toHaveProperty('name');
    expect(narrow.body).toHaveProperty('refresh_token');
    expect(harness.storage.calls).toEqual(['findGrant', 'rotateRefreshToken']);
    const wide = await refresh(harness, narrow);
    expect(wide.body['scope']).toBe('openid profile email offline_access');
  });

  it('OIDC Core §3.1.2.1: without openid there is no ID token', async () => {
    const harness = await createHarness();
    const answer = await refresh(harness, await harness.signIn(), { scope: 'email' });
    expect([answer.status, answer.body['id_token'], answer.body['scope']]).toEqual([200, undefined, 'email']);
    expect(harness.signer.calls.at(-1)).toHaveLength(1);
  });

  it('N25: more than was granted is invalid_scope and the token stays good', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ scopes: ['openid', 'email'] });
    for (const scope of ['openid groups', 'openid invented', ' ', 'audience:server:client_id:other']) {
      expect(refusal(await refresh(harness, first, { scope }))).toEqual([400, 'invalid_scope']);
    }
    expect(harness.storage.calls).not.toContain('rotateRefreshToken');
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('N25: another client learns nothing of a grant’s scopes', async () => {
    const harness = await createHarness();
    const form = { ...refreshForm(await harness.signIn()), scope: 'groups' };
    const answer = await harness.post('token', form, basicHeader('other', 'other-secret'));
    expect(refusal(answer)).toEqual([400, 'invalid_grant']);
  });

  it('OIDC Core §12.2: the ID token keeps its audience while the access token is narrowed', async () => {
    const harness = await createHarness();
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
    const first = await harness.signIn({ scopes: ['openid', 'audience:server:client_id:other'] });
    const answer = await refresh(harness, first, { scope: 'openid' });
    expect(claimsOf(answer, 'id_token')).toMatchObject({ aud: ['other', 'app'], azp: 'app' });
    expect(claimsOf(answer, 'access_token')['aud']).toBe('app');
  });
});

describe('what the grant refresh_token refuses', () => {
  it('RFC 6749 §5.2: a missing token is invalid_request', async () => {
    const harness = await createHarness();
    expect(refusal(await harness.post('token', { grant_type: 'refresh_token' }))).toEqual([400, 'invalid_request']);
  });

  it('N20: a forged, foreign, malformed or oversized token is invalid_grant without a call', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const real = String(first.body['refresh_token']);
    const foreignRing = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
    harness.forget();
    const tokens = [
      mintRefreshToken(foreignRing, { grantId: randomUUID(), generation: 0 }),
      `${real.slice(0, -1)}${real.endsWith('A') ? 'B' : 'A'}`,
      real.slice(4),
      harness.putCode(),
      String(first.body['access_token']),
      'y'.repeat(16_384),
    ];
    for (const refresh_token of tokens) {
      for (const scope of ['', 'openid']) {
        const answer = await harness.post('token', { grant_type: 'refresh_token', refresh_token, scope });
        expect(refusal(answer)).toEqual([400, 'invalid_grant']);
      }
    }
    expect(harness.storage.calls).toEqual([]);
    expect(harness.signer.calls).toEqual([]);
  });

  it('N19: a token used again after the reuse interval revokes the family, and is a warning with grant and client', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    expect(refusal(await refresh(harness, first))).toEqual([400, 'invalid_grant']);
    expect(refusal(await refresh(harness, second))).toEqual([400, 'invalid_grant']);
    const [grantId] = harness.storage.grants.keys();
    expect(harness.logs.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'refresh token reuse detected, its family is revoked',
        fields: { client_id: 'app', grant_id: grantId, reason: 'reused' },
      },
    ]);
  });

  it('N19: within the reuse interval the same successor comes again', async () => {
    const harness = await createHarness({ refreshTokens: { ...rules, reuseIntervalSeconds: 30 } });
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    harness.clock.advance(10);
    const again = await refresh(harness, first);
    expect(again.body['refresh_token']).toBe(second.body['refresh_token']);
    harness.clock.advance(30);
    expect(refusal(await refresh(harness, first))).toEqual([400, 'invalid_grant']);
  });

  it('N18: of 100 parallel refreshes with one token exactly one succeeds', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(harness, first)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('N25: another client’s token is invalid_grant and stays good for its own', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    const stolen = await harness.post('token', refreshForm(first), basicHeader('other', 'other-secret'));
    expect(refusal(stolen)).toEqual([400, 'invalid_grant']);
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('N38: a disabled client is invalid_client and the token is not consumed', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    expect(refusal(await refresh(harness, first))).toEqual([401, 'invalid_client']);
    harness.clients.set('app', createClient('app'));
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('an expired, idle or revoked family and a person who is gone are all invalid_grant', async () => {
    const limits = { ...rules, absoluteLifetimeSeconds: 1000, validIfNotUsedForSeconds: 100 };
    const old = await createHarness({ refreshTokens: limits });
    let latest = await old.signIn();
    for (let elapsed = 0; elapsed < 990; elapsed += 90) {
      old.clock.advance(90);
      if (elapsed < 900) latest = await refresh(old, latest);
    }
    expect(latest.status).toBe(200);
    old.clock.advance(10);
    expect(refusal(await refresh(old, latest))).toEqual([400, 'invalid_grant']);

    const idle = await createHarness({ refreshTokens: limits });
    const unused = await idle.signIn();
    idle.clock.advance(101);
    expect((await refresh(idle, unused)).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Refresh token expired.',
    });

    const gone = await createHarness();
    const left = await gone.signIn();
    gone.storage.goneUserIds.add('jane-1');
    expect(refusal(await refresh(gone, left))).toEqual([400, 'invalid_grant']);
    gone.storage.goneUserIds.clear();
    expect(refusal(await refresh(gone, left))).toEqual([400, 'invalid_grant']);
  });

  it('N23: connector, client and peers have to stand still', async () => {
    const changes: readonly ((harness: Harness) => void)[] = [
      ({ clients }) => clients.set('app', createClient('app', { allowedConnectors: ['saml'] })),
      ({ connectors }) => connectors.splice(0, 1, createConnector('saml')),
      ({ connectors }) => connectors.splice(0, 1, createConnector('ldap', { grantTypes: ['authorization_code'] })),
      ({ clients }) => clients.set('other', createClient('other')),
      ({ clients }) => clients.delete('other'),
    ];
    for (const change of changes) {
      for (const refreshesUpstream of [false, true]) {
        const harness = await createHarness();
        harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
        const scopes = ['openid', 'audience:server:client_id:other'];
        const first = await harness.signIn({ scopes, refreshesUpstream });
        expect(first.status).toBe(200);
        harness.forget();
        change(harness);
        expect(refusal(await refresh(harness, first))).toEqual([400, 'invalid_grant']);
        expect([harness.signer.calls, harness.federation.calls]).toEqual([[], []]);
      }
    }
  });
});

describe('an upstream at refresh', () => {
  it('N38: that refuses the person ends the grant', async () => {
    const codes = [federationErrors.userGone, federationErrors.upstreamRefused, federationErrors.notInRequiredGroups];
    for (const code of codes) {
      const harness = await createHarness();
      const first = await harness.signIn({ refreshesUpstream: true });
      harness.forget();
      harness.federation.refresh = () =>
        Promise.reject(new TesseraError({ kind: 'permission_denied', code, message: 'no' }));
      expect(refusal(await refresh(harness, first))).toEqual([400, 'invalid_grant']);
      expect(harness.storage.calls).toEqual(['rotateRefreshToken', 'revokeGrant']);
      expect([...harness.storage.grants.values()][0]?.revokedAt).toBeDefined();
      expect(harness.logs.map(({ level, fields }) => [level, fields['reason']])).toEqual([['warn', code]]);
    }
  });

  it('that does not answer is 503, and the token is not consumed', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    const { refresh: answers } = harness.federation;
    harness.federation.refresh = () => Promise.reject(unavailable(federationErrors.upstreamUnavailable, 'down'));
    expect(refusal(await refresh(harness, first))).toEqual([503, 'temporarily_unavailable']);
    harness.federation.refresh = answers;
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('N80: whose refusal cannot be recorded is 503, not a refusal that is forgotten', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    harness.federation.refresh = () => {
      harness.storage.failure = unavailable('storage.unavailable', 'down');
      return Promise.reject(
        new TesseraError({ kind: 'not_found', code: federationErrors.userGone, message: 'nobody' }),
      );
    };
    expect(refusal(await refresh(harness, first))).toEqual([503, 'temporarily_unavailable']);
  });

  it('that storage asks for again and again is an internal error, not a loop', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ refreshesUpstream: true });
    const rotate = harness.storage.rotateRefreshToken;
    harness.storage.rotateRefreshToken = ({ upstream: _ignored, ...token }) => rotate(token);
    expect(refusal(await refresh(harness, first))).toEqual([500, 'server_error']);
    expect(harness.federation.calls).toHaveLength(1);
  });
});

it('N96: no secret, code or token stands in any log line of either grant', async () => {
  const harness = await createHarness();
  const code = harness.putCode();
  const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://app.example.com/callback' };
  const first = await harness.post('token', form);
  const second = await refresh(harness, first);
  await refresh(harness, first);
  await harness.post('token', form);
  await harness.post('token', { ...form, code: 'canary-code' });
  await harness.post('token', { grant_type: 'refresh_token', refresh_token: 'canary-refresh' });
  await harness.post('token', form, basicHeader('app', 'canary-secret'));
  await harness.post('revocation', { token: String(second.body['refresh_token']) });
  const text = JSON.stringify(harness.logs);
  expect(harness.logs.length).toBeGreaterThan(4);
  const canaries = [code, SECRET, 'canary'];
  for (const answer of [first, second]) {
    canaries.push(...['access_token', 'refresh_token', 'id_token'].map((name) => String(answer.body[name])));
  }
  for (const canary of canaries) expect(text).not.toContain(canary);
});
