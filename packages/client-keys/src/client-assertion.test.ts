import { createFakeClock, epochSeconds } from '@tessera/clock';
import type { ClientId, ClientSettings } from '@tessera/oauth';
import { signHmacJws } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { type ClientAssertion, claimedClientId, verifyClientAssertion } from './client-assertion.ts';
import { createClientKeys } from './client-keys.ts';
import { createFakeEgress } from './testing/fake-egress.ts';
import { createTestKey, encode, signTestJwt } from './testing/test-key.ts';

const issuer = 'https://id.example/dex';
const endpoints = [`${issuer}/token`, `${issuer}/token/introspect`];
const clock = createFakeClock();
const egress = createFakeEgress();
const keys = createClientKeys({ egress, clock, logger: silentLogger });
const key = createTestKey('ES256');
const jwks = { keys: [{ ...key.jwk, kid: 'k1' }] };
const hmacSecret = 'a secret of the client that has sixty-four bytes or more, for HS512';

const usual = { iss: 'app', sub: 'app', aud: issuer, jti: 'j1', exp: epochSeconds(clock.now()) + 300 };

function sign(claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) {
  return signTestJwt(key, { alg: 'ES256', kid: 'k1', ...header }, { ...usual, ...claims });
}

function verify(assertion: string, settings: ClientSettings = {}, more: Partial<ClientAssertion> = {}) {
  const client = { id: 'app' as ClientId, settings: { authMethod: 'private_key_jwt' as const, jwks, ...settings } };
  return verifyClientAssertion({ assertion, client, issuer, endpoints, now: clock.now(), ...more }, keys);
}

async function reasonOf(...parameters: Parameters<typeof verify>): Promise<string | undefined> {
  const outcome = await verify(...parameters);
  return outcome.ok ? undefined : outcome.reason;
}

const bySecret = (secret: string | undefined, settings: ClientSettings = {}): Partial<ClientAssertion> => ({
  client: {
    id: 'app' as ClientId,
    ...(secret !== undefined && { hmacSecret: secret }),
    settings: { authMethod: 'client_secret_jwt', jwks, ...settings },
  },
});

test('OIDC Core §9: private_key_jwt with everything in order is accepted, and its jti is to be used once until it expires', async () => {
  expect(await verify(sign())).toEqual({
    ok: true,
    method: 'private_key_jwt',
    jti: 'j1',
    expiresAt: new Date((usual.exp + 10) * 1000),
  });
});

test('OIDC Core §9: client_secret_jwt is accepted with the secret of the client alone', async () => {
  for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
    const assertion = signHmacJws(usual, { alg, secret: hmacSecret, typ: 'JWT' });
    expect(await verify(assertion, {}, bySecret(hmacSecret))).toMatchObject({ ok: true, method: 'client_secret_jwt' });
    expect(await reasonOf(assertion, {}, bySecret(`${hmacSecret}!`))).toBe('bad-signature');
    expect(await reasonOf(assertion, {}, bySecret(undefined))).toBe('no-secret');
    expect(await reasonOf(assertion, {}, bySecret('short'))).toBe('short-secret');
  }
});

test('N32: only a client whose method is an assertion authenticates by one, and only by its own', async () => {
  const byHmac = signHmacJws(usual, { alg: 'HS256', secret: hmacSecret, typ: 'JWT' });
  for (const authMethod of ['client_secret_basic', 'client_secret_post', 'none'] as const) {
    expect(await reasonOf(sign(), { authMethod })).toBe('method-not-allowed');
  }
  const undecided = { client: { id: 'app' as ClientId, hmacSecret, settings: { jwks } } };
  expect(await reasonOf(sign(), {}, undecided)).toBe('method-not-allowed');
  expect(await reasonOf(byHmac)).toBe('algorithm-not-allowed');
  expect(await reasonOf(sign(), {}, bySecret(hmacSecret))).toBe('algorithm-not-allowed');
});

test('N34: neither none nor an HMAC made with the public key passes', async () => {
  const none = `${encode({ alg: 'none', kid: 'k1' })}.${encode(usual)}`;
  expect(await reasonOf(`${none}.`)).toBe('malformed');
  expect(await reasonOf(`${none}.AAAA`)).toBe('algorithm-not-allowed');
  const secret = JSON.stringify(jwks.keys[0]);
  expect(await reasonOf(signHmacJws(usual, { alg: 'HS256', secret, typ: 'JWT', kid: 'k1' }))).toBe(
    'algorithm-not-allowed',
  );
});

test('RFC 7591 §2: token_endpoint_auth_signing_alg is the only algorithm that counts', async () => {
  expect(await reasonOf(sign(), { authSigningAlg: 'ES256' })).toBeUndefined();
  expect(await reasonOf(sign(), { authSigningAlg: 'PS256' })).toBe('algorithm-not-allowed');
  expect(await reasonOf(sign(), { authSigningAlg: 'HS256' })).toBe('algorithm-not-allowed');
  const assertion = signHmacJws(usual, { alg: 'HS256', secret: hmacSecret, typ: 'JWT' });
  expect(await reasonOf(assertion, {}, bySecret(hmacSecret, { authSigningAlg: 'HS512' }))).toBe(
    'algorithm-not-allowed',
  );
});

test('A signature by another key is refused, and so is an unknown one', async () => {
  const other = createTestKey('ES256');
  expect(await reasonOf(signTestJwt(other, { alg: 'ES256', kid: 'k1' }, usual))).toBe('bad-signature');
  expect(await reasonOf(sign({}, { kid: 'k2' }))).toBe('unknown-key');
  expect(await reasonOf(sign({}, { kid: undefined }))).toBeUndefined();
});

test.each([
  ['wrong-issuer', { iss: 'other' }],
  ['wrong-issuer', { iss: undefined }],
  ['wrong-subject', { sub: 'other' }],
  ['wrong-subject', { sub: undefined }],
  ['wrong-audience', { aud: 'https://other.example' }],
  ['wrong-audience', { aud: undefined }],
  ['no-expiry', { exp: undefined }],
  ['expired', { exp: epochSeconds(clock.now()) - 60 }],
  ['lives-too-long', { exp: epochSeconds(clock.now()) + 90_000 }],
  ['not-yet-valid', { nbf: epochSeconds(clock.now()) + 65 }],
  ['not-yet-valid', { iat: epochSeconds(clock.now()) + 65 }],
  ['no-id', { jti: undefined }],
  ['no-id', { jti: '' }],
  ['no-id', { jti: 7 }],
] as const)('RFC 7523 §3: refused for %s: %o', async (reason, claims) => {
  expect(await reasonOf(sign(claims))).toBe(reason);
  const byHmac = signHmacJws({ ...usual, ...claims }, { alg: 'HS256', secret: hmacSecret, typ: 'JWT' });
  expect(await reasonOf(byHmac, {}, bySecret(hmacSecret))).toBe(reason);
});

test('N35: the audience is the issuer or an endpoint of ours, and nobody else beside it', async () => {
  for (const aud of [issuer, ...endpoints, [issuer], [issuer, ...endpoints]]) {
    expect(await reasonOf(sign({ aud }))).toBeUndefined();
  }
  for (const aud of [[issuer, 'https://other.example'], [], `${issuer}/`, `${issuer}/revoke`]) {
    expect(await reasonOf(sign({ aud }))).toBe('wrong-audience');
  }
});

test('N35: where the settings say so, the audience is the issuer as a text and nothing else', async () => {
  const settings = { assertionAudience: 'issuer' } as const;
  expect(await reasonOf(sign(), settings)).toBeUndefined();
  for (const aud of [[issuer], ...endpoints]) expect(await reasonOf(sign({ aud }), settings)).toBe('wrong-audience');
});

test('N81: the type is none, JWT or that of a client assertion', async () => {
  for (const typ of [undefined, 'JWT', 'client-authentication+jwt', 'application/client-authentication+jwt']) {
    expect(await reasonOf(sign({}, { typ }))).toBeUndefined();
  }
  for (const typ of ['at+jwt', 'oauth-authz-req+jwt', 'logout+jwt', '']) {
    expect(await reasonOf(sign({}, { typ }))).toBe('wrong-type');
  }
  const typed = signHmacJws(usual, { alg: 'HS256', secret: hmacSecret, typ: 'client-authentication+jwt' });
  expect(await reasonOf(typed, {}, bySecret(hmacSecret))).toBeUndefined();
});

test('N78: a critical header is refused, and keys of the sender are not used', async () => {
  expect(await reasonOf(sign({}, { crit: ['exp'] }))).toBe('critical-header');
  const other = createTestKey('ES256');
  const header = { alg: 'ES256', jwk: other.jwk, jku: 'https://evil.example/jwks' } as const;
  expect(await reasonOf(signTestJwt(other, header, usual))).toBe('bad-signature');
  expect(egress.asked).toEqual([]);
});

test('Keys that cannot be fetched are unavailable, and not the fault of the client', async () => {
  const client = { id: 'app' as ClientId, settings: { authMethod: 'private_key_jwt', jwksUri: 'https://k.example/' } };
  await expect(verify(sign(), {}, { client } as Partial<ClientAssertion>)).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

test('RFC 7521 §4.2: without client_id the subject names the client, when the issuer is the same', () => {
  expect(claimedClientId(sign())).toBe('app');
  expect(claimedClientId(sign({ iss: 'other' }))).toBeUndefined();
  expect(claimedClientId(sign({ iss: undefined, sub: undefined }))).toBeUndefined();
  expect(claimedClientId('no.jwt.here')).toBeUndefined();
  expect(claimedClientId(sign({ iss: '', sub: '' }))).toBeUndefined();
  const long = 'a'.repeat(512);
  expect(claimedClientId(sign({ iss: long, sub: long }))).toBe(long);
});
