import type { KeyOperations, SealingDescription } from '@tessera/keys';

/** What the commands do with keys, wherever these are. */
export interface KeyAuthority extends Pick<KeyOperations, 'list' | 'preview' | 'carryOut'> {
  /** Under which key-encryption keys everything is. Changes nothing. */
  describeSealing(): Promise<SealingDescription>;
  /** Seals everything under the key that seals; the names of the documents that were not. */
  reseal(): Promise<readonly string[]>;
}
