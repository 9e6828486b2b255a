import type { SecurityEvent } from '@tessera/contracts';
import { type SecretRing, seal, unseal } from '@tessera/credentials';
import type { KeySetStorage } from '../ports.ts';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

/** A document as it stands in storage; undefined when there is none yet (version 0). */
export interface Stored<D> {
  readonly version: number;
  readonly document: D | undefined;
}

/** One sealed document in storage. */
export interface DocumentStore<D> {
  /** Name in storage. */
  readonly name: string;
  /**
   * Reads it; unchanged bytes give the same object again. Throws `keys.wrong_key_encryption_key` when it does not open,
   * and whatever storage throws.
   */
  load(): Promise<Stored<D>>;
  /**
   * Replaces the version that was read, and tells the events with it. False: another replica was first, and nothing is
   * told; of two callers one gets true.
   */
  replace(expectedVersion: number, document: D, events: readonly SecurityEvent[]): Promise<boolean>;
}

/** What a document store is made of. */
export interface DocumentStoreOptions<D> {
  readonly storage: KeySetStorage;
  /** Name in storage; bound to the content, so that two documents cannot be swapped. */
  readonly name: string;
  readonly ring: SecretRing;
  readonly toJson: (document: D) => unknown;
  /** Throws when the JSON is not such a document. */
  readonly fromJson: (json: unknown) => D;
}

const PURPOSE = 'key set';

/** A document store. The whole document is sealed, so storage sees ciphertext only and no byte of it can be changed. */
export function createDocumentStore<D>(options: DocumentStoreOptions<D>): DocumentStore<D> {
  const { storage, name, ring, toJson, fromJson } = options;
  const aad = Buffer.from(name, 'utf8');
  let last: { readonly payload: Uint8Array; readonly document: D } | undefined;
  return {
    name,
    async load() {
      const { version, payload } = await storage.getKeySet(name);
      if (version === 0) return { version, document: undefined };
      if (last === undefined || Buffer.compare(last.payload, payload) !== 0) {
        const opened = unseal(ring, PURPOSE, payload, aad);
        if (opened === undefined) {
          throw wrongKeyEncryptionKey(
            `the key-encryption key does not open the stored document "${name}": it is another key, or the document was changed; nothing was overwritten`,
          );
        }
        last = { payload, document: fromJson(JSON.parse(opened.toString('utf8'))) };
      }
      return { version, document: last.document };
    },
    replace(expectedVersion, document, events) {
      const payload = seal(ring, PURPOSE, Buffer.from(JSON.stringify(toJson(document)), 'utf8'), aad);
      return storage.compareAndSetKeySet(name, expectedVersion, payload, events);
    },
  };
}
