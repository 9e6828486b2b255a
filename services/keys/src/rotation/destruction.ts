import type { Logger } from '@tessera/telemetry';
import type { Custody } from '../signers/custody.ts';
import type { DiscardedHalf } from './signing-document.ts';

/** Destroys private halves that no key names any more, where they are. */
export interface Destruction {
  /** Ids of the keys whose private halves are destroyed. */
  readonly done: ReadonlySet<string>;
  /**
   * Tries what is not done yet. A failure is logged, and it is tried again when it is asked for again; replicas that do the
   * same at once, or again after a crash, change nothing by it.
   */
  carryOut(discarded: readonly DiscardedHalf[]): Promise<void>;
}

/** Nothing is destroyed yet. Remembers only what is still listed. */
export function createDestruction(custody: Pick<Custody, 'destroy'>, logger: Logger): Destruction {
  const done = new Set<string>();
  return {
    done,
    async carryOut(discarded) {
      for (const kid of [...done]) if (discarded.every((half) => half.kid !== kid)) done.delete(kid);
      for (const { kid, privateKey } of discarded) {
        if (done.has(kid)) continue;
        try {
          await custody.destroy(privateKey);
          done.add(kid);
          logger.info({ kid, signer: privateKey.signer }, 'the signer has destroyed a private key, as far as it can');
        } catch (error) {
          logger.warn({ kid, signer: privateKey.signer, err: error }, 'a private key could not be destroyed yet');
        }
      }
    },
  };
}
