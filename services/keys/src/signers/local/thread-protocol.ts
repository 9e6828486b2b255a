import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/** Keys that a thread remembers. There is one that signs for each algorithm, and its predecessors for a while. */
export const KEY_SLOTS = 32;

/** Asks a thread for signatures of several inputs by one key. */
export interface SigningOrder {
  readonly id: number;
  /** Where the thread remembers the key, below {@link KEY_SLOTS}. */
  readonly slot: number;
  /** The key, where the slot is to be filled with it first. */
  readonly key?: { readonly alg: SigningAlgorithm; readonly key: KeyObject };
  /** The inputs, one after the other. */
  readonly inputs: Uint8Array;
  /** Where each input ends. */
  readonly ends: readonly number[];
}

/** What a thread answers to an order. */
export interface SigningAnswer {
  readonly id: number;
  /** The signatures, all of one length, one after the other; undefined when there is none. */
  readonly signatures?: Uint8Array;
}
