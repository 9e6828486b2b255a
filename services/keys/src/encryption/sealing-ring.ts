import { seal, unseal } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import { FINGERPRINT_BYTES, type RootKey, type SealingUse } from './root-key.ts';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

/** What was opened. */
export interface Unsealed {
  readonly bytes: Buffer;
  /** Of the key-encryption key it is sealed under. */
  readonly fingerprint: string;
}

/** Several key-encryption keys in one use: the current one seals, all of them open. */
export interface SealingRing {
  /** Fingerprint of the one that seals; undefined until it was had. */
  current(): string | undefined;
  /**
   * AES-256-GCM, bound to purpose, context and the key's fingerprint. Throws `unavailable` (`keys.not_ready`) while there is
   * no key that seals.
   */
  seal(purpose: string, plaintext: Uint8Array, context: Uint8Array): Buffer;
  /** Undefined when none of the keys opens it, or anything differs. */
  unseal(purpose: string, sealed: Uint8Array, context: Uint8Array): Unsealed | undefined;
  /**
   * The error for something that does not open: `unavailable` while a key that may open it could not be had, otherwise
   * `keys.wrong_key_encryption_key`, which names the key that is missing by its fingerprint.
   */
  refusal(what: string, sealed: Uint8Array): Error;
}

/** The keys of a ring as they are now. */
export interface SealingKeys {
  /** Undefined until it was had for the first time. */
  readonly current: RootKey | undefined;
  /** Every key that opens, the current one first. */
  readonly all: readonly RootKey[];
  /** Why a further key could not be had, which a retry may change. */
  readonly missing?: Error;
}

/** Begins what names its key. What version 0.1.0 sealed begins with a 1 and names none. */
const NAMES_ITS_KEY = 2;
const HEADER_BYTES = 1 + FINGERPRINT_BYTES;

/** A ring over keys that may change. */
export function createSealingRing(keys: () => SealingKeys, use: SealingUse): SealingRing {
  const sealing = (): RootKey => {
    const { current, missing } = keys();
    if (current !== undefined) return current;
    throw unavailable('keys.not_ready', 'the key-encryption key is not loaded yet', missing);
  };
  return {
    current: () => keys().current?.fingerprint,
    seal(purpose, plaintext, context) {
      const key = sealing();
      const header = Buffer.concat([Buffer.of(NAMES_ITS_KEY), Buffer.from(key.fingerprint, 'hex')]);
      return Buffer.concat([header, seal(key.rings[use], purpose, plaintext, Buffer.concat([header, context]))]);
    },
    unseal(purpose, sealed, context) {
      const header = sealed.subarray(0, HEADER_BYTES);
      const isNamed = sealed[0] === NAMES_ITS_KEY;
      const [payload, aad] = isNamed
        ? [sealed.subarray(HEADER_BYTES), Buffer.concat([header, context])]
        : [sealed, context];
      const name = namedKey(sealed);
      const candidates = keys().all.filter(({ fingerprint }) => name === undefined || fingerprint === name);
      return openByOne(candidates, (key) => unseal(key.rings[use], purpose, payload, aad));
    },
    refusal: (what, sealed) => refusal(keys(), what, namedKey(sealed)),
  };
}

function openByOne(keys: readonly RootKey[], open: (key: RootKey) => Buffer | undefined): Unsealed | undefined {
  for (const key of keys) {
    const bytes = open(key);
    if (bytes !== undefined) return { bytes, fingerprint: key.fingerprint };
  }
  return undefined;
}

/** The fingerprint of the key that sealed bytes name as theirs, true or not; undefined for those that name none. */
export function namedKey(sealed: Uint8Array): string | undefined {
  return sealed[0] === NAMES_ITS_KEY ? Buffer.from(sealed).toString('hex', 1, HEADER_BYTES) : undefined;
}

function refusal({ all, missing }: SealingKeys, what: string, name: string | undefined): Error {
  const known = all.map(({ fingerprint }) => fingerprint);
  if (name !== undefined && known.includes(name)) {
    return wrongKeyEncryptionKey(`${what} was changed since it was written; nothing was overwritten`);
  }
  const place = name === undefined ? 'another key-encryption key' : `the key-encryption key ${name}`;
  const text = `${what} is sealed under ${place}, or was changed; this process has ${known.join(' and ') || 'no key'}`;
  if (missing !== undefined)
    return unavailable('keys.vault_unavailable', `${text} and could not have another`, missing);
  return wrongKeyEncryptionKey(
    `${text}: the key-encryption key does not open it. Name that key in keyEncryption, or in keyEncryption.alsoOpens; nothing was overwritten`,
  );
}
