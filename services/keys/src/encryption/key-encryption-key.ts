import type { Clock } from '@tessera/clock';
import type { KeyEncryptionConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { KeySetStorage } from '../ports.ts';
import type { OpenTransit } from '../vault/open-transit.ts';
import { createSealingRing, type SealingKeys, type SealingRing } from './sealing-ring.ts';
import type { KeySource, SourceRole } from './sources/key-source.ts';
import { openSources } from './sources/open-sources.ts';

/** How it stands with a source. */
export interface SourceState {
  readonly role: SourceRole;
  /** What the operator knows it by. */
  readonly source: string;
  /** Of its present key, in public; left out while it could not be had. */
  readonly fingerprint?: string;
  /** Why it could not be had. */
  readonly problem?: string;
}

/** The key-encryption keys of this process: one seals, and all of them open. */
export interface KeyEncryptionKey {
  /** Wraps data keys. */
  readonly wrapping: SealingRing;
  /** Seals whole documents. */
  readonly documents: SealingRing;
  /**
   * Gets what is not there yet, and looks whether a key changed. Throws what the source of the sealing key throws while that
   * was never had: `unavailable` is worth a retry. Other sources may fail; that is said when something does not open.
   */
  refresh(): Promise<void>;
  /** In the order of the configuration, the one that seals first. */
  readonly sources: () => readonly SourceState[];
  /** What each key at hand tells of a context, the one that seals first: an HMAC-SHA256. */
  tell(context: Uint8Array): readonly Buffer[];
  close(): Promise<void>;
}

/** What it is made of. */
export interface KeyEncryptionOptions {
  readonly config: KeyEncryptionConfig;
  readonly storage: KeySetStorage;
  /** Names of all sealed documents: no key is made beside one that it would not open. */
  readonly documentNames: readonly string[];
  readonly openTransit: OpenTransit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** False for those who only look: no key is made, and nothing is written. */
  readonly mayMake: boolean;
}

/**
 * Opens the key-encryption key and the further ones from where the configuration says. Those in the configuration and in files
 * are read at once: throws `invalid_argument` with the code `keys.wrong_key_encryption_key` when one is missing, unreadable or
 * not 32 bytes in base64. Those in Vault are had at the first refresh. No key ever stands in a message.
 */
export async function openKeyEncryptionKey(options: KeyEncryptionOptions): Promise<KeyEncryptionKey> {
  const problems = new Map<KeySource, Error>();
  const keys = (): SealingKeys => {
    const missing = [...problems.values()].find(
      (error) => error instanceof TesseraError && error.kind === 'unavailable',
    );
    return {
      current: sealing.keys()[0],
      all: [sealing, ...others].flatMap((source) => source.keys()),
      ...(missing !== undefined && { missing }),
    };
  };
  const documents = createSealingRing(keys, 'key set documents');
  const { sealing, others } = await openSources(options, documents);

  const attempt = async (source: KeySource): Promise<void> => {
    try {
      await source.refresh();
      problems.delete(source);
    } catch (thrown) {
      const error = TesseraError.from(thrown);
      if (error.message !== problems.get(source)?.message) {
        options.logger.warn({ err: error, source: source.text }, 'a key-encryption key could not be had');
      }
      problems.set(source, error);
    }
  };
  const refreshAll = async (): Promise<void> => {
    // The key that seals may be made once everything stored opens by the others.
    await Promise.all(others.map(attempt));
    try {
      await sealing.refresh();
      problems.delete(sealing);
    } catch (error) {
      problems.set(sealing, TesseraError.from(error));
      throw error;
    }
  };
  const readAtOnce = [sealing, ...others].filter(({ isLocal }) => isLocal);
  for (const source of readAtOnce) await source.refresh();
  return {
    wrapping: createSealingRing(keys, 'data keys'),
    documents,
    refresh: refreshAll,
    sources: () => [sealing, ...others].map((source) => describeSource(source, problems.get(source))),
    tell: (context) => keys().all.map((key) => key.tell(context)),
    async close() {
      await Promise.all([sealing, ...others].map((source) => source.close()));
    },
  };
}

function describeSource({ role, text, keys }: KeySource, problem: Error | undefined): SourceState {
  const fingerprint = keys()[0]?.fingerprint;
  return {
    role,
    source: text,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(problem !== undefined && { problem: problem.message }),
  };
}
