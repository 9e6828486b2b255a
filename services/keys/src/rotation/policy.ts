import type { StaticClientConfig, TesseraConfig } from '@tessera/config';
import { isSigningAlgorithm } from '@tessera/oauth';
import { configuredAlgorithms } from './key-sets.ts';

/** How often keys change and how long each stage of a key's life lasts. All in seconds. */
export interface RotationPolicy {
  /** From one key's activation to the next one's. */
  readonly rotationSeconds: number;
  /** Longest time a relying party may keep the JWKS. */
  readonly maxAgeSeconds: number;
  /** From a key's publication to its first signature. */
  readonly prePublicationSeconds: number;
  /** Longest time between two looks at storage. */
  readonly reloadSeconds: number;
  /** Oldest state a replica still signs by. */
  readonly staleAfterSeconds: number;
  /** How far the clocks of two replicas may be apart. */
  readonly skewSeconds: number;
  /** How long a retired key stays published: the longest token lifetime and a tolerance of clocks. */
  readonly retentionSeconds: number;
  /** Most keys in one set; when it is reached, rotation waits until one is gone. */
  readonly maxKeysPerSet: number;
}

/** Tolerance added to token lifetimes, in seconds. */
export const LIFETIME_TOLERANCE_SECONDS = 300;

const MAX_KEYS_PER_SET = 100;

/** Most keys in the sets of all configured algorithms. Bounds the JWKS and, with their size, the stored document. */
const MAX_KEYS = 150;
/** Storage takes documents of 256 KiB; what is not keys has the rest. */
const MAX_BYTES_OF_KEYS = 200_000;

const MAX_AGE_LIMIT_SECONDS = 600;
const MAX_RELOAD_SECONDS = 30;

/**
 * The rule, with `spare = prePublication − maxAge`:
 *
 * - `maxAge = min(600, ⌊rotation / 4⌋)`, at least 1;
 * - `prePublication = min(2 × maxAge + 60, rotation / 2)`, at least `maxAge + 1`;
 * - `reload = min(30, spare / 3)` and `skew = 2/5 × spare`.
 *
 * A JWKS served just before a replica learns of a new key is `reload` old at most and is kept for `maxAge`; the replica whose
 * clock runs furthest ahead signs `skew` early. From `reload + maxAge + skew < prePublication` it follows that no cached
 * JWKS is still in use when a key it lacks signs first.
 *
 * A replica without news signs until `staleAfter = prePublication / 2`: a successor it does not know of was created after
 * its last look at storage and signs `prePublication` later at the earliest, so it never signs with a retired key.
 *
 * Keys stay published for the longest lifetime of a signed token that the configuration knows, static clients included.
 */
export function createRotationPolicy(
  config: Pick<TesseraConfig, 'signer' | 'expiry' | 'staticClients'>,
): RotationPolicy {
  const rotationSeconds = config.signer.keysRotationPeriodSeconds;
  const maxAgeSeconds = Math.max(1, Math.min(MAX_AGE_LIMIT_SECONDS, Math.floor(rotationSeconds / 4)));
  const prePublicationSeconds = Math.max(maxAgeSeconds + 1, Math.min(2 * maxAgeSeconds + 60, rotationSeconds / 2));
  const spareSeconds = prePublicationSeconds - maxAgeSeconds;
  const longestLifetimeSeconds = Math.max(
    config.expiry.idTokensSeconds,
    config.expiry.accessTokensSeconds,
    ...config.staticClients.flatMap(signedLifetimes),
  );
  return {
    rotationSeconds,
    maxAgeSeconds,
    prePublicationSeconds,
    reloadSeconds: Math.min(MAX_RELOAD_SECONDS, spareSeconds / 3),
    staleAfterSeconds: prePublicationSeconds / 2,
    skewSeconds: (2 * spareSeconds) / 5,
    retentionSeconds: longestLifetimeSeconds + LIFETIME_TOLERANCE_SECONDS,
    maxKeysPerSet: Math.min(
      MAX_KEYS_PER_SET,
      Math.floor(maxKeys(config.signer) / configuredAlgorithms(config.signer).length),
    ),
  };
}

/** As many as fit with a public key, moments and perhaps a certificate each; what is kept elsewhere may be RSA of 4,096 bits. */
function maxKeys(signer: TesseraConfig['signer']): number {
  const rsaBytes = (signer.type === 'vault' ? 4096 : signer.rsaKeyBits) / 8;
  const hasCertificates = signer.type === 'local' && signer.selfSignedCertificates;
  const bytes = 700 + ((rsaBytes + (hasCertificates ? 2 * rsaBytes + 700 : 0)) * 4) / 3;
  return Math.min(MAX_KEYS, Math.floor(MAX_BYTES_OF_KEYS / bytes));
}

/** Lifetimes of a client's own for tokens that are signed here: not of ID tokens keyed by its secret, nor of reference tokens. */
function signedLifetimes({ settings }: StaticClientConfig): readonly number[] {
  const { idTokenLifetimeSeconds, idTokenSignedResponseAlg, accessTokenLifetimeSeconds, accessTokenType } = settings;
  const isIdTokenOurs = idTokenSignedResponseAlg === undefined || isSigningAlgorithm(idTokenSignedResponseAlg);
  return [
    ...(idTokenLifetimeSeconds !== undefined && isIdTokenOurs ? [idTokenLifetimeSeconds] : []),
    ...(accessTokenLifetimeSeconds !== undefined && accessTokenType !== 'reference'
      ? [accessTokenLifetimeSeconds]
      : []),
  ];
}

/**
 * How long a JWKS may be kept that is built from state `ageSeconds` old: `maxAge`, and less the older the state, so that
 * even a replica cut off from storage hands out nothing that outlives the pre-publication of a key it has not seen.
 */
export function jwksMaxAgeSeconds(policy: RotationPolicy, ageSeconds: number): number {
  const left = policy.prePublicationSeconds - policy.skewSeconds - ageSeconds;
  return Math.max(0, Math.min(policy.maxAgeSeconds, Math.floor(left)));
}
