import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { VerificationKey } from '@tessera/oauth';

/** Signs ID tokens as the keys service would. */
export interface TestSigner {
  /** What verifies them. */
  readonly key: VerificationKey;
  /** A token with these claims; `header` changes what the header says. */
  token(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
}

/** A signer with a key of its own, of the id `k-1`. */
export function createTestSigner(): TestSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    key: { kid: 'k-1', alg: 'ES256', key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })) },
    token(claims, header = {}) {
      const parts = [{ alg: 'ES256', kid: 'k-1', typ: 'JWT', ...header }, claims];
      const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}
