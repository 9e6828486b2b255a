import { beforeEach, describe, expect, it } from 'vitest';
import { createTestKey } from '../testing/fake-client-keys.ts';
import {
  claimsOf,
  createClient,
  createConnector,
  createHarnessWith,
  type Harness,
  ISSUER,
} from '../testing/harness.ts';
import type { TestAnswer } from '../testing/request.ts';
import { sampleResources } from '../testing/sample-resources.ts';

const WORKLOADS = 'https://workloads.example.com';
const key = createTestKey('workloads');
const INVALID = {
  error: 'invalid_grant',
  error_description:
    'The assertion is invalid, has expired, was used before, or is of nobody this client may speak for.',
};
let harness: Harness;

beforeEach(async () => {
  const trusted = { issuer: WORKLOADS, jwks: key.jwks, connectorId: 'ldap', clients: ['app'] };
  harness = await createHarnessWith({ resources: sampleResources, oauth2: { trustedIssuers: [trusted] } });
});

function claims(): Readonly<Record<string, unknown>> {
  const seconds = Math.floor(harness.clock.now().getTime() / 1000);
  return { iss: WORKLOADS, sub: 'job-7', aud: ISSUER, exp: seconds + 60, iat: seconds, jti: 'one' };
}

function ask(assertion: string, more: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  return harness.post('token', { grant_type, assertion, scope: 'openid orders.read', ...more });
}

describe('the grant urn:ietf:params:oauth:grant-type:jwt-bearer', () => {
  it('RFC 7523 §2.1: an assertion of a trusted issuer gives the tokens of its subject, and no refresh token', async () => {
    const answer = await ask(key.sign(claims()));
    expect([answer.status, answer.body['scope']]).toEqual([200, 'openid orders.read']);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(claimsOf(answer, 'access_token')['client_id']).toBe('app');
    const [grant] = harness.storage.grants.values();
    expect(grant?.authorization).toMatchObject({
      identity: { userId: 'job-7', email: '', emailVerified: false },
      connectorId: 'ldap',
      isRefreshable: false,
      details: { grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
    });
    expect(harness.storage.calls).toEqual(['consumeOnce', 'createGrant']);
  });

  it('RFC 7523 §3 item 3: the token endpoint is an audience too; everybody else and anything beside is not', async () => {
    expect((await ask(key.sign({ ...claims(), aud: [`${ISSUER}/token`] }))).status).toBe(200);
    for (const aud of [undefined, 'https://else.example.com', [ISSUER, 'https://else.example.com'], []]) {
      expect((await ask(key.sign({ ...claims(), jti: 'two', aud }))).body).toEqual(INVALID);
    }
  });

  it('N28: an assertion with a jti is good for one use, of any number at once', async () => {
    const assertion = key.sign(claims());
    const answers = await Promise.all([ask(assertion), ask(assertion), ask(assertion)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
    expect(answers.find(({ status }) => status === 400)?.body).toEqual(INVALID);
  });

  it('N28: however long the name of an issuer is, its assertions count once', async () => {
    const issuer = `https://workloads.example.com/${'w'.repeat(600)}`;
    const trusted = { issuer, jwks: key.jwks, connectorId: 'ldap', clients: [] };
    harness = await createHarnessWith({ resources: sampleResources, oauth2: { trustedIssuers: [trusted] } });
    const assertion = key.sign({ ...claims(), iss: issuer });
    expect((await ask(assertion)).status).toBe(200);
    expect((await ask(assertion)).body).toEqual(INVALID);
  });

  it('RFC 7523 §3.1: whatever is wrong with it is the same invalid_grant, and nothing is created', async () => {
    const stranger = createTestKey('workloads');
    const seconds = Math.floor(harness.clock.now().getTime() / 1000);
    const [header = '', payload = ''] = key.sign(claims()).split('.');
    const presented = [
      stranger.sign(claims()),
      key.sign({ ...claims(), iss: 'https://nobody.example.com' }),
      key.sign({ ...claims(), sub: undefined }),
      key.sign({ ...claims(), sub: '界'.repeat(256) }),
      key.sign({ ...claims(), exp: undefined }),
      key.sign({ ...claims(), exp: seconds - 60 }),
      key.sign(claims(), { alg: 'none' }),
      `${header}.${payload}.`,
      'no-jwt',
      'x'.repeat(16_000),
    ];
    for (const assertion of presented) {
      const answer = await ask(assertion);
      expect([answer.status, answer.body]).toEqual([400, INVALID]);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('a client that the issuer does not name cannot present its assertions', async () => {
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: key.sign(claims()) };
    const other = { client_id: 'other', client_secret: 'other-secret' };
    expect((await harness.post('token', { ...form, ...other }, {})).body).toEqual(INVALID);
    expect(harness.storage.calls).toEqual([]);
  });

  it('N40: the connector must stand, and be for this grant and this client', async () => {
    harness.connectors[0] = createConnector('ldap', { grantTypes: ['authorization_code'] });
    expect((await ask(key.sign(claims()))).body).toMatchObject({ error: 'invalid_grant' });
    harness.connectors[0] = createConnector('ldap');
    harness.clients.set('app', createClient('app', { allowedConnectors: ['else'] }));
    expect((await ask(key.sign(claims()))).body).toMatchObject({ error: 'invalid_grant' });
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 7521 §4.1: offline_access is invalid_scope, as there is no refresh token', async () => {
    const answer = await ask(key.sign(claims()), { scope: 'openid offline_access' });
    expect(answer.body).toMatchObject({ error: 'invalid_scope' });
  });
});
