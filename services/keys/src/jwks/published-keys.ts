import { createHash } from 'node:crypto';
import type { PublicKeys } from '@tessera/contracts';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { ConfiguredAlgorithms, KeySets } from '../rotation/key-sets.ts';
import { listPublishedKeys } from '../rotation/select-key.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { publicJwk } from './public-jwk.ts';

/** The published keys at one moment. */
export interface PublishedKeys extends PublicKeys {
  /** The JWK Set (RFC 7517 §5) as JSON. */
  readonly jwksJson: string;
  /** Algorithms of all of them, the one that signs by default first. */
  readonly algorithms: readonly SigningAlgorithm[];
}

/** Reads what is published at `now`; built anew only when the set changed. Undefined while there is no key. */
export function createPublishedKeys(
  sets: () => KeySets<SigningKey>,
  configured: ConfiguredAlgorithms,
): (now: Date) => PublishedKeys | undefined {
  let last: { readonly kids: string; readonly published: PublishedKeys } | undefined;
  return (now) => {
    const keys = listPublishedKeys(sets(), configured, now);
    if (keys.length === 0) return undefined;
    const kids = keys.map((key) => key.kid).join(' ');
    if (last?.kids !== kids) last = { kids, published: publish(keys) };
    return last.published;
  };
}

/** The version comes from the content, so that all replicas give the same set the same one. */
function publish(keys: readonly SigningKey[]): PublishedKeys {
  const jwks = keys.map((key) => publicJwk(key.jwk));
  const jwksJson = JSON.stringify({ keys: jwks });
  return {
    version: createHash('sha256').update(jwksJson).digest('base64url'),
    keys: jwks,
    jwksJson,
    algorithms: [...new Set(keys.map((key) => key.alg))],
  };
}
