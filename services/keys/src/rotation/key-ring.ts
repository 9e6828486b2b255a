import type { Clock } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore } from '../encryption/document-store.ts';
import type { Custody } from '../signers/custody.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { decideNext } from './decide-next.ts';
import { createDestruction } from './destruction.ts';
import { createFreshness } from './freshness.ts';
import type { KeyChange } from './key-changes.ts';
import { type ConfiguredAlgorithms, groupByAlgorithm, type KeySets } from './key-sets.ts';
import { changeEvent } from './next-document.ts';
import { nextMoment } from './plan.ts';
import type { RotationPolicy } from './policy.ts';
import { createRevokedMemory } from './revoked-memory.ts';
import { emptySigningDocument, type SigningDocument, type StoredSigningKey } from './signing-document.ts';

/** The signing keys as this replica knows them. */
export interface KeyRing {
  readonly sets: () => KeySets<SigningKey>;
  /** How long ago storage was asked for what is known; infinite before the first answer. */
  readonly ageSeconds: () => number;
  /** Version of the document that is known; 0 before the first answer. */
  readonly version: () => number;
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
  readonly custody: Custody;
  /**
   * When the last token of each key expires, as far as the journal knows. Asked for when a key is soon to go. Default: unknown.
   */
  readonly latestExpiries?: () => Promise<ReadonlyMap<string, Date>>;
  /** Told of each step that this replica wrote. */
  readonly onChange?: (change: KeyChange<StoredSigningKey>) => void;
}

const MAX_ATTEMPTS = 10;
const MIN_REFRESH_MS = 20;

/** A key ring that knows nothing yet. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { clock, logger, policy, store, custody } = options;
  const memory = createRevokedMemory();
  const destruction = createDestruction(custody, logger);
  const { ask, ageSeconds, hasAnswer } = createFreshness(clock);
  let sets: KeySets<SigningKey> = new Map();
  let knownVersion = 0;
  let opened: SigningDocument | undefined;
  let pending: SigningDocument['discarded'] = [];
  let running: Promise<void> | undefined;

  const attempt = async (): Promise<boolean> => {
    const answered = ask();
    const isFirstLook = !hasAnswer();
    const { version, document } = await store.load();
    const before = document ?? { ...emptySigningDocument, keys: await loadEarlier(options.earlierStores) };
    const adopt = async (known: SigningDocument, at: number): Promise<void> => {
      if (known !== opened) {
        memory.learn(known.revoked);
        // A revoked key neither signs nor is published here, whatever storage says: it may have been put back to an earlier state.
        sets = await custody.open(groupByAlgorithm(known.keys.filter(({ kid }) => !memory.has(kid))));
        opened = known;
      }
      answered();
      knownVersion = at;
    };
    await adopt(before, version);
    const next = await decideNext({ ...options, stored: before, memory, destroyed: destruction.done, isFirstLook });
    pending = before.discarded;
    if (!next.isChanged && version > 0) return true;
    if (!(await store.replace(version, next.document, next.changes.map(changeEvent)))) return false;
    await adopt(next.document, version + 1);
    for (const change of next.changes) options.onChange?.(change);
    pending = next.document.discarded;
    return true;
  };

  const run = async (): Promise<void> => {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      if (!(await attempt())) continue;
      await destruction.carryOut(pending);
      return;
    }
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
    version: () => knownVersion,
    ageSeconds,
    refresh,
    async ensureFresh() {
      if (ageSeconds() <= policy.staleAfterSeconds) return;
      if (!hasAnswer()) throw unavailable('keys.not_ready', 'the signing keys are not loaded yet');
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

async function loadEarlier(stores: KeyRingOptions['earlierStores']): Promise<readonly StoredSigningKey[]> {
  const stored = await Promise.all(stores.map((store) => store.load()));
  return stored.flatMap(({ document }) => document?.keys ?? []);
}
