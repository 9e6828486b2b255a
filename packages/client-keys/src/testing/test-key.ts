import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/** A key pair of a test. */
export interface TestKey {
  readonly privateKey: KeyObject;
  /** The public half, without `kid` and `alg`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** A new key pair for an algorithm. */
export function createTestKey(alg: 'ES256' | 'ES384' | 'EdDSA' | 'RS256', rsaBits = 2048): TestKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: rsaBits })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: alg === 'ES256' ? 'P-256' : 'P-384' });
  return { privateKey: pair.privateKey, jwk: { ...pair.publicKey.export({ format: 'jwk' }) } };
}

/** A signed JWT; `undefined` in header or claims leaves a member out. */
export function signTestJwt(
  key: TestKey,
  header: Readonly<Record<string, unknown>> & { readonly alg: SigningAlgorithm },
  claims: Readonly<Record<string, unknown>>,
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  const hash = header.alg === 'EdDSA' ? null : `sha${header.alg.slice(2)}`;
  const padding = header.alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  const signature = sign(hash, Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363', ...padding });
  return `${input}.${signature.toString('base64url')}`;
}

/** A part of a JWT. */
export function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
