import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { TesseraError, unavailable } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { KeySetStorage } from '../ports.ts';
import { openSealedDocuments, sealedDocumentNames } from '../sealed-documents.ts';
import { type OpenTransit, openTransitBy } from '../vault/open-transit.ts';
import type { DocumentStore } from './document-store.ts';
import { type KeyEncryptionKey, openKeyEncryptionKey, type SourceState } from './key-encryption-key.ts';
import { resealDocument } from './resealing.ts';
import { namedKey } from './sealing-ring.ts';

/** What it takes to look at what is stored beside the running services. */
export interface SealingOptions {
  readonly config: Pick<TesseraConfig, 'keyEncryption'>;
  readonly storage: KeySetStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: our own client of Vault. */
  readonly openTransit?: OpenTransit;
}

/** Under which keys a stored document is sealed. */
export interface DocumentSealing {
  readonly name: string;
  readonly version: number;
  /** Fingerprints of the keys of the document and of the keys in it; empty when it does not open. */
  readonly sealedUnder: readonly string[];
  /** `former`: under another key than the one that seals, in part at least. `unopened`: none of the keys opens it. */
  readonly state: 'current' | 'former' | 'unopened';
  /** Why it does not open. */
  readonly problem?: string;
}

/** The key-encryption keys of a configuration, and what is stored under them. */
export interface SealingDescription {
  /** In the order of the configuration, the one that seals first. */
  readonly keys: readonly SourceState[];
  /** The documents that are there. */
  readonly documents: readonly DocumentSealing[];
}

/** What was sealed anew. */
export interface Resealed {
  readonly resealed: readonly string[];
  readonly description: SealingDescription;
}

/**
 * Says under which key-encryption key each document stands. A former key may be thrown away when none is under it any more. Writes
 * nothing and makes no key. Throws `keys.wrong_key_encryption_key` when a key of the configuration or a file is missing or
 * malformed; a Vault that does not answer is said in the description. Throws what storage throws.
 */
export function describeSealing(options: SealingOptions): Promise<SealingDescription> {
  return withKey(options, false, (key, stores) => describeAll(options.storage, key, stores));
}

/**
 * Seals everything anew that is not under the current key-encryption key, at once and beside the running services; what has been
 * done stays done when it fails in between. Documents that do not open are left alone, and said. Throws as the keys service does
 * at its start.
 */
export function resealNow(options: SealingOptions): Promise<Resealed> {
  return withKey(options, true, async (key, stores) => {
    await key.refresh();
    const resealed: string[] = [];
    for (const store of stores) if (await resealUnlessShut(store)) resealed.push(store.name);
    return { resealed, description: await describeAll(options.storage, key, stores) };
  });
}

async function withKey<T>(
  options: SealingOptions,
  mayMake: boolean,
  work: (key: KeyEncryptionKey, stores: readonly DocumentStore<unknown>[]) => Promise<T>,
): Promise<T> {
  const { config, storage, clock, logger, openTransit = openTransitBy({ clock, logger }) } = options;
  const key = await openKeyEncryptionKey({
    config: config.keyEncryption,
    storage,
    documentNames: sealedDocumentNames,
    openTransit,
    clock,
    logger,
    mayMake,
  });
  try {
    return await work(key, openSealedDocuments(storage, key).all);
  } finally {
    await key.close();
  }
}

async function describeAll(
  storage: KeySetStorage,
  key: KeyEncryptionKey,
  stores: readonly DocumentStore<unknown>[],
): Promise<SealingDescription> {
  await key.refresh().catch(() => undefined);
  const documents: DocumentSealing[] = [];
  for (const store of stores) documents.push(await describeDocument(storage, store));
  return { keys: key.sources(), documents: documents.filter(({ version }) => version > 0) };
}

async function describeDocument(storage: KeySetStorage, store: DocumentStore<unknown>): Promise<DocumentSealing> {
  const { name } = store;
  const { version, payload } = await storage.getKeySet(name);
  if (version === 0) return { name, version, sealedUnder: [], state: 'current' };
  try {
    const stored = await store.load();
    return {
      name,
      version: stored.version,
      sealedUnder: stored.sealedUnder,
      state: stored.isUnderCurrent ? 'current' : 'former',
    };
  } catch (error) {
    if (!isAboutKeys(error)) throw error;
    const named = namedKey(payload);
    const sealedUnder = named === undefined ? [] : [named];
    return { name, version, sealedUnder, state: 'unopened', problem: error.message };
  }
}

const MAX_ATTEMPTS = 5;

/** Whether it was sealed anew; one that does not open stays as it is. */
async function resealUnlessShut(store: DocumentStore<unknown>): Promise<boolean> {
  try {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      if (await resealDocument(store)) return true;
      const { isUnderCurrent } = store.lastLoaded() ?? (await store.load());
      if (isUnderCurrent) return false;
    }
  } catch (error) {
    if (isAboutKeys(error)) return false;
    throw error;
  }
  throw unavailable('keys.rotation_contended', `other replicas kept changing the document "${store.name}"`);
}

/** Whether something does not open, now or ever; storage has codes of its own. */
function isAboutKeys(error: unknown): error is TesseraError {
  return error instanceof TesseraError && error.code.startsWith('keys.');
}
