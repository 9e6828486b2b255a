import { hkdfSync } from 'node:crypto';
import { addSeconds, type Clock } from '@tessera/clock';
import type { SecretPurpose, Secrets } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore } from '../encryption/document-store.ts';
import { openKey } from '../encryption/envelope.ts';
import { MASTER_SECRET_PURPOSE } from '../encryption/key-purposes.ts';
import type { SealingRing } from '../encryption/sealing-ring.ts';
import { createFreshness } from '../rotation/freshness.ts';
import type { KeyChange } from '../rotation/key-changes.ts';
import { isPublished, type KeyLife, lifeOf } from '../rotation/key-life.ts';
import { MASTER_SECRET_BYTES, makeNextSecrets, planSecrets, secretEvent } from './next-secrets.ts';
import type { SecretsDocument, StoredMasterSecret } from './secrets-document.ts';
import type { SecretsPolicy } from './secrets-policy.ts';

/** The symmetric keys of this issuer. */
export interface MasterSecrets {
  /**
   * Reads them from storage, and carries out what is due: the first one, a successor, an end. Of replicas that do the same at
   * once one writes, and the others take over what it wrote.
   */
  refresh(): Promise<void>;
  /** Refreshes if what is known is too old to answer by. Throws `unavailable` when that fails, and before the first refresh. */
  ensureFresh(): Promise<void>;
  /** The keys of one purpose at `now`. Throws `unavailable` before the first refresh. */
  get(purpose: SecretPurpose, now: Date): Secrets;
  readonly isLoaded: () => boolean;
}

/** What they are made of. */
export interface MasterSecretsOptions {
  readonly store: DocumentStore<SecretsDocument>;
  readonly wrapping: SealingRing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: SecretsPolicy;
  /** Told of each step that this replica wrote. */
  readonly onChange?: (change: KeyChange<StoredMasterSecret>) => void;
}

interface OpenSecret extends KeyLife {
  readonly version: number;
  readonly master: Buffer;
}

const MAX_ATTEMPTS = 10;
const NOTHING: SecretsDocument = { versions: [], revoked: [] };

/** Master secrets that are not loaded yet. */
export function createMasterSecrets(options: MasterSecretsOptions): MasterSecrets {
  const { store, wrapping, clock, policy, logger } = options;
  const { ask, ageSeconds } = createFreshness(clock);
  let loaded: { readonly document: SecretsDocument; readonly secrets: readonly OpenSecret[] } | undefined;

  const adopt = (document: SecretsDocument): void => {
    if (loaded?.document !== document) loaded = { document, secrets: openAll(wrapping, document) };
  };

  const attempt = async (): Promise<boolean> => {
    const answered = ask();
    const { version, document } = await store.load();
    if (document !== undefined) {
      adopt(document);
      answered();
    }
    const before = document ?? NOTHING;
    const now = clock.now();
    const next = makeDue(before, now);
    if (next === undefined) return true;
    const events = next.changes.map((change) => secretEvent(store.name, change, undefined));
    if (!(await store.replace(version, next.document, events))) return false;
    adopt(next.document);
    answered();
    for (const change of next.changes) options.onChange?.(change);
    return true;
  };

  const makeDue = (before: SecretsDocument, now: Date): ReturnType<typeof makeNextSecrets> | undefined => {
    const plan = planSecrets(before, now, policy);
    try {
      const next = makeNextSecrets(before, plan, now, { wrapping, policy });
      return plan === undefined && next.changes.length === 0 ? undefined : next;
    } catch (err) {
      if (before.versions.length === 0) throw err;
      // What there is goes on.
      logger.error({ err }, 'the master secrets could not be rotated');
      return undefined;
    }
  };

  const refresh = async (): Promise<void> => {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) if (await attempt()) return;
    throw unavailable('keys.rotation_contended', 'other replicas kept changing the master secrets');
  };

  return {
    refresh,
    async ensureFresh() {
      if (ageSeconds() <= policy.staleAfterSeconds) return;
      if (loaded === undefined) throw unavailable('keys.not_ready', 'the secrets are not loaded yet');
      try {
        await refresh();
      } catch (error) {
        throw unavailable('keys.stale', 'the secrets could not be refreshed from storage', error);
      }
      if (ageSeconds() > policy.staleAfterSeconds) throw unavailable('keys.stale', 'storage answered too slowly');
    },
    get(purpose, now) {
      if (loaded === undefined) throw unavailable('keys.not_ready', 'the secrets are not loaded yet');
      return deriveSecrets(loaded.secrets, purpose, now, policy.refreshSeconds);
    },
    isLoaded: () => loaded !== undefined,
  };
}

/**
 * The keys of a purpose: HKDF-SHA-256 of each master secret with the purpose as info (RFC 5869 §3.2). Current is the latest
 * that is active, or the first one where the clock is behind its maker's.
 */
function deriveSecrets(all: readonly OpenSecret[], purpose: SecretPurpose, now: Date, refreshSeconds: number): Secrets {
  const secrets = all.filter((secret) => isPublished(secret, now));
  const current = secrets.findLast(({ activeAt }) => activeAt <= now) ?? secrets[0];
  const next = secrets.find(({ activeAt }) => activeAt > now)?.activeAt;
  const refreshAt = addSeconds(now, refreshSeconds);
  return {
    versions: secrets.map(({ version, master }) => ({
      version,
      key: new Uint8Array(hkdfSync('sha256', master, '', purpose, MASTER_SECRET_BYTES)),
    })),
    currentVersion: current?.version ?? 1,
    refreshAt: next !== undefined && next < refreshAt ? next : refreshAt,
  };
}

function openAll(wrapping: SealingRing, { versions }: SecretsDocument): readonly OpenSecret[] {
  return versions.map(({ version, secret, ...life }) => ({
    version,
    ...lifeOf(life),
    master: openKey(wrapping, secret, { purpose: MASTER_SECRET_PURPOSE, name: String(version) }),
  }));
}
