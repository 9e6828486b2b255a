import type { Clock } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore, Stored } from '../encryption/document-store.ts';
import type { KeyVault } from '../signers/key-vault.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { findActiveKey } from './key-life.ts';
import { nextMoment, planRotation } from './plan.ts';
import type { RotationPolicy } from './policy.ts';
import type { KeySets } from './select-key.ts';
import type { SigningDocument } from './signing-document.ts';

/** The signing keys as this replica knows them. */
export interface KeyRing {
  readonly sets: () => KeySets<SigningKey>;
  /** How long ago storage was asked for what is known; infinite before the first answer. */
  ageSeconds(): number;
  /**
   * Asks storage, and carries out what is due. Calls at the same time share one run. Of replicas that do the same at once
   * one writes, and the others take over what it wrote. A crash before the write loses a key nobody has seen.
   */
  refresh(): Promise<void>;
  /** Refreshes if what is known is too old to sign by. Throws `unavailable` when that fails, and before the first refresh. */
  ensureFresh(): Promise<void>;
  /** When to refresh again. */
  readonly nextRefreshMs: () => number;
}

/** What a key ring is made of. */
export interface KeyRingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: RotationPolicy;
  /** The algorithm of new keys. */
  readonly configured: SigningAlgorithm;
  /** The stored set of each algorithm that may be configured now or may have been before. */
  readonly stores: ReadonlyMap<SigningAlgorithm, DocumentStore<SigningDocument>>;
  readonly vault: KeyVault;
}

type StoredSets = ReadonlyMap<SigningAlgorithm, Stored<SigningDocument>>;

const MAX_ATTEMPTS = 10;
const MIN_REFRESH_MS = 20;

/** A key ring that knows nothing yet. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { clock, policy, stores, vault } = options;
  let sets: KeySets<SigningKey> = new Map();
  let asked: { readonly at: Date; readonly monotonicMs: number } | undefined;
  let running: Promise<void> | undefined;

  const ageSeconds = (): number => {
    if (asked === undefined) return Number.POSITIVE_INFINITY;
    // The wall clock may be set back and the monotonic one stands still in suspension: the larger age is the safe one.
    const wallMs = clock.now().getTime() - asked.at.getTime();
    return Math.max(wallMs, clock.monotonicMs() - asked.monotonicMs) / 1000;
  };

  const attempt = async (): Promise<boolean> => {
    const asking = { at: clock.now(), monotonicMs: clock.monotonicMs() };
    const stored: Map<SigningAlgorithm, Stored<SigningDocument>> = new Map(
      await Promise.all([...stores].map(async ([alg, store]) => [alg, await store.load()] as const)),
    );
    const adopt = (): void => {
      sets = vault.open(new Map([...stored].map(([alg, { document }]) => [alg, document?.keys ?? []])));
      asked = asking;
    };
    adopt();
    for (const [alg, store] of stores) {
      const next = await rotate(options, alg, stored);
      if (next === undefined) continue;
      const version = stored.get(alg)?.version ?? 0;
      if (!(await store.replace(version, next))) return false;
      stored.set(alg, { version: version + 1, document: next });
      adopt();
    }
    return true;
  };

  const run = async (): Promise<void> => {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) if (await attempt()) return;
    throw unavailable('keys.rotation_contended', 'other replicas kept changing the key sets');
  };

  const refresh = (): Promise<void> => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    sets: () => sets,
    ageSeconds,
    refresh,
    async ensureFresh() {
      if (ageSeconds() <= policy.staleAfterSeconds) return;
      if (asked === undefined) throw unavailable('keys.not_ready', 'the signing keys are not loaded yet');
      try {
        await refresh();
      } catch (error) {
        throw unavailable('keys.stale', 'the signing keys could not be refreshed from storage', error);
      }
      if (ageSeconds() > policy.staleAfterSeconds) throw unavailable('keys.stale', 'storage answered too slowly');
    },
    nextRefreshMs() {
      const now = clock.now();
      const moments = [...sets.values()].flatMap((keys) => nextMoment(keys, now, policy) ?? []);
      const delays = moments.map((moment) => moment.getTime() - now.getTime());
      return Math.max(MIN_REFRESH_MS, Math.min(policy.reloadSeconds * 1000, ...delays));
    },
  };
}

/** The set as it is to be stored; undefined when nothing is due. Makes the new key, if there is to be one. */
async function rotate(
  { clock, logger, policy, configured, vault }: KeyRingOptions,
  alg: SigningAlgorithm,
  stored: StoredSets,
): Promise<SigningDocument | undefined> {
  const now = clock.now();
  const hasOtherSigner = [...stored].some(
    ([other, { document }]) => other !== alg && findActiveKey(document?.keys ?? [], now) !== undefined,
  );
  const situation = { isInUse: alg === configured, hasOtherSigner };
  const plan = planRotation(stored.get(alg)?.document?.keys ?? [], now, policy, situation);
  if (!plan.isChanged) return undefined;
  if (plan.create === undefined) return { keys: plan.keys };
  const key = await vault.create(alg, plan.create);
  logger.info({ kid: key.kid, alg, active_at: key.activeAt.toISOString() }, 'new signing key');
  return { keys: [...plan.keys, key] };
}
