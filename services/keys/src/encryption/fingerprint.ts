import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { KeyEncryptionConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { KeySetStorage } from '../ports.ts';
import { type OpenTransit, openTransitBy } from '../vault/open-transit.ts';
import { openKeyEncryptionKey } from './key-encryption-key.ts';
import { ROOT_DOCUMENT } from './root-document.ts';

/** What it takes to have a key-encryption key beside the running services. */
export interface KeyAccess {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The stored document `root`, in which a key stands that Vault wraps; empty: there is none. */
  readonly rootDocument: Uint8Array;
  /** Default: our own client of Vault. */
  readonly openTransit?: OpenTransit;
}

/**
 * Tells key-encryption keys apart without telling anything about them: an HMAC-SHA256 of `context` under a key that is
 * derived from the key-encryption key for this alone. Undefined where the key is one that lives as long as the process.
 *
 * @param context a value that is used once, so that two fingerprints do not say whether they are of one key.
 * @throws TesseraError `keys.wrong_key_encryption_key` when it is missing or malformed; a missing one is not made.
 *   `keys.vault_unavailable` and `keys.vault_refused` where Vault wraps it.
 */
export async function keyEncryptionFingerprint(
  config: KeyEncryptionConfig,
  context: Uint8Array,
  access: KeyAccess,
): Promise<Buffer | undefined> {
  if (config.type === 'ephemeral') return undefined;
  const { alsoOpens: _, ...alone } = config;
  const [fingerprint] = await tellAll(alone, context, access);
  return fingerprint;
}

/**
 * Whether one of the configured key-encryption keys, the one that seals or one that also opens, has a fingerprint. Throws as
 * {@link keyEncryptionFingerprint}.
 */
export async function hasKeyEncryptionKey(
  config: KeyEncryptionConfig,
  context: Uint8Array,
  fingerprint: Uint8Array,
  access: KeyAccess,
): Promise<boolean> {
  const sources = config.alsoOpens ?? [];
  const { alsoOpens: _, ...alone } = config;
  let failure: { readonly error: unknown } | undefined;
  for (const source of [alone, ...sources]) {
    try {
      const told = await tellAll(source, context, access);
      if (told.some((own) => own.length === fingerprint.length && timingSafeEqual(own, fingerprint))) return true;
    } catch (error) {
      failure ??= { error };
    }
  }
  // One that cannot be had may be the one.
  if (failure !== undefined) throw failure.error;
  return false;
}

async function tellAll(
  config: KeyEncryptionConfig,
  context: Uint8Array,
  { rootDocument, clock, logger, openTransit = openTransitBy({ clock, logger }) }: KeyAccess,
): Promise<readonly Buffer[]> {
  const storage: KeySetStorage = {
    async getKeySet(name) {
      const isRoot = name === ROOT_DOCUMENT && rootDocument.length > 0;
      return isRoot ? { version: 1, payload: rootDocument } : { version: 0, payload: new Uint8Array() };
    },
    compareAndSetKeySet: async () => false,
  };
  const options = { config, storage, documentNames: [], openTransit, clock, logger, mayMake: false };
  const key = await openKeyEncryptionKey(options);
  try {
    await key.refresh();
    return key.tell(context);
  } finally {
    await key.close();
  }
}
