import { createRootKey } from '../encryption/root-key.ts';
import { createSealingRing, type SealingRing } from '../encryption/sealing-ring.ts';

/** A ring with one key, for tests. */
export function createKeyEncryptionRing(seed = 1): SealingRing {
  const current = createRootKey(Buffer.alloc(32, seed));
  return createSealingRing(() => ({ current, all: [current] }), 'data keys');
}
