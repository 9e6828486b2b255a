import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importVerificationKey, type Jwk, jwkThumbprint } from './jwk.ts';

const rsa: Jwk = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) };
const ec: Jwk = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) };
const ed: Jwk = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) };

function reasonOf(jwk: Jwk): string | undefined {
  const outcome = importVerificationKey(jwk);
  return outcome.ok ? undefined : outcome.reason;
}

function algOf(jwk: Jwk): string | undefined {
  const outcome = importVerificationKey(jwk);
  return outcome.ok ? outcome.key.alg : undefined;
}

describe('importVerificationKey', () => {
  it('RFC 7517 §4: takes kid and alg of the key', () => {
    const outcome = importVerificationKey({ ...rsa, kid: 'k1', alg: 'PS384', use: 'sig', key_ops: ['verify'] });
    expect(outcome.ok && [outcome.key.kid, outcome.key.alg, outcome.key.key.type]).toEqual(['k1', 'PS384', 'public']);
  });

  it('RFC 7518 §3.1: without alg the key type decides, and RS256 is the default of RSA', () => {
    expect([algOf(rsa), algOf(ec), algOf(ed)]).toEqual(['RS256', 'ES256', 'EdDSA']);
    const chosen = importVerificationKey(rsa, 'PS256');
    expect(chosen.ok && chosen.key.alg).toBe('PS256');
  });

  it('RFC 7638 §3: without kid the thumbprint names the key', () => {
    const outcome = importVerificationKey(ec);
    expect(outcome.ok && outcome.key.kid).toBe(jwkThumbprint(ec));
  });

  it('N34: an algorithm of another key type is refused, as are symmetric keys', () => {
    expect(reasonOf({ ...rsa, alg: 'ES256' })).toBe('unsupported');
    expect(reasonOf({ ...rsa, alg: 'HS256' })).toBe('unsupported');
    expect(reasonOf({ ...rsa, alg: 'none' })).toBe('unsupported');
    expect(reasonOf({ ...rsa, alg: 'RSA1_5' })).toBe('unsupported');
    expect(reasonOf({ ...ec, alg: 'ES384' })).toBe('unsupported');
    expect(reasonOf({ ...ed, alg: 'ES256' })).toBe('unsupported');
    expect(reasonOf({ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' })).toBe('unsupported');
    expect(reasonOf({ ...ec, crv: 'secp256k1' })).toBe('unsupported');
  });

  it('N77: RSA below 2048 or above 8192 bits is refused', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    expect(reasonOf({ ...small })).toBe('weak-key');
    const huge = Buffer.alloc(1025, 0xff).toString('base64url');
    expect(reasonOf({ kty: 'RSA', e: 'AQAB', n: huge })).toBe('weak-key');
  });

  it('N77: an exponent of one or an even one is refused', () => {
    expect(importVerificationKey({ ...rsa, e: 'AQ' }).ok).toBe(false);
    expect(importVerificationKey({ ...rsa, e: 'AQAA' }).ok).toBe(false);
  });

  it('N77: a point off the curve is refused', () => {
    expect(reasonOf({ ...ec, x: Buffer.alloc(32, 1).toString('base64url') })).toBe('malformed');
    expect(reasonOf({ ...ed, x: 'AAAA' })).toBe('malformed');
  });

  it('RFC 7517 §4.2: a private key, or one for other uses, is refused', () => {
    expect(reasonOf({ ...ec, d: 'AAAA' })).toBe('private-key');
    expect(reasonOf({ ...ec, use: 'enc' })).toBe('not-for-signatures');
    expect(reasonOf({ ...ec, key_ops: ['encrypt'] })).toBe('not-for-signatures');
    expect(reasonOf({ ...ec, key_ops: 'verify' })).toBe('not-for-signatures');
  });

  it('RFC 7517 §4.5: a kid that is no text, or empty, is refused', () => {
    expect(reasonOf({ ...ec, kid: 7 })).toBe('malformed');
    expect(reasonOf({ ...ec, kid: '' })).toBe('malformed');
  });
});

describe('jwkThumbprint', () => {
  it('RFC 7638 §3.1: gives the value of the example, whatever else the key says', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst' +
      'n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9' +
      '1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const jwk = { alg: 'RS256', kid: '2011-04-29', n, kty: 'RSA', e: 'AQAB' };
    expect(jwkThumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('RFC 8037 Appendix A.3: gives the value of the example', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect(jwkThumbprint(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('has no value for a key type it does not know', () => {
    expect(jwkThumbprint({ kty: 'oct', k: 'AAAA' })).toBeUndefined();
    expect(jwkThumbprint({ kty: 'EC', crv: 'P-256', x: 'AAAA' })).toBeUndefined();
  });
});
