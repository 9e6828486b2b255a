import { randomUUID } from 'node:crypto';
import type { FrontChannelTokens, FrontChannelTokensToIssue } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { leftHalfHash } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createAuthorization, createClient } from '../testing/harness.ts';
import { createIssueHarness, type IssueHarness, payloadOf } from '../testing/issue-harness.ts';

const scopes = ['openid', 'profile', 'offline_access'];

function request(harness: IssueHarness, changes: Partial<FrontChannelTokensToIssue> = {}): FrontChannelTokensToIssue {
  const authorization = { ...createAuthorization(harness.clock.now()), scopes, nonce: 'n1', sessionId: 's1' };
  return { authorization, hasAccessToken: true, hasIdToken: true, grantId: randomUUID(), ...changes };
}

async function issue(
  harness: IssueHarness,
  changes: Partial<FrontChannelTokensToIssue> = {},
): Promise<FrontChannelTokens> {
  const [outcome] = await harness.frontChannel.issueFrontChannelTokens([request(harness, changes)]);
  if (outcome?.ok !== true) throw new Error('no tokens');
  return outcome.value;
}

describe('tokens of the authorization endpoint', () => {
  it('OIDC Core §3.2.2.10: id_token token gives both by one signature call, with nonce and at_hash', async () => {
    const harness = createIssueHarness();
    const tokens = await issue(harness);
    const claims = payloadOf(tokens.idToken);
    expect(claims).toMatchObject({ nonce: 'n1', sid: 's1', at_hash: leftHalfHash('ES256', tokens.accessToken ?? '') });
    expect(claims).not.toHaveProperty('c_hash');
    expect(payloadOf(tokens.accessToken)).toMatchObject({ client_id: 'app', sub: claims['sub'], sid: 's1' });
    expect(tokens).toMatchObject({ expiresInSeconds: 3600, scopes });
    expect(harness.signer.calls).toHaveLength(1);
  });

  it('OIDC Core §3.3.2.11: a code makes c_hash, a state s_hash', async () => {
    const harness = createIssueHarness();
    const tokens = await issue(harness, { hasAccessToken: false, code: 'tsc_code', state: 'st' });
    const claims = payloadOf(tokens.idToken);
    expect(claims).toMatchObject({ c_hash: leftHalfHash('ES256', 'tsc_code'), s_hash: leftHalfHash('ES256', 'st') });
    expect(claims).not.toHaveProperty('at_hash');
    expect(claims).not.toHaveProperty('given_name');
  });

  it('OIDC Core §5.4: an ID token alone holds what userinfo would say, and writes nothing', async () => {
    const harness = createIssueHarness();
    const minimal = createClient('app', { settings: { idTokenClaims: 'minimal' } });
    for (const client of [createClient('app'), minimal]) {
      harness.clients.set('app', client);
      const tokens = await issue(harness, { hasAccessToken: false });
      expect(payloadOf(tokens.idToken)).toMatchObject({ name: 'Jane Doe', given_name: 'Jane' });
      expect(tokens).not.toHaveProperty('accessToken');
      expect(tokens.expiresInSeconds).toBe(0);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6749 §4.2.2: an access token has a grant that can be revoked, and that never gives a refresh token', async () => {
    const harness = createIssueHarness();
    const grantId = randomUUID();
    const tokens = await issue(harness, { hasIdToken: false, grantId });
    expect(tokens).not.toHaveProperty('idToken');
    expect(harness.storage.calls).toEqual(['createGrant']);
    expect(harness.storage.grants.get(grantId)).toMatchObject({
      authorization: { isRefreshable: false, details: { grantType: 'implicit' } },
    });
    const now = harness.clock.now();
    expect(await harness.inspect(tokens.accessToken ?? '', now)).toMatchObject({ token: { grantId } });
    await harness.storage.revokeGrant({ grantId, reason: 'test' });
    expect(await harness.inspect(tokens.accessToken ?? '', now)).toBeUndefined();
  });

  it('RFC 6749 §4.2.2: a client with reference tokens gets one here too, and at_hash is over it', async () => {
    const harness = createIssueHarness();
    harness.clients.set('app', createClient('app', { settings: { accessTokenType: 'reference' } }));
    const tokens = await issue(harness);
    expect(tokens.accessToken).toMatch(/^tsa_/);
    expect(payloadOf(tokens.idToken)['at_hash']).toBe(leftHalfHash('ES256', tokens.accessToken ?? ''));
  });

  it('OIDC Core §10.1: an ID token with an HMAC needs no call', async () => {
    const harness = createIssueHarness();
    const settings = { idTokenSignedResponseAlg: 'HS256' } as const;
    harness.clients.set('app', createClient('app', { hmacSecret: 'h'.repeat(32), settings }));
    const tokens = await issue(harness, { hasAccessToken: false, code: 'tsc_code' });
    expect(payloadOf(tokens.idToken)).toHaveProperty('c_hash', leftHalfHash('HS256', 'tsc_code'));
    expect(harness.signer.calls).toEqual([]);
  });

  it('N38: each request of a batch fails alone: a disabled client, an unknown one', async () => {
    const harness = createIssueHarness();
    harness.clients.set('off', createClient('off', { isEnabled: false }));
    const of = (clientId: string) => {
      const one = request(harness);
      return { ...one, authorization: { ...one.authorization, clientId } };
    };
    const outcomes = await harness.frontChannel.issueFrontChannelTokens([of('off'), of('app'), of('gone')]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(outcomes[0]).toMatchObject({ error: { kind: 'conflict', code: 'token.client_gone' } });
    expect(harness.storage.calls).toEqual(['createGrant']);
  });

  it('N93: whoever speaks for authorize gets no tokens of a response type that the issuer or the client does not have', async () => {
    const refused = { ok: false, error: { kind: 'permission_denied', code: 'token.response_type_refused' } };
    const asked = [
      { hasIdToken: false },
      { hasAccessToken: false },
      {},
      { hasIdToken: false, code: 'c' },
      { hasAccessToken: false, code: 'c' },
      { code: 'c' },
    ];
    const codeOnly = createIssueHarness({ responseTypes: ['code'] });
    const ofCode = createIssueHarness();
    ofCode.clients.set('app', createClient('app', { settings: { grantTypes: ['authorization_code'] } }));
    const ofHybrid = createIssueHarness();
    ofHybrid.clients.set('app', createClient('app', { settings: { responseTypes: ['id_token code'] } }));
    const outcomesOf = async (harness: IssueHarness) => {
      const outcomes = await harness.frontChannel.issueFrontChannelTokens(asked.map((one) => request(harness, one)));
      return outcomes.map((outcome) => (outcome.ok ? 'issued' : outcome));
    };
    expect(await outcomesOf(codeOnly)).toMatchObject(asked.map(() => refused));
    expect(await outcomesOf(ofCode)).toMatchObject(asked.map(() => refused));
    expect(await outcomesOf(ofHybrid)).toMatchObject(asked.map((one) => (one === asked[4] ? 'issued' : refused)));
    expect(codeOnly.storage.calls).toEqual([]);
  });

  it('a grant that was not kept, or a signature that cannot be had, is no answer', async () => {
    const failure = unavailable('storage.unavailable', 'down');
    const stored = createIssueHarness();
    stored.storage.failure = failure;
    await expect(issue(stored)).rejects.toThrow('no tokens');
    const signed = createIssueHarness();
    signed.signer.failure = failure;
    const [outcome] = await signed.frontChannel.issueFrontChannelTokens([request(signed)]);
    expect(outcome).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
  });

  it('RFC 8707 §2: resources without a common algorithm are told as invalid_target', async () => {
    const harness = createIssueHarness({
      resources: {
        apiResources: (['ES256', 'EdDSA'] as const).map((algorithm) => ({
          name: algorithm,
          scopes: [],
          claims: [],
          secrets: [],
          requireResourceIndicator: false,
          signingAlgorithms: [algorithm],
        })),
      },
    });
    const one = request(harness);
    const authorization = { ...one.authorization, details: { resources: ['ES256', 'EdDSA'] } };
    const [outcome] = await harness.frontChannel.issueFrontChannelTokens([{ ...one, authorization }]);
    expect(outcome).toMatchObject({ ok: false, error: { kind: 'invalid_argument', code: 'token.invalid_target' } });
    expect(harness.storage.calls).toEqual([]);
  });
});
