import type { SigningAlgorithm } from '@tessera/oauth';
import type { SourceState } from '../encryption/key-encryption-key.ts';
import type { KeyFigures } from '../journal/journal-document.ts';
import { type KeyLife, type LifeStage, lifeOf, stageOf } from '../rotation/key-life.ts';
import type { SigningDocument } from '../rotation/signing-document.ts';
import type { SecretsDocument } from '../secrets/secrets-document.ts';
import { UNLIMITED_SECONDS } from '../secrets/secrets-policy.ts';
import type { PrivateHalf } from '../signers/private-half.ts';

/** A signing key, as an operator sees it. */
export interface ListedKey extends KeyLife {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** Whether the configuration names its algorithm. */
  readonly isConfigured: boolean;
  readonly stage: LifeStage;
  /** Who keeps the private half; undefined = it was given up. */
  readonly signer?: PrivateHalf['signer'];
  /** What it signed, as far as replicas have written it down. */
  readonly signed: KeyFigures;
}

/** A key that was revoked. */
export interface ListedRevokedKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly revokedAt: Date;
  readonly signed: KeyFigures;
}

/** A master secret, as an operator sees it. Without `goneAt`, though retired, it stays for good. */
export interface ListedSecret extends KeyLife {
  readonly version: number;
  readonly stage: LifeStage;
}

/** All keys and secrets. */
export interface KeyListing {
  readonly keys: readonly ListedKey[];
  readonly revoked: readonly ListedRevokedKey[];
  readonly secrets: readonly ListedSecret[];
  /** The key-encryption keys of the configuration, the one that seals first. */
  readonly keyEncryptionKeys: readonly SourceState[];
  /** Under which of them each document and the keys in it are sealed, by name of the document: fingerprints. */
  readonly sealedUnder: ReadonlyMap<string, readonly string[]>;
}

/** The signing keys of a document, in its order. */
export function listKeys(
  { keys }: SigningDocument,
  configured: readonly SigningAlgorithm[],
  journal: ReadonlyMap<string, KeyFigures>,
  now: Date,
): readonly ListedKey[] {
  return keys.map((key) => ({
    kid: key.kid,
    algorithm: key.alg,
    isConfigured: configured.includes(key.alg),
    stage: stageOf(key, now),
    ...lifeOf(key),
    ...(key.privateKey !== undefined && { signer: key.privateKey.signer }),
    signed: journal.get(key.kid) ?? {},
  }));
}

/** The revoked keys that are remembered. */
export function listRevoked(
  { revoked }: SigningDocument,
  journal: ReadonlyMap<string, KeyFigures>,
): readonly ListedRevokedKey[] {
  return revoked.map(({ kid, alg, revokedAt }) => ({
    kid,
    algorithm: alg,
    revokedAt,
    signed: journal.get(kid) ?? {},
  }));
}

/** The master secrets of a document, in its order. */
export function listSecrets({ versions }: SecretsDocument, now: Date): readonly ListedSecret[] {
  return versions.map((secret) => {
    const { goneAt, ...life } = lifeOf(secret);
    const isKept = goneAt !== undefined && (goneAt.getTime() - now.getTime()) / 1000 > UNLIMITED_SECONDS / 2;
    const end = goneAt === undefined || isKept ? {} : { goneAt };
    return { version: secret.version, stage: stageOf(secret, now), ...life, ...end };
  });
}
