import { createFakeClock, epochSeconds } from '@tessera/clock';
import { leftHalfHash } from '@tessera/oauth';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import type { UpstreamMetadata } from './discovery.ts';
import { verifyIdToken } from './id-token.ts';
import { sampleMetadata, UPSTREAM_ISSUER } from './testing/sample-upstream.ts';

const clock = createFakeClock();
const expected = { clientId: 'tessera', nonce: 'the-nonce', accessToken: 'the-access-token' };

let privateKey: CryptoKey;
let publicJwk: Record<string, unknown>;
let keySet: JWTVerifyGetKey;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' };
  keySet = createLocalJWKSet({ keys: [publicJwk as { kty: string }] });
});

function claims(more: Record<string, unknown> = {}) {
  const iat = epochSeconds(clock.now());
  const usual = { iss: UPSTREAM_ISSUER, aud: 'tessera', sub: 'jane', iat, exp: iat + 300, nonce: 'the-nonce' };
  return Object.fromEntries(Object.entries({ ...usual, ...more }).filter(([, value]) => value !== undefined));
}

function sign(
  payload: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key: CryptoKey | Uint8Array = privateKey,
) {
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
}

function verify(
  token: string,
  options: { metadata?: UpstreamMetadata; nonce?: string | undefined; newer?: JWTVerifyGetKey } = {},
) {
  const keys = { find: async () => keySet, findNewer: async () => options.newer };
  const expectation = 'nonce' in options ? { ...expected, nonce: options.nonce } : expected;
  return verifyIdToken(token, expectation, { metadata: options.metadata ?? sampleMetadata, keys, clock });
}

test('OIDC Core §3.1.3.7: a token with everything in order is accepted', async () => {
  const atHash = leftHalfHash('ES256', expected.accessToken);
  const token = await sign(claims({ aud: ['tessera', 'other'], azp: 'tessera', at_hash: atHash }), { typ: 'JWT' });
  expect(await verify(token)).toMatchObject({ sub: 'jane', nonce: 'the-nonce' });
});

test.each<[check: string, claims: Record<string, unknown>]>([
  ['iss', { iss: 'https://other.example' }],
  ['aud', { aud: 'somebody-else' }],
  ['aud', { aud: undefined }],
  ['azp', { aud: ['tessera', 'other'] }],
  ['azp', { azp: 'other' }],
  ['exp', { exp: epochSeconds(clock.now()) - 61 }],
  ['exp', { exp: undefined }],
  ['iat', { iat: undefined }],
  ['nbf', { nbf: epochSeconds(clock.now()) + 61 }],
  ['sub', { sub: undefined }],
  ['sub', { sub: '' }],
  ['nonce', { nonce: 'another' }],
  ['nonce', { nonce: undefined }],
  ['at_hash', { at_hash: 'another' }],
  ['at_hash', { at_hash: 7 }],
])('N79: a token that fails the check of %s is refused: %o', async (check, more) => {
  const attempt = verify(await sign(claims(more)));
  await expect(attempt).rejects.toMatchObject({ code: 'federation.invalid_callback' });
  await expect(attempt).rejects.toThrow(`check of ${check}`);
});

test('N34: neither "none" nor an HMAC made with the public key passes', async () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  await expect(verify(`${encode({ alg: 'none' })}.${encode(claims())}.`)).rejects.toThrow('ID token');
  const secret = Buffer.from(JSON.stringify(publicJwk));
  await expect(verify(await sign(claims(), { alg: 'HS256' }, secret))).rejects.toThrow('ERR_JOSE_ALG_NOT_ALLOWED');
});

test('N34: an algorithm that the upstream does not announce is refused', async () => {
  const onlyRs256 = { ...sampleMetadata, idTokenAlgorithms: ['RS256', 'HS256'] };
  await expect(verify(await sign(claims()), { metadata: onlyRs256 })).rejects.toThrow('ERR_JOSE_ALG_NOT_ALLOWED');
});

test('A signature by another key is refused', async () => {
  const other = await generateKeyPair('ES256');
  await expect(verify(await sign(claims(), {}, other.privateKey))).rejects.toThrow('SIGNATURE_VERIFICATION');
});

test('N81: an access token or logout token of the same key is no ID token', async () => {
  for (const typ of ['at+jwt', 'application/logout+jwt']) {
    await expect(verify(await sign(claims(), { typ }))).rejects.toThrow('check of typ');
  }
});

test('N78: an unknown kid asks for newer keys once, and is refused when there are none', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const token = await sign(claims(), { kid: 'k2' }, pair.privateKey);
  await expect(verify(token)).rejects.toThrow('ERR_JWKS_NO_MATCHING_KEY');
  const newer = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k2', alg: 'ES256' }] });
  expect((await verify(token, { newer })).sub).toBe('jane');
});

test('RFC 8693 §2.1: an ID token that is presented alone has nothing its at_hash could be compared with', async () => {
  const keys = { find: async () => keySet, findNewer: async () => undefined };
  const alone = { clientId: 'tessera', nonce: undefined, accessToken: undefined };
  const token = await sign(claims({ at_hash: 'of-a-token-we-do-not-have' }));
  expect((await verifyIdToken(token, alone, { metadata: sampleMetadata, keys, clock })).sub).toBe('jane');
});

test('OIDC Core §12.2: the ID token of a refresh needs no nonce', async () => {
  expect((await verify(await sign(claims({ nonce: undefined })), { nonce: undefined })).sub).toBe('jane');
});

test.each([
  ['N75: PBES2 with any count', { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 }],
  ['N76: a compressed one', { alg: 'dir', enc: 'A128GCM', zip: 'DEF' }],
])('%s: no ID token is taken encrypted', async (_, header) => {
  const token = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.a2V5.aXY.dGV4dA.dGFn`;
  await expect(verify(token)).rejects.toThrow('JWS');
});
