import type { Clock } from '@tessera/clock';

/** Callers who wait for something to change. */
export interface ChangeWatch {
  /** Waits until `isOver` says so at a change, `timeoutMs` have passed or the watch is closed. */
  wait(isOver: () => boolean, timeoutMs: number): Promise<void>;
  /** Lets everybody who waits look again. */
  readonly notify: () => void;
  /** Lets everybody go. */
  close(): void;
}

/** Most callers who wait at once; one more is answered without waiting. */
export const MAX_WAITING = 1024;

/** A watch with nobody waiting. */
export function createChangeWatch(clock: Clock): ChangeWatch {
  const waiting = new Set<{ readonly isOver: () => boolean; readonly leave: () => void }>();
  let isClosed = false;
  return {
    wait(isOver, timeoutMs) {
      if (isClosed || timeoutMs <= 0 || waiting.size >= MAX_WAITING || isOver()) return Promise.resolve();
      return new Promise((resolve) => {
        const leave = (): void => {
          timer.cancel();
          waiting.delete(waiter);
          resolve();
        };
        const waiter = { isOver, leave };
        const timer = clock.schedule(timeoutMs, leave);
        waiting.add(waiter);
      });
    },
    notify() {
      for (const waiter of [...waiting]) if (waiter.isOver()) waiter.leave();
    },
    close() {
      isClosed = true;
      for (const waiter of [...waiting]) waiter.leave();
    },
  };
}
