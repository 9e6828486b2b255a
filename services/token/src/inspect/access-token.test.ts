import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessTokenId } from '../issue/access-token-id.ts';
import { createFakeSigner } from '../testing/fake-signer.ts';
import { createAccessTokenVerifier } from './access-token.ts';

const ISSUER = 'https://id.example.com';
const GRANT = '0b9f1c1e-6f0e-4d3a-8f43-6f2a1f8f7a11';
const now = new Date('2026-03-01T12:00:00Z');
const nowSeconds = now.getTime() / 1000;
const header = { typ: 'at+jwt' };
const claims = {
  iss: ISSUER,
  sub: 'Cg',
  aud: ['other', 'app'],
  exp: nowSeconds + 60,
  iat: nowSeconds,
  jti: createAccessTokenId(GRANT),
  client_id: 'app',
  scope: 'openid email',
};

function createVerifier() {
  const signer = createFakeSigner();
  return { signer, verify: createAccessTokenVerifier(ISSUER, signer.verificationKeys) };
}

describe('verification of an access token', () => {
  it('RFC 9068 §4: a good one tells its grant, client, audience and scopes', async () => {
    const { signer, verify } = createVerifier();
    expect(await verify(signer.forge(header, claims), now)).toEqual({
      grantId: GRANT,
      tokenId: claims.jti,
      clientId: 'app',
      subject: 'Cg',
      audiences: ['other', 'app'],
      scopes: ['openid', 'email'],
      issuedAt: nowSeconds,
      expiresAt: nowSeconds + 60,
      claims,
    });
  });

  it('N81: another typ, or none, is refused', async () => {
    const { signer, verify } = createVerifier();
    for (const typ of ['JWT', 'logout+jwt', 'at+jwtx', undefined]) {
      expect(await verify(signer.forge({ typ }, claims), now)).toBeUndefined();
    }
    expect(await verify(signer.forge({ typ: 'application/AT+JWT' }, claims), now)).toBeDefined();
  });

  it('RFC 9068 §4: another issuer, an expired token and claims of a wrong shape are refused', async () => {
    const { signer, verify } = createVerifier();
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { iss: `${ISSUER}/` },
      { iss: undefined },
      { exp: nowSeconds },
      { exp: String(nowSeconds + 60) },
      { exp: undefined },
      { iat: undefined },
      { jti: GRANT },
      { jti: undefined },
      { client_id: undefined },
      { sub: 1 },
    ];
    for (const change of wrong) {
      expect(await verify(signer.forge(header, { ...claims, ...change }), now)).toBeUndefined();
    }
  });

  it('N34: alg none, HMAC and a changed payload are refused', async () => {
    const { signer, verify } = createVerifier();
    const token = signer.forge(header, claims);
    const [encodedHeader = '', , signature = ''] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
    expect(await verify(`${encodedHeader}.${payload}.${signature}`, now)).toBeUndefined();
    for (const alg of ['none', 'HS256', 'RS256']) {
      expect(await verify(signer.forge({ ...header, alg }, claims), now)).toBeUndefined();
    }
  });

  it('N78: a key is asked for only when issuer and kid are there, and an unknown kid is refused', async () => {
    const { signer, verify } = createVerifier();
    await verify(signer.forge(header, { ...claims, iss: 'https://evil.example' }), now);
    await verify(signer.forge({ ...header, kid: undefined }, claims), now);
    await verify('a.b.c', now);
    expect(signer.kidsAsked).toEqual([]);
    expect(await verify(signer.forge({ ...header, kid: 'unknown' }, claims), now)).toBeUndefined();
    expect(signer.kidsAsked).toEqual(['unknown']);
  });

  it('RFC 7515 §5.2: no text makes it throw', async () => {
    const { verify } = createVerifier();
    const segment = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 4 }), async (parts) => {
        expect(await verify(parts.join('.'), now)).toBeUndefined();
      }),
    );
  });
});
