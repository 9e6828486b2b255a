import { createFakeClock, epochSeconds } from '@tessera/clock';
import { signHmacJws } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import {
  claimedAssertionIssuer,
  type GrantAssertion,
  verifyAuthorizationGrantAssertion,
} from './authorization-grant-assertion.ts';
import { createClientKeys } from './client-keys.ts';
import { createFakeEgress } from './testing/fake-egress.ts';
import { createTestKey, encode, signTestJwt } from './testing/test-key.ts';

const audiences = ['https://id.example', 'https://id.example/token'];
const jwksUri = 'https://partner.example/jwks';
const clock = createFakeClock();
const egress = createFakeEgress();
const keys = createClientKeys({ egress, clock, logger: silentLogger });
const key = createTestKey('RS256');
egress.answers.set(jwksUri, { keys: [{ ...key.jwk, kid: 'p1' }] });
const trusted = { issuer: 'https://partner.example', jwksUri };
const usual = { iss: trusted.issuer, sub: 'jane', aud: audiences[0], exp: epochSeconds(clock.now()) + 300 };

function sign(claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) {
  return signTestJwt(key, { alg: 'PS256', kid: 'p1', ...header }, { ...usual, ...claims });
}

function verify(assertion: string, more: Partial<GrantAssertion> = {}) {
  return verifyAuthorizationGrantAssertion({ assertion, trusted, audiences, now: clock.now(), ...more }, keys);
}

async function reasonOf(assertion: string): Promise<string | undefined> {
  const outcome = await verify(assertion);
  return outcome.ok ? undefined : outcome.reason;
}

test('RFC 7523 §3: an assertion of a trusted issuer names the person, and what is to be used once', async () => {
  const expiresAt = new Date((usual.exp + 10) * 1000);
  expect(await verify(sign())).toMatchObject({ ok: true, subject: 'jane', jti: undefined, expiresAt });
  expect(await verify(sign({ jti: 'j', email: 'jane@example.com' }))).toMatchObject({
    ok: true,
    jti: 'j',
    claims: { email: 'jane@example.com' },
  });
  const inline = { issuer: trusted.issuer, jwks: { keys: [{ ...key.jwk, kid: 'p1' }] } };
  expect(await verify(sign({ aud: audiences[1] }), { trusted: inline })).toMatchObject({ ok: true });
});

test.each([
  ['wrong-issuer', { iss: 'https://other.example' }],
  ['wrong-issuer', { iss: undefined }],
  ['no-subject', { sub: undefined }],
  ['no-subject', { sub: '' }],
  ['wrong-audience', { aud: 'https://other.example' }],
  ['wrong-audience', { aud: ['https://id.example', 'https://other.example'] }],
  ['no-expiry', { exp: undefined }],
  ['expired', { exp: epochSeconds(clock.now()) - 11 }],
  ['lives-too-long', { exp: epochSeconds(clock.now()) + 90_000 }],
  ['not-yet-valid', { nbf: epochSeconds(clock.now()) + 65 }],
  ['bad-id', { jti: '' }],
] as const)('RFC 7523 §3, N79: refused for %s: %o', async (reason, claims) => {
  expect(await reasonOf(sign(claims))).toBe(reason);
});

test('N34: none, HMAC and another key are refused', async () => {
  const none = `${encode({ alg: 'none' })}.${encode(usual)}.AAAA`;
  expect(await reasonOf(none)).toBe('algorithm-not-allowed');
  const secret = JSON.stringify(key.jwk);
  expect(await reasonOf(signHmacJws(usual, { alg: 'HS256', secret, typ: 'JWT' }))).toBe('algorithm-not-allowed');
  const other = createTestKey('RS256');
  expect(await reasonOf(signTestJwt(other, { alg: 'RS256', kid: 'p1' }, usual))).toBe('bad-signature');
});

test('N81: a client assertion or an access token is no grant', async () => {
  for (const typ of ['client-authentication+jwt', 'at+jwt'])
    expect(await reasonOf(sign({}, { typ }))).toBe('wrong-type');
  expect(await reasonOf(sign({}, { typ: 'authorization-grant+jwt' }))).toBeUndefined();
});

test('The keys of an issuer are not asked for when the assertion is from somebody else', async () => {
  const before = egress.asked.length;
  const elsewhere = { ...trusted, jwksUri: 'https://elsewhere.example/jwks' };
  expect(await verify(sign({ iss: 'x' }), { trusted: elsewhere })).toEqual({ ok: false, reason: 'wrong-issuer' });
  expect(egress.asked).toHaveLength(before);
  expect(claimedAssertionIssuer(sign())).toBe(trusted.issuer);
  expect(claimedAssertionIssuer(sign({ iss: 7 }))).toBeUndefined();
  expect(claimedAssertionIssuer('')).toBeUndefined();
});
