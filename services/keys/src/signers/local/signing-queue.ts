import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';

/** A private key, as threads sign with it. The object itself says whether two are the same. */
export interface ThreadKey {
  readonly alg: SigningAlgorithm;
  readonly key: KeyObject;
  /** About how long one signature takes. */
  readonly costMicroseconds: number;
}

/** A signature that somebody waits for. */
export interface WaitingSignature {
  /** ASCII. */
  readonly input: string;
  readonly resolve: (signature: string) => void;
  readonly reject: (error: Error) => void;
}

/** What one thread is asked for at once: signatures by one key. */
export interface SigningPortion {
  readonly key: ThreadKey;
  readonly waiting: readonly WaitingSignature[];
}

/** Signatures that wait for a thread. */
export interface SigningQueue {
  size(): number;
  /** Puts one at the end. False: the queue is full. */
  add(key: ThreadKey, waiting: WaitingSignature): boolean;
  /** Takes the next portion: the key that waits longest, and no more of it than its share for one of `threads`. */
  take(threads: number): SigningPortion | undefined;
  takeAll(): readonly WaitingSignature[];
}

/**
 * Longest and shortest work of a thread in one go, in microseconds: so long at most does another key's signature wait behind
 * it, and less is not worth waking a second thread for.
 */
const LONGEST_PORTION_MICROSECONDS = 10_000;
const SHORTEST_PORTION_MICROSECONDS = 1000;

/** An empty queue for `maxSize` signatures at most. */
export function createSigningQueue(maxSize: number): SigningQueue {
  const queues = new Map<ThreadKey, WaitingSignature[]>();
  let size = 0;
  return {
    size: () => size,
    add(key, waiting) {
      if (size >= maxSize) return false;
      const queue = queues.get(key);
      if (queue === undefined) queues.set(key, [waiting]);
      else queue.push(waiting);
      size += 1;
      return true;
    },
    take(threads) {
      const [next] = queues;
      if (next === undefined) return undefined;
      const [key, queue] = next;
      const shortest = fitting(SHORTEST_PORTION_MICROSECONDS, key);
      const share = Math.max(shortest, Math.ceil(queue.length / threads));
      const waiting = queue.splice(0, Math.min(fitting(LONGEST_PORTION_MICROSECONDS, key), share));
      size -= waiting.length;
      // What is left of this key comes after the others.
      queues.delete(key);
      if (queue.length > 0) queues.set(key, queue);
      return { key, waiting };
    },
    takeAll() {
      const all = [...queues.values()].flat();
      queues.clear();
      size = 0;
      return all;
    },
  };
}

/** How many signatures fit into a time, one at least. */
function fitting(microseconds: number, { costMicroseconds }: ThreadKey): number {
  return Math.max(1, Math.floor(microseconds / costMicroseconds));
}
