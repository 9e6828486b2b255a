import { encodeSubject } from '@tessera/oauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { claimsOf, createClient, createConnector, createHarnessWith, type Harness } from '../../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../../testing/request.ts';
import { ORDERS, STOCK, sampleResources, VAULT } from '../../testing/sample-resources.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const REFUSED = {
  error: 'invalid_request',
  error_description: 'The token is invalid, expired, revoked, or not meant for this client.',
};
const GRANTED = ['openid', 'profile', 'offline_access', 'orders.read', 'stock.read', 'audience:server:client_id:api'];
let harness: Harness;
let subjectToken: string;

beforeEach(async () => {
  harness = await createHarnessWith({ resources: sampleResources });
  harness.clients.set('api', createClient('api', { trustedPeers: ['app'] }));
  subjectToken = await signIn();
  harness.forget();
});

/** An access token of Jane for the client `app`, with `api` and two APIs as audience. */
async function signIn(scopes: readonly string[] = GRANTED): Promise<string> {
  const answer = await harness.signIn({ scopes, sessionId: 'session-1', details: { acr: 'high', amr: ['pwd'] } });
  if (answer.status !== 200) throw new Error(answer.text);
  return String(answer.body['access_token']);
}

function exchange(more: Readonly<Record<string, string>> = {}, by = 'api'): Promise<TestAnswer> {
  const form = { grant_type: GRANT, subject_token: subjectToken, subject_token_type: ACCESS_TOKEN, ...more };
  return harness.post('token', form, basicHeader(by, by === 'app' ? 'app-secret-0123456789abcdef' : `${by}-secret`));
}

function lastAuthorization(): Readonly<Record<string, unknown>> {
  return { ...[...harness.storage.grants.values()].at(-1)?.authorization };
}

describe('the exchange of an access token of ours', () => {
  it('RFC 8693 §2.2.1: an audience of the token becomes its client, for the same person: impersonation', async () => {
    const answer = await exchange({ scope: 'openid orders.read' });
    expect(answer.body).toMatchObject({
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      scope: 'openid orders.read',
    });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.body).not.toHaveProperty('id_token');
    const claims = claimsOf(answer, 'access_token');
    expect(claims).toMatchObject({ client_id: 'api', sub: encodeSubject('jane-1', 'ldap') });
    expect(claims).not.toHaveProperty('act');
    expect(lastAuthorization()).toMatchObject({
      clientId: 'api',
      sessionId: 'session-1',
      isRefreshable: false,
      details: { grantType: GRANT, acr: 'high', amr: ['pwd'], resources: [ORDERS] },
    });
    expect([harness.storage.calls, harness.signer.calls.length]).toEqual([['findGrant', 'createGrant'], 1]);
  });

  it('RFC 8693 §2.2.1: an ID token has token_type N_A, and needs openid', async () => {
    const answer = await exchange({ requested_token_type: ID_TOKEN });
    expect(answer.body).toMatchObject({ issued_token_type: ID_TOKEN, token_type: 'N_A' });
    expect(claimsOf(answer, 'access_token')).toMatchObject({ sub: encodeSubject('jane-1', 'ldap'), name: 'Jane Doe' });
    const without = await exchange({ requested_token_type: ID_TOKEN, scope: 'orders.read' });
    expect(without.body).toMatchObject({ error: 'invalid_scope' });
  });

  it('RFC 8693 §4.1: with an actor it is delegation, and the chain of actors is kept, nested', async () => {
    const own = await harness.post('token', { grant_type: 'client_credentials' }, basicHeader('api', 'api-secret'));
    const actor = { actor_token: String(own.body['access_token']), actor_token_type: ACCESS_TOKEN };
    const first = await exchange({ ...actor, audience: 'api' });
    const act = { sub: encodeSubject('api', ''), client_id: 'api' };
    expect(claimsOf(first, 'access_token')['act']).toEqual(act);
    subjectToken = String(first.body['access_token']);
    expect(claimsOf(await exchange(actor), 'access_token')['act']).toEqual({ ...act, act });
    // An exchange without an actor does not make the delegation look like the person's own doing.
    expect(claimsOf(await exchange(), 'access_token')['act']).toEqual(act);
  });

  it('RFC 8693 §4.1: the chain of actors is bounded', async () => {
    const own = await harness.post('token', { grant_type: 'client_credentials' }, basicHeader('api', 'api-secret'));
    const actor = { actor_token: String(own.body['access_token']), actor_token_type: ACCESS_TOKEN };
    const statuses: number[] = [];
    for (let step = 0; step < 9; step += 1) {
      const answer = await exchange(actor);
      statuses.push(answer.status);
      if (answer.status === 200) subjectToken = String(answer.body['access_token']);
    }
    expect(statuses).toEqual([...Array.from({ length: 8 }, () => 200), 400]);
  });

  it('N39: only a client the token was issued to or is meant for may exchange it, or present it as actor', async () => {
    expect((await exchange({}, 'app')).status).toBe(200);
    expect((await exchange({}, 'other')).body).toEqual(REFUSED);
    const foreign = await harness.post(
      'token',
      { grant_type: 'client_credentials' },
      basicHeader('other', 'other-secret'),
    );
    const actor = { actor_token: String(foreign.body['access_token']), actor_token_type: ACCESS_TOKEN };
    expect((await exchange(actor)).body).toEqual(REFUSED);
  });

  it('N37: nothing goes beyond the scope of the subject’s token, nor beyond what the client may have', async () => {
    for (const scope of ['email', 'openid email', 'vault.read', 'offline_access', 'orders.write']) {
      expect((await exchange({ scope })).body).toMatchObject({ error: 'invalid_scope' });
    }
    harness.clients.set('api', createClient('api', { trustedPeers: ['app'], settings: { scopes: ['orders.read'] } }));
    expect((await exchange({ scope: 'stock.read' })).body).toMatchObject({ error: 'invalid_scope' });
    expect((await exchange()).body['scope']).toBe('openid orders.read audience:server:client_id:api');
  });

  it('RFC 8693 §2.2.2, RFC 8707 §2: a target beyond those of the subject’s token is invalid_target', async () => {
    expect(claimsOf(await exchange({ resource: STOCK }), 'access_token')).toBeDefined();
    expect(lastAuthorization()['details']).toMatchObject({ resources: [STOCK] });
    expect((await exchange({ audience: ORDERS })).status).toBe(200);
    for (const target of [{ resource: VAULT }, { audience: VAULT }, { audience: 'nobody' }, { audience: 'other' }]) {
      expect((await exchange(target)).body).toMatchObject({ error: 'invalid_target' });
    }
  });

  it('N39: another client becomes an audience only where it trusts the one that exchanges', async () => {
    harness.clients.set('deep', createClient('deep', { trustedPeers: ['api'] }));
    const answer = await exchange({ audience: 'deep', scope: 'openid' });
    expect(claimsOf(answer, 'access_token')['aud']).toContain('deep');
    harness.clients.set('deep', createClient('deep', { trustedPeers: ['app'] }));
    expect((await exchange({ audience: 'deep' })).body).toMatchObject({ error: 'invalid_target' });
  });

  it('N38: a token whose grant, client or connector does not stand any more is refused', async () => {
    const [grant] = harness.storage.grants.values();
    if (grant === undefined) throw new Error('no grant');
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    expect((await exchange()).body).toEqual(REFUSED);
    harness.clients.set('app', createClient('app'));
    harness.storage.grants.set(grant.id, { ...grant, revokedAt: harness.clock.now() });
    expect((await exchange()).body).toEqual(REFUSED);
    harness.storage.grants.set(grant.id, grant);
    harness.connectors[0] = createConnector('ldap', { grantTypes: ['authorization_code'] });
    expect((await exchange()).body).toMatchObject({ error: 'invalid_grant' });
    harness.connectors[0] = createConnector('ldap');
    expect((await exchange()).status).toBe(200);
    harness.clock.advance(3_600);
    expect((await exchange()).body).toEqual(REFUSED);
  });

  it('N81: ID tokens, refresh tokens and tokens of other types are not taken', async () => {
    const signedIn = await harness.signIn();
    expect((await exchange({ subject_token_type: ID_TOKEN })).body).toEqual({
      error: 'invalid_request',
      error_description: 'The token type is not supported.',
    });
    for (const name of ['id_token', 'refresh_token']) {
      expect((await exchange({ subject_token: String(signedIn.body[name]) }, 'app')).body).toEqual(REFUSED);
    }
    for (const type of ['refresh_token', 'saml2', 'jwt', '']) {
      const subject_token_type = type === '' ? '' : `urn:ietf:params:oauth:token-type:${type}`;
      expect((await exchange({ subject_token_type })).body).toMatchObject({ error: 'invalid_request' });
    }
    const requested_token_type = 'urn:ietf:params:oauth:token-type:refresh_token';
    expect((await exchange({ requested_token_type })).body).toMatchObject({ error: 'invalid_request' });
  });

  it('N37, RFC 8693 §2.2.1: nothing lives longer than the token it came of, however often it is exchanged', async () => {
    const { exp } = claimsOf(await exchange(), 'access_token');
    harness.clock.advance(1_800);
    for (const requested of [ACCESS_TOKEN, ID_TOKEN]) {
      const answer = await exchange({ requested_token_type: requested });
      expect(claimsOf(answer, 'access_token')['exp']).toBe(exp);
      expect(Number(answer.body['expires_in'])).toBeLessThanOrEqual(1_800);
    }
    const again = await exchange({ subject_token: String((await exchange({}, 'api')).body['access_token']) });
    expect(claimsOf(again, 'access_token')['exp']).toBe(exp);
    harness.clients.set(
      'api',
      createClient('api', { settings: { accessTokenType: 'reference' }, trustedPeers: ['app'] }),
    );
    const reference = await exchange();
    expect(reference.body['expires_in']).toBe(1_800);
    harness.clock.advance(1_800);
    const late = await exchange({ subject_token: String(reference.body['access_token']) });
    expect([late.status, late.body]).toEqual([400, REFUSED]);
  });

  it('RFC 8693 §2.1: actor_token and actor_token_type belong together', async () => {
    for (const half of [{ actor_token: subjectToken }, { actor_token_type: ACCESS_TOKEN }]) {
      expect((await exchange(half)).body).toMatchObject({ error: 'invalid_request' });
    }
  });

  it('a client’s token for itself has no person, so nobody is impersonated by it', async () => {
    const own = await harness.post('token', { grant_type: 'client_credentials' }, basicHeader('api', 'api-secret'));
    expect((await exchange({ subject_token: String(own.body['access_token']) })).body).toEqual(REFUSED);
  });

  it('a reference token is exchanged as a JWT is; a client’s own one, behind which there is a grant, names nobody either', async () => {
    const settings = { accessTokenType: 'reference' } as const;
    harness.clients.set('app', createClient('app', { settings }));
    subjectToken = await signIn();
    expect((await exchange({ scope: 'orders.read' })).body['scope']).toBe('orders.read');
    expect((await exchange({}, 'other')).body).toEqual(REFUSED);
    harness.clients.set('api', createClient('api', { settings }));
    const own = await harness.post('token', { grant_type: 'client_credentials' }, basicHeader('api', 'api-secret'));
    expect((await exchange({ subject_token: String(own.body['access_token']) })).body).toEqual(REFUSED);
  });

  it('RFC 8693 §5: public clients exchange no tokens of ours', async () => {
    harness.clients.set('api', createClient('api', { isPublic: true, trustedPeers: ['app'] }));
    expect((await exchange()).body).toMatchObject({ error: 'unauthorized_client' });
    expect(harness.storage.calls).toEqual([]);
  });
});
