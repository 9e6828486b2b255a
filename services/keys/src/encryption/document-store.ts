import type { SecurityEvent } from '@tessera/contracts';
import type { KeySetStorage } from '../ports.ts';
import { findWrappingKey, type KeyBinding, rewrapKey, type SealedKey } from './envelope.ts';
import { unknownFormat } from './json-reading.ts';
import type { SealingRing } from './sealing-ring.ts';

/** A document as it stands in storage; undefined when there is none yet (version 0). */
export interface Stored<D> {
  readonly version: number;
  readonly document: D | undefined;
  /** Fingerprints of the key-encryption keys that it and the keys in it are sealed under; none when there is no document. */
  readonly sealedUnder: readonly string[];
  /** Whether these are the current one alone. True when there is no document. */
  readonly isUnderCurrent: boolean;
  /** Fingerprint of the key-encryption key that seals; undefined until it was had. */
  readonly current: string | undefined;
}

/** One sealed document in storage. */
export interface DocumentStore<D> {
  /** Name in storage. */
  readonly name: string;
  /**
   * Reads it; unchanged bytes give the same object again. Throws `keys.wrong_key_encryption_key` when it does not open,
   * `unavailable` while a key that may open it cannot be had, and whatever storage throws.
   */
  load(): Promise<Stored<D>>;
  /** What was read last, judged by the keys of now. Undefined before the first time, and when this store has written since. */
  readonly lastLoaded: () => Stored<D> | undefined;
  /**
   * Replaces the version that was read, and tells the events with it; everything is under the current key-encryption key
   * then. False: another replica was first, and nothing is told; of two callers one gets true.
   */
  replace(expectedVersion: number, document: D, events: readonly SecurityEvent[]): Promise<boolean>;
}

/** The sealed keys in a document. */
export interface DataKeys<D> {
  readonly wrapping: SealingRing;
  /** The document with each sealed key replaced by what `change` makes of it. */
  readonly map: (document: D, change: (sealed: SealedKey, binding: KeyBinding) => SealedKey) => D;
}

/** What a document store is made of. */
export interface DocumentStoreOptions<D> {
  readonly storage: KeySetStorage;
  /** Name in storage; bound to the content, so that two documents cannot be swapped. */
  readonly name: string;
  readonly ring: SealingRing;
  readonly toJson: (document: D) => unknown;
  /** Throws when the JSON is not such a document. */
  readonly fromJson: (json: unknown) => D;
  /** Left out: the document holds no sealed keys. */
  readonly dataKeys?: DataKeys<D>;
}

const PURPOSE = 'key set';

interface Opened<D> {
  readonly payload: Uint8Array;
  readonly document: D;
  readonly sealedUnder: readonly string[];
}

/** A document store. The whole document is sealed, so storage sees ciphertext only and no byte of it can be changed. */
export function createDocumentStore<D>(options: DocumentStoreOptions<D>): DocumentStore<D> {
  const { storage, name, ring, toJson, dataKeys } = options;
  let last: { readonly version: number; readonly opened: Opened<D> | undefined } | undefined;
  const lastLoaded = (): Stored<D> | undefined => {
    if (last === undefined) return undefined;
    const current = ring.current();
    const sealedUnder = last.opened?.sealedUnder ?? [];
    const isUnderCurrent = sealedUnder.every((key) => key === current);
    return { version: last.version, document: last.opened?.document, sealedUnder, isUnderCurrent, current };
  };
  return {
    name,
    lastLoaded,
    async load() {
      const { version, payload } = await storage.getKeySet(name);
      const known = last?.opened;
      const isKnown = known !== undefined && Buffer.compare(known.payload, payload) === 0;
      const stored = { version, opened: version === 0 ? undefined : isKnown ? known : open(options, payload) };
      last = stored;
      return lastLoaded() as Stored<D>;
    },
    async replace(expectedVersion, document, events) {
      const rewrapped = dataKeys?.map(document, (sealed, binding) => rewrapKey(dataKeys.wrapping, sealed, binding));
      const json = JSON.stringify(toJson(rewrapped ?? document));
      const payload = ring.seal(PURPOSE, Buffer.from(json, 'utf8'), contextOf(name));
      const isReplaced = await storage.compareAndSetKeySet(name, expectedVersion, payload, events);
      if (isReplaced) last = undefined;
      return isReplaced;
    },
  };
}

function open<D>({ name, ring, fromJson, dataKeys }: DocumentStoreOptions<D>, payload: Uint8Array): Opened<D> {
  const opened = ring.unseal(PURPOSE, payload, contextOf(name));
  if (opened === undefined) throw ring.refusal(`the stored document "${name}"`, payload);
  const document = fromJson(parseJson(opened.bytes, name));
  const sealedUnder = new Set([opened.fingerprint]);
  dataKeys?.map(document, (sealed, binding) => {
    sealedUnder.add(findWrappingKey(dataKeys.wrapping, sealed, binding));
    return sealed;
  });
  return { payload, document, sealedUnder: [...sealedUnder] };
}

function parseJson(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw unknownFormat(name);
  }
}

function contextOf(name: string): Buffer {
  return Buffer.from(name, 'utf8');
}
