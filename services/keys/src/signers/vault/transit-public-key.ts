import { createPublicKey, type KeyObject } from 'node:crypto';
import { importVerificationKey, jwkThumbprint, type SigningAlgorithm } from '@tessera/oauth';
import type { TransitKey } from '../../vault/transit.ts';
import { signerRefused } from '../signer-errors.ts';
import { TRANSIT_ALGORITHMS } from './transit-algorithms.ts';

/** The public half of a version of a key. */
export interface TransitPublicKey {
  /** Its thumbprint (RFC 7638), which is what Dex publishes it under as well. */
  readonly kid: string;
  /** Without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly key: KeyObject;
}

/**
 * The public key of a version. Throws `keys.signer_refused` when there is no such version, and when the key is of a type
 * that the algorithm cannot be made with (RFC 8725 §3.1).
 */
export function readTransitPublicKey(key: TransitKey, version: number, alg: SigningAlgorithm): TransitPublicKey {
  const { keyTypes } = TRANSIT_ALGORITHMS[alg];
  if (!keyTypes.includes(key.type)) {
    throw signerRefused(`the Transit key ${key.name} is of type ${key.type}, and ${alg} needs ${keyTypes.join(', ')}`);
  }
  const found = key.versions.find((one) => one.version === version);
  if (found === undefined) {
    throw signerRefused(`version ${version} of the Transit key ${key.name} is not there, or archived`);
  }
  const publicJwk = toJwk(found.publicKey);
  const kid = publicJwk === undefined ? undefined : jwkThumbprint(publicJwk);
  const imported = importVerificationKey({ ...publicJwk, alg });
  if (publicJwk === undefined || kid === undefined || !imported.ok) {
    throw signerRefused(
      `version ${version} of the Transit key ${key.name} has no public key that ${alg} can be verified by`,
    );
  }
  return { kid, publicJwk, key: imported.key.key };
}

/** Of PEM, or of a raw Ed25519 key in base64, as Transit shows those (RFC 8037 §2). */
function toJwk(text: string): Readonly<Record<string, string>> | undefined {
  if (!text.includes('-----BEGIN ')) {
    const raw = Buffer.from(text, 'base64');
    return raw.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') } : undefined;
  }
  try {
    const members = Object.entries(createPublicKey(text).export({ format: 'jwk' }));
    return Object.fromEntries(members.filter((member): member is [string, string] => typeof member[1] === 'string'));
  } catch {
    return undefined;
  }
}
