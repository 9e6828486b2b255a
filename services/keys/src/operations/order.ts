import type { SigningAlgorithm } from '@tessera/oauth';
import type { KeyFigures } from '../journal/journal-document.ts';
import type { LifeStage } from '../rotation/key-life.ts';
import type { RevokeOrder, RotateOrder } from '../rotation/orders.ts';
import type { RevokeSecretsOrder, RotateSecretsOrder } from '../secrets/next-secrets.ts';

/** What an operator may order. */
export type KeyOrder = RotateOrder | RevokeOrder | RotateSecretsOrder | RevokeSecretsOrder;

/** What an order does to the set of an algorithm, or to the master secrets. */
export interface SuccessionEffect {
  /** The algorithm, or `secrets`. */
  readonly keySet: SigningAlgorithm | 'secrets';
  /** What is used until then: a `kid`, or the number of a version. */
  readonly predecessor?: string;
  /** What takes its place, if it is published already; else it is made. */
  readonly successor?: string;
  readonly activeAt: Date;
  /** Until when those may refuse what the successor makes that do not know it yet; undefined = everybody knows it in time. */
  readonly mayFailUntil?: Date;
}

/** What becomes of a key that is revoked. */
export interface RevokedKeyEffect {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly stage: LifeStage;
  /** What it signed, as far as replicas have written it down: that of the last minute may be missing. */
  readonly signed: KeyFigures;
  /** How many of its tokens, those without an end aside, may be in use still; 0 = all have expired, as far as it is known. */
  readonly mayBeInUse: number;
  /** When the last of them would have expired. */
  readonly latestExpiry?: Date;
  /** Until when somebody may go on trusting it who keeps a JWKS. */
  readonly trustedUntil: Date;
}

/** What becomes of a master secret that is revoked. */
export interface RevokedSecretEffect {
  readonly version: number;
  readonly stage: LifeStage;
  /** Until when a service may go on accepting what was made with it. */
  readonly acceptedUntil: Date;
}

/** What an order will do, and what will break by it. */
export interface OrderPreview {
  readonly order: KeyOrder;
  readonly at: Date;
  readonly successions: readonly SuccessionEffect[];
  readonly revokedKeys: readonly RevokedKeyEffect[];
  readonly revokedSecrets: readonly RevokedSecretEffect[];
  /** What will break, in sentences for the operator. Empty = nobody notices. */
  readonly warnings: readonly string[];
}
