import { describe, expect, it } from 'vitest';
import { claimsOf, codeForm, createHarness, type Harness, refreshForm, SECRET } from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const PROOF = {
  dpop: [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC' } }, { htm: 'POST', jti: 'j-1' }, 'AAAA']
    .map((part) => (typeof part === 'string' ? part : Buffer.from(JSON.stringify(part)).toString('base64url')))
    .join('.'),
};
const userInfo = (harness: Harness, headers: Readonly<Record<string, string>>): Promise<TestAnswer> =>
  harness.send('userinfo', { method: 'GET', headers });

describe('tokens bound to a key, which are not served', () => {
  it('N29, RFC 9449 §5: with a proof, or one that is none, a token is a bearer token and says so', async () => {
    const harness = await createHarness();
    const headers = { ...basicHeader('app', SECRET), ...PROOF };
    const form = { ...codeForm(harness.putCode()), token_type: 'DPoP', dpop_jkt: 'x'.repeat(43) };
    const first = await harness.post('token', form, headers);
    const refreshed = await harness.post('token', refreshForm(first), { ...headers, dpop: 'none at all' });
    for (const answer of [first, refreshed]) {
      expect([answer.status, answer.body['token_type']]).toEqual([200, 'Bearer']);
      expect(answer.headers).not.toHaveProperty('dpop-nonce');
      expect(claimsOf(answer, 'access_token')).not.toHaveProperty('cnf');
    }
    const told = await harness.post('introspection', { token: String(first.body['access_token']) });
    expect([told.body['token_type'], 'cnf' in told.body]).toEqual(['Bearer', false]);
  });

  it('N29, RFC 9449 §7.1: the scheme DPoP opens nothing, and a proof beside it neither', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['access_token']);
    expect((await userInfo(harness, { authorization: `Bearer ${token}`, ...PROOF })).status).toBe(200);
    for (const headers of [{ authorization: `DPoP ${token}` }, { authorization: `DPoP ${token}`, ...PROOF }, PROOF]) {
      expect((await userInfo(harness, headers)).status).toBe(401);
    }
  });

  it('N29, N81: a proof is no client assertion, no subject token and no access token', async () => {
    const harness = await createHarness();
    const assertion = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: PROOF.dpop,
    };
    expect((await harness.post('token', assertion, {})).body).toMatchObject({ error: 'invalid_client' });
    expect((await userInfo(harness, { authorization: `Bearer ${PROOF.dpop}` })).status).toBe(401);
    expect((await harness.post('introspection', { token: PROOF.dpop })).body).toEqual({ active: false });
  });
});

describe('client certificates, which are not served', () => {
  const PEM = '-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----';

  it.each([
    { 'x-ssl-client-cert': encodeURIComponent(PEM), 'x-ssl-client-verify': 'SUCCESS' },
    { 'x-client-cert': PEM, 'ssl-client-verify': 'SUCCESS', 'ssl-client-subject-dn': 'CN=app' },
    { 'x-forwarded-client-cert': 'Hash=00;Subject="CN=app";URI=spiffe://example/app' },
    { 'client-cert': ':MIIB:', 'client-cert-chain': ':MIIB:' },
  ] as readonly Readonly<Record<string, string>>[])(
    'N43, RFC 8705 §2: the headers %j authenticate nobody',
    async (headers) => {
      const harness = await createHarness();
      for (const route of ['token', 'introspection', 'revocation', 'deviceAuthorization'] as const) {
        const form = { grant_type: 'client_credentials', client_id: 'app', token: 'x' };
        const answer = await harness.post(route, form, headers);
        expect([route, answer.status, answer.body['error']]).toEqual([route, 401, 'invalid_client']);
      }
      const wrong = await harness.post('token', codeForm(harness.putCode()), {
        ...headers,
        ...basicHeader('app', 'wrong'),
      });
      expect(wrong.status).toBe(401);
    },
  );

  it('N43, RFC 8705 §3: no token is bound to a certificate that came along', async () => {
    const harness = await createHarness();
    const headers = { ...basicHeader('app', SECRET), 'x-ssl-client-cert': encodeURIComponent(PEM) };
    const answer = await harness.post('token', codeForm(harness.putCode()), headers);
    expect(claimsOf(answer, 'access_token')).not.toHaveProperty('cnf');
  });
});

it('N75, N76: an encrypted token is none, wherever one is presented, and costs no call', async () => {
  const harness = await createHarness();
  const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', zip: 'DEF', p2s: 'c2FsdA', p2c: 2_147_483_647 };
  const token = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.a2V5.aXY.dGV4dA.dGFn`;
  expect((await userInfo(harness, { authorization: `Bearer ${token}` })).status).toBe(401);
  expect((await harness.post('introspection', { token })).body).toEqual({ active: false });
  expect((await harness.post('revocation', { token })).status).toBe(200);
  for (const type of ['access_token', 'id_token']) {
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
    };
    expect((await harness.post('token', form)).body).toMatchObject({ error: 'invalid_request' });
  }
  expect(harness.storage.calls).toEqual([]);
});
