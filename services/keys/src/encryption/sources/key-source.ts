import type { RootKey } from '../root-key.ts';

/** Whether a source's key seals, or only opens what it sealed before. */
export type SourceRole = 'seals' | 'opens';

/** Where a key-encryption key comes from. */
export interface KeySource {
  readonly role: SourceRole;
  /** What the operator knows it by, e.g. the name of the file; never the key. */
  readonly text: string;
  /** Whether its key is at hand without asking another server. */
  readonly isLocal: boolean;
  /** What was had from it, the latest first; empty until the first success. */
  readonly keys: () => readonly RootKey[];
  /**
   * Looks whether there is another key by now. Before the first success it throws `keys.wrong_key_encryption_key` when the
   * key is missing or malformed, `keys.vault_refused` and `keys.vault_unavailable`; after it a failure changes nothing and
   * is logged.
   */
  refresh(): Promise<void>;
  close(): Promise<void>;
}
