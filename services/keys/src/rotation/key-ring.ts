import type { Clock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { newEvent } from '@tessera/events';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore } from '../encryption/document-store.ts';
import type { KeyVault } from '../signers/key-vault.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { type KeyChange, tellChanges } from './key-changes.ts';
import { nextMoment } from './plan.ts';
import { planSets } from './plan-sets.ts';
import type { RotationPolicy } from './policy.ts';
import { type ConfiguredAlgorithms, groupByAlgorithm, type KeySets } from './select-key.ts';
import type { SigningDocument, StoredSigningKey } from './signing-document.ts';

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
  /** The algorithms of new keys. */
  readonly configured: ConfiguredAlgorithms;
  /** Where all sets are stored. */
  readonly store: DocumentStore<SigningDocument>;
  /** Where version 0.1.0 stored the set of each algorithm: read while `store` is empty, and never written. */
  readonly earlierStores: readonly DocumentStore<SigningDocument>[];
  readonly vault: KeyVault;
}

const MAX_ATTEMPTS = 10;
const MIN_REFRESH_MS = 20;

/** A key ring that knows nothing yet. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { clock, policy, store, vault } = options;
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
    const { version, document } = await store.load();
    const keys = document?.keys ?? (await loadEarlier(options.earlierStores));
    const adopt = (known: readonly StoredSigningKey[]): void => {
      sets = vault.open(groupByAlgorithm(known));
      asked = asking;
    };
    adopt(keys);
    const due = await rotate(options, keys);
    if (due === undefined && version > 0) return true;
    const next = due?.keys ?? keys;
    if (!(await store.replace(version, { keys: next }, (due?.changes ?? []).map(changeEvent)))) return false;
    adopt(next);
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

interface Due {
  readonly keys: readonly StoredSigningKey[];
  readonly changes: readonly KeyChange<StoredSigningKey>[];
}

/** The sets as they are to be stored, and what to tell; undefined when nothing is due. Makes the new keys, all at once. */
async function rotate(
  { clock, logger, policy, configured, vault }: KeyRingOptions,
  before: readonly StoredSigningKey[],
): Promise<Due | undefined> {
  const now = clock.now();
  const plans = [...planSets(groupByAlgorithm(before), configured, now, policy)];
  const planned = await Promise.all(
    plans.map(async ([alg, { keys, create }]) =>
      create === undefined ? keys : [...keys, await vault.create(alg, create)],
    ),
  );
  const { keys, changes } = tellChanges(before, planned.flat(), now);
  const known = new Set(before.map(({ kid }) => kid));
  for (const { kid, alg, activeAt } of keys.filter((key) => !known.has(key.kid))) {
    logger.info({ kid, alg, active_at: activeAt.toISOString() }, 'new signing key');
  }
  return plans.some(([, { isChanged }]) => isChanged) || changes.length > 0 ? { keys, changes } : undefined;
}

async function loadEarlier(stores: KeyRingOptions['earlierStores']): Promise<readonly StoredSigningKey[]> {
  const stored = await Promise.all(stores.map((store) => store.load()));
  return stored.flatMap(({ document }) => document?.keys ?? []);
}

/** Events name the set of the key's algorithm. */
function changeEvent({ key, step, at }: KeyChange<StoredSigningKey>): SecurityEvent {
  const keySet = `signing:${key.alg}`;
  return newEvent('key.changed', keySet, { keySet, kid: key.kid, algorithm: key.alg, change: step }, at);
}
