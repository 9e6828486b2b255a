import type { Worker } from 'node:worker_threads';
import type { TesseraError } from '@tessera/errors';
import { signerClosed, signerUnavailable } from '../signer-errors.ts';
import { createSigningQueue, type SigningPortion, type ThreadKey, type WaitingSignature } from './signing-queue.ts';
import { startThread, type Thread } from './thread-handle.ts';

/** Threads that sign, as many as there are cores. */
export interface SigningThreads {
  /**
   * Resolves what waits with its signature in base64url. What is asked for in one turn of the event loop travels together; no
   * timer is waited for. Rejects it with `unavailable` (`keys.signer_unavailable`) when too many wait, when the thread ended,
   * and once closed.
   */
  sign(key: ThreadKey, waiting: WaitingSignature): void;
  isClosed(): boolean;
  /** Ends all threads; what waits is rejected. May be called twice. */
  close(): Promise<void>;
}

/** What threads are made of. */
export interface SigningThreadsOptions {
  /** Most threads, each started when all the others are busy. */
  readonly maxThreads: number;
  /** Most signatures that wait for a thread. Default 8192: about two seconds of RSA-2048 on two cores. */
  readonly maxWaiting?: number;
  /** Starts the worker of a thread. For tests. */
  readonly startWorker?: () => Worker;
}

const MAX_WAITING = 8192;
/** So a thread has its next portion when it is done with one. */
const PORTIONS_PER_THREAD = 2;

/** Threads of which none is started yet. */
export function createSigningThreads({
  maxThreads,
  maxWaiting = MAX_WAITING,
  startWorker,
}: SigningThreadsOptions): SigningThreads {
  const queue = createSigningQueue(maxWaiting);
  const threads = new Set<Thread>();
  let isClosed = false;
  let isPumping = false;

  const start = (): Thread => {
    const events = {
      onAnswer(portion: SigningPortion, signatures: Uint8Array | undefined): void {
        pump();
        answer(portion, signatures);
      },
      onEnd(unanswered: readonly SigningPortion[]): void {
        threads.delete(thread);
        for (const portion of unanswered) answer(portion, undefined);
        pump();
      },
    };
    const thread = startThread(events, startWorker);
    threads.add(thread);
    return thread;
  };
  const findThread = (): Thread | undefined => {
    let freest: Thread | undefined;
    for (const thread of threads) {
      if (freest === undefined || thread.underWay() < freest.underWay()) freest = thread;
    }
    const isFree = freest?.underWay() === 0;
    if (!isFree && threads.size < maxThreads) return start();
    return freest !== undefined && freest.underWay() < PORTIONS_PER_THREAD ? freest : undefined;
  };
  const pump = (): void => {
    while (queue.size() > 0) {
      const thread = findThread();
      const portion = thread === undefined ? undefined : queue.take(maxThreads);
      if (thread === undefined || portion === undefined) return;
      thread.sign(portion);
    }
  };

  return {
    isClosed: () => isClosed,
    sign(key, waiting) {
      if (isClosed) waiting.reject(signerClosed());
      else if (!queue.add(key, waiting)) waiting.reject(full());
      else if (!isPumping) {
        isPumping = true;
        queueMicrotask(() => {
          isPumping = false;
          pump();
        });
      }
    },
    async close() {
      isClosed = true;
      for (const { reject } of queue.takeAll()) reject(signerClosed());
      await Promise.all([...threads].map((thread) => thread.end()));
    },
  };
}

function answer({ waiting }: SigningPortion, signatures: Uint8Array | undefined): void {
  if (signatures === undefined) {
    for (const { reject } of waiting) reject(failed());
    return;
  }
  const all = Buffer.from(signatures.buffer, signatures.byteOffset, signatures.length);
  const length = all.length / waiting.length;
  for (const [index, { resolve }] of waiting.entries()) {
    resolve(all.toString('base64url', index * length, (index + 1) * length));
  }
}

function full(): TesseraError {
  return signerUnavailable('too many signatures wait for their turn');
}

function failed(): TesseraError {
  return signerUnavailable('the thread that was to sign failed');
}
