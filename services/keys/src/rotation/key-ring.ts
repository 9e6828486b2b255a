import type { Clock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { newEvent } from '@tessera/events';
import type { SigningAlgorithm } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore, Stored } from '../encryption/document-store.ts';
import type { KeyVault } from '../signers/key-vault.ts';
import type { SigningKey } from '../signers/signing-key.ts';
import { type KeyChange, tellChanges } from './key-changes.ts';
import { findActiveKey } from './key-life.ts';
import { nextMoment, planRotation } from './plan.ts';
import type { RotationPolicy } from './policy.ts';
import type { KeySets } from './select-key.ts';
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
      const due = await rotate(options, alg, stored);
      if (due === undefined) continue;
      const version = stored.get(alg)?.version ?? 0;
      const events = due.changes.map((change) => changeEvent(store.name, change));
      if (!(await store.replace(version, due.document, events))) return false;
      stored.set(alg, { version: version + 1, document: due.document });
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

interface Due {
  readonly document: SigningDocument;
  readonly changes: readonly KeyChange<StoredSigningKey>[];
}

/** The set as it is to be stored, and what to tell; undefined when nothing is due. Makes the new key, if there is to be one. */
async function rotate(
  { clock, logger, policy, configured, vault }: KeyRingOptions,
  alg: SigningAlgorithm,
  stored: StoredSets,
): Promise<Due | undefined> {
  const now = clock.now();
  const hasOtherSigner = [...stored].some(
    ([other, { document }]) => other !== alg && findActiveKey(document?.keys ?? [], now) !== undefined,
  );
  const situation = { isInUse: alg === configured, hasOtherSigner };
  const before = stored.get(alg)?.document?.keys ?? [];
  const plan = planRotation(before, now, policy, situation);
  const created = plan.create === undefined ? [] : [await vault.create(alg, plan.create)];
  for (const { kid, activeAt } of created) {
    logger.info({ kid, alg, active_at: activeAt.toISOString() }, 'new signing key');
  }
  const { keys, changes } = tellChanges(before, [...plan.keys, ...created], now);
  return plan.isChanged || changes.length > 0 ? { document: { keys }, changes } : undefined;
}

function changeEvent(keySet: string, { key, step, at }: KeyChange<StoredSigningKey>): SecurityEvent {
  return newEvent('key.changed', keySet, { keySet, kid: key.kid, algorithm: key.alg, change: step }, at);
}
