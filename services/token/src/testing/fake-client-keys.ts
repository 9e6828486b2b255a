import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { ClientKeys } from '@tessera/client-keys';
import { importVerificationKey } from '@tessera/oauth';

/** Client keys that are all inline; nothing is ever fetched. */
export function createFakeClientKeys(): ClientKeys {
  return {
    async find({ jwks }, { alg, kid }) {
      const imported = (jwks?.keys ?? []).map((jwk) => importVerificationKey(jwk)).filter((outcome) => outcome.ok);
      return imported.map(({ key }) => key).filter((key) => key.alg === alg && (kid === undefined || key.kid === kid));
    },
    close: () => undefined,
  };
}

/** A key of a client or of a trusted issuer. */
export interface TestKey {
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** A JWT under the key. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
}

/** An ES256 key. */
export function createTestKey(kid = 'client-key'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    sign: (claims, header = {}) => signCompact(privateKey, { alg: 'ES256', kid, ...header }, claims),
  };
}

function signCompact(key: KeyObject, header: object, claims: object): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
