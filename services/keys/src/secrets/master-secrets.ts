import { hkdfSync, randomBytes } from 'node:crypto';
import { addSeconds, type Clock } from '@tessera/clock';
import type { SecretPurpose, Secrets } from '@tessera/contracts';
import type { SecretRing } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import { newEvent } from '@tessera/events';
import type { DocumentStore } from '../encryption/document-store.ts';
import { openKey, sealKey } from '../encryption/envelope.ts';
import type { SecretsDocument } from './secrets-document.ts';

/** The symmetric keys of this issuer. */
export interface MasterSecrets {
  /** Reads them from storage without making any. Throws when what is there does not open. */
  check(): Promise<void>;
  /** Reads them from storage; makes the first one if there is none. Of replicas that start at once one makes it. */
  refresh(): Promise<void>;
  /** The keys of one purpose at `now`. Throws `unavailable` before the first refresh. */
  get(purpose: SecretPurpose, now: Date): Secrets;
  readonly isLoaded: () => boolean;
}

/** What they are made of. */
export interface MasterSecretsOptions {
  readonly store: DocumentStore<SecretsDocument>;
  readonly wrapping: SecretRing;
  readonly clock: Clock;
}

interface OpenSecret {
  readonly version: number;
  readonly activeAt: Date;
  readonly master: Buffer;
}

const SECRET_BYTES = 32;
const REFRESH_SECONDS = 60;
const PURPOSE = 'master secret';
/** How other keys are derived from it, for those who read events. */
const ALGORITHM = 'HKDF-SHA256';

/** Master secrets that are not loaded yet. */
export function createMasterSecrets({ store, wrapping, clock }: MasterSecretsOptions): MasterSecrets {
  let loaded: { readonly document: SecretsDocument; readonly secrets: readonly OpenSecret[] } | undefined;

  const getDocument = async (): Promise<SecretsDocument> => {
    const first = await store.load();
    if (first.document !== undefined) return first.document;
    const secret = makeSecret(wrapping, clock.now());
    const made: SecretsDocument = { versions: [secret] };
    const key = { keySet: store.name, kid: String(secret.version), algorithm: ALGORITHM };
    const events = (['created', 'activated'] as const).map((change) =>
      newEvent('key.changed', store.name, { ...key, change }, secret.activeAt),
    );
    if (await store.replace(0, made, events)) return made;
    const { document } = await store.load();
    if (document === undefined) throw unavailable('keys.secrets_missing', 'the master secrets vanished from storage');
    return document;
  };

  return {
    async check() {
      await store.load();
    },
    async refresh() {
      const document = await getDocument();
      if (loaded?.document !== document) loaded = { document, secrets: openAll(wrapping, document) };
    },
    get(purpose, now) {
      if (loaded === undefined) throw unavailable('keys.not_ready', 'the secrets are not loaded yet');
      return deriveSecrets(loaded.secrets, purpose, now);
    },
    isLoaded: () => loaded !== undefined,
  };
}

/**
 * The keys of a purpose: HKDF-SHA-256 of each master secret with the purpose as info (RFC 5869 §3.2). Current is the latest
 * that is active, or the first one where the clock is behind its maker's.
 */
function deriveSecrets(secrets: readonly OpenSecret[], purpose: SecretPurpose, now: Date): Secrets {
  const byActivation = secrets.toSorted((a, b) => a.activeAt.getTime() - b.activeAt.getTime());
  const current = byActivation.findLast(({ activeAt }) => activeAt <= now) ?? byActivation[0];
  const next = byActivation.find(({ activeAt }) => activeAt > now)?.activeAt;
  const refreshAt = addSeconds(now, REFRESH_SECONDS);
  return {
    versions: secrets.map(({ version, master }) => ({
      version,
      key: new Uint8Array(hkdfSync('sha256', master, '', purpose, SECRET_BYTES)),
    })),
    currentVersion: current?.version ?? 1,
    refreshAt: next !== undefined && next < refreshAt ? next : refreshAt,
  };
}

function makeSecret(wrapping: SecretRing, activeAt: Date): SecretsDocument['versions'][number] {
  const version = 1;
  const secret = sealKey(wrapping, randomBytes(SECRET_BYTES), { purpose: PURPOSE, name: String(version) });
  return { version, activeAt, secret };
}

function openAll(wrapping: SecretRing, document: SecretsDocument): readonly OpenSecret[] {
  return document.versions.map(({ version, activeAt, secret }) => ({
    version,
    activeAt,
    master: openKey(wrapping, secret, { purpose: PURPOSE, name: String(version) }),
  }));
}
