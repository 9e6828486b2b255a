import { randomBytes } from 'node:crypto';
import { hashClientSecret } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import { type ClientSettings, type HmacAlgorithm, signHmacJws } from '@tessera/oauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestKey } from '../testing/fake-client-keys.ts';
import { createClient, createHarness, type Harness, ISSUER, SECRET } from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const HMAC_SECRET = randomBytes(48).toString('base64url');
const REFUSED = { error: 'invalid_client', error_description: 'Invalid client credentials.' };
const key = createTestKey();
let harness: Harness;

beforeEach(async () => {
  harness = await createHarness();
  register({ authMethod: 'private_key_jwt', jwks: key.jwks });
});

function register(settings: ClientSettings, expiresAt?: Date): void {
  const secrets = [{ ...hashClientSecret(HMAC_SECRET), ...(expiresAt !== undefined && { expiresAt }) }];
  harness.clients.set('app', createClient('app', { settings, secrets, hmacSecret: HMAC_SECRET }));
}

function claims(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const seconds = Math.floor(harness.clock.now().getTime() / 1000);
  const jti = randomBytes(8).toString('hex');
  return { iss: 'app', sub: 'app', aud: ISSUER, exp: seconds + 60, iat: seconds, jti, ...changes };
}

function present(
  client_assertion: string,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer> {
  const form = { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion };
  return harness.post('token', { ...form, ...more }, headers);
}

const hmac = (alg: HmacAlgorithm, changes: Readonly<Record<string, unknown>> = {}): string =>
  signHmacJws(claims(changes), { alg, secret: HMAC_SECRET, typ: 'JWT' });

describe('private_key_jwt', () => {
  it('RFC 7523 §2.2: a client proves itself by a signature, once with storage and not at all with a secret', async () => {
    expect((await present(key.sign(claims()))).status).toBe(200);
    expect(harness.storage.calls).toEqual(['consumeOnce']);
    expect((await present(key.sign(claims()), { client_id: 'app' })).status).toBe(200);
  });

  it('N28: an assertion is good for one request, also of many at once, and a forged one uses up nothing', async () => {
    const assertion = key.sign(claims({ jti: 'same' }));
    expect((await present(createTestKey().sign(claims({ jti: 'same' })))).body).toEqual(REFUSED);
    expect(harness.storage.calls).toEqual([]);
    const answers = await Promise.all([present(assertion), present(assertion), present(assertion)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
    expect(answers.find(({ status }) => status === 401)?.body).toEqual(REFUSED);
    expect([...harness.storage.consumed].map((used) => JSON.parse(used))).toEqual([
      [expect.stringMatching(/^client_assertion:[\w-]{43}$/), 'same'],
    ]);
  });

  it('N28: however long the id of a client is, its assertions count once, apart from those of others', async () => {
    const ids = ['a'.repeat(512), '界'.repeat(170), 'app'];
    for (const id of ids) {
      harness.clients.set(id, createClient(id, { settings: { authMethod: 'private_key_jwt', jwks: key.jwks } }));
      const assertion = key.sign(claims({ iss: id, sub: id, jti: '界'.repeat(256) }));
      expect((await present(assertion)).status).toBe(200);
      expect((await present(assertion)).body).toEqual(REFUSED);
    }
    expect(harness.storage.consumed.size).toBe(ids.length);
  });

  it('N35: the audience is the issuer or one of its endpoints, at every endpoint, and nobody beside', async () => {
    const endpoints = ['/token', '/token/introspect', '/token/revoke', '/device/code'].map(
      (path) => `${ISSUER}${path}`,
    );
    for (const aud of [ISSUER, [ISSUER], ...endpoints]) {
      const form = { token: 'x', client_assertion_type: TYPE, client_assertion: key.sign(claims({ aud })) };
      expect((await harness.post('introspection', form, {})).status).toBe(200);
      expect((await present(key.sign(claims({ aud })))).status).toBe(200);
    }
    for (const aud of [
      'https://id.example.com',
      `${ISSUER}/`,
      `${ISSUER}/keys`,
      [ISSUER, 'https://else.example.com'],
      undefined,
    ]) {
      expect((await present(key.sign(claims({ aud })))).body).toEqual(REFUSED);
    }
  });

  it('N35: a client that says so has the issuer alone as audience, as a text', async () => {
    register({ authMethod: 'private_key_jwt', jwks: key.jwks, assertionAudience: 'issuer' });
    expect((await present(key.sign(claims()))).status).toBe(200);
    for (const aud of [`${ISSUER}/token`, [ISSUER]]) {
      expect((await present(key.sign(claims({ aud })))).body).toEqual(REFUSED);
    }
  });

  it('RFC 7523 §3: whatever is wrong with an assertion is the same invalid_client', async () => {
    const seconds = Math.floor(harness.clock.now().getTime() / 1000);
    const wrong = [
      { iss: 'other' },
      { exp: undefined },
      { exp: seconds - 60 },
      { exp: seconds + 90_000 },
      { nbf: seconds + 600 },
      { jti: undefined },
      { sub: 'nobody', iss: 'nobody' },
    ];
    for (const changes of wrong) expect((await present(key.sign(claims(changes)))).body).toEqual(REFUSED);
    for (const text of ['', 'x', 'x'.repeat(16_000)])
      expect((await present(text)).body['error']).toBe('invalid_client');
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 7521 §4.2: the type has to be there and be the one of JWTs', async () => {
    for (const client_assertion_type of ['', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer']) {
      expect((await present(key.sign(claims()), { client_assertion_type })).body).toEqual(REFUSED);
    }
  });

  it('RFC 7521 §4.2: a client_id beside the assertion is the client of the assertion', async () => {
    const answer = await present(key.sign(claims()), { client_id: 'other' });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    expect(harness.storage.calls).toEqual([]);
  });

  it('N33: an assertion beside a secret is two methods', async () => {
    const assertion = key.sign(claims());
    const beside = [
      await present(assertion, { client_id: 'app', client_secret: SECRET }),
      await present(assertion, {}, basicHeader('app', SECRET)),
      await present(assertion, {}, { authorization: 'Bearer x' }),
    ];
    expect(beside.map(({ status, body }) => [status, body['error']])).toEqual(
      Array.from({ length: 3 }, () => [400, 'invalid_request']),
    );
  });

  it('N38: a disabled client’s assertion is refused before it is used up', async () => {
    const settings = { authMethod: 'private_key_jwt', jwks: key.jwks } as const;
    harness.clients.set('app', createClient('app', { settings, isEnabled: false }));
    expect((await present(key.sign(claims()))).body).toEqual(REFUSED);
    expect(harness.storage.calls).toEqual([]);
  });

  it('a client with keys and no method of its own may use them, beside its secret', async () => {
    const settings = { jwks: key.jwks };
    harness.clients.set('app', createClient('app', { settings }));
    expect((await present(key.sign(claims()))).status).toBe(200);
    expect((await harness.post('token', { grant_type: 'client_credentials' })).status).toBe(200);
    harness.clients.set('app', createClient('app'));
    expect((await present(key.sign(claims()))).body).toEqual(REFUSED);
  });

  it('storage that does not answer is 503, not a bad client', async () => {
    harness.storage.failure = unavailable('storage.unavailable', 'down');
    expect((await present(key.sign(claims()))).status).toBe(503);
    expect(harness.events.recorded).toEqual([]);
  });

  it('N96: a refused assertion leaves its method and reason, and nothing of what was sent', async () => {
    await present(key.sign(claims({ aud: 'canary-audience' })));
    expect(harness.logs.at(-1)?.fields).toMatchObject({ method: 'private_key_jwt', fault: 'wrong-audience' });
    expect(harness.events.recorded.at(-1)?.data).toEqual({
      clientId: 'app',
      method: 'private_key_jwt',
      reason: 'wrong_secret',
    });
    expect(JSON.stringify([harness.logs, harness.events.recorded])).not.toContain('canary');
  });
});

describe('client_secret_jwt', () => {
  it('OIDC Core §9: a client proves itself by an HMAC under its secret', async () => {
    register({ authMethod: 'client_secret_jwt' });
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) expect((await present(hmac(alg))).status).toBe(200);
    register({ authMethod: 'client_secret_jwt', authSigningAlg: 'HS512' });
    expect([(await present(hmac('HS256'))).status, (await present(hmac('HS512'))).status]).toEqual([401, 200]);
  });

  it('N34: a public key is never taken for a secret, nor the other way round', async () => {
    const jwk = JSON.stringify(key.jwks.keys[0]);
    const byPublicKey = signHmacJws(claims(), { alg: 'HS256', secret: jwk, typ: 'JWT' });
    expect((await present(byPublicKey)).body).toEqual(REFUSED);
    register({ authMethod: 'client_secret_jwt', jwks: key.jwks });
    expect((await present(key.sign(claims()))).body).toEqual(REFUSED);
    expect((await present(byPublicKey)).body).toEqual(REFUSED);
  });

  it('a secret that has expired keys no assertions', async () => {
    register({ authMethod: 'client_secret_jwt' }, new Date(harness.clock.now().getTime() + 10_000));
    expect((await present(hmac('HS256'))).status).toBe(200);
    harness.clock.advance(10);
    expect((await present(hmac('HS256'))).body).toEqual(REFUSED);
  });
});

describe('the one method of a client', () => {
  it('N32: nothing else is accepted, at every endpoint', async () => {
    const basicOnly = { authMethod: 'client_secret_basic' } as const;
    harness.clients.set('app', createClient('app', { settings: { ...basicOnly, jwks: key.jwks } }));
    const post = { client_id: 'app', client_secret: SECRET, token: 'x', grant_type: 'client_credentials' };
    for (const route of ['token', 'introspection', 'revocation', 'deviceAuthorization'] as const) {
      expect((await harness.post(route, post, {})).body).toEqual(REFUSED);
      expect((await harness.post(route, { token: 'x', grant_type: 'client_credentials' })).status).toBe(200);
    }
    expect((await present(key.sign(claims()))).body).toEqual(REFUSED);
    harness.clients.set('app', createClient('app', { settings: { authMethod: 'client_secret_post' } }));
    expect((await harness.post('token', post, {})).status).toBe(200);
    expect((await harness.post('token', { grant_type: 'client_credentials' })).status).toBe(401);
  });

  it('RFC 6749 §2.3.1: a client of assertions cannot fall back to its secret', async () => {
    for (const authMethod of ['private_key_jwt', 'client_secret_jwt'] as const) {
      harness.clients.set('app', createClient('app', { settings: { authMethod, jwks: key.jwks } }));
      const answer = await harness.post('token', { grant_type: 'client_credentials' });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic /)]);
    }
  });

  it('RFC 6749 §3.2.1: none is for public clients alone, whatever the settings say', async () => {
    const settings = { authMethod: 'none' } as const;
    harness.clients.set('app', createClient('app', { settings, secrets: [] }));
    expect((await harness.post('token', { client_id: 'app', grant_type: 'password' }, {})).body).toEqual(REFUSED);
    harness.clients.set('app', createClient('app', { settings, isPublic: true }));
    const answer = await harness.post('revocation', { client_id: 'app', token: 'x' }, {});
    expect(answer.status).toBe(200);
    expect((await harness.post('revocation', { token: 'x' })).status).toBe(401);
  });

  it('a secret that has expired is none, and the one after it is as good as the first', async () => {
    const expiresAt = new Date(harness.clock.now().getTime() + 10_000);
    const secrets = [{ ...hashClientSecret(SECRET), expiresAt }, hashClientSecret('second-secret-0123456789')];
    harness.clients.set('app', createClient('app', { secrets }));
    const status = async (secret: string): Promise<number> =>
      (await harness.post('revocation', { token: 'x' }, basicHeader('app', secret))).status;
    expect([await status(SECRET), await status('second-secret-0123456789')]).toEqual([200, 200]);
    harness.clock.advance(10);
    expect([await status(SECRET), await status('second-secret-0123456789')]).toEqual([401, 200]);
  });
});
