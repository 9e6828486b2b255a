/** The time, as a dependency. */
export interface Clock {
  /** The present moment. */
  now(): Date;
  /** Milliseconds of a clock that never goes back, for measuring and for deadlines. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the timer never keeps the process alive. */
  schedule(delayMs: number, callback: () => void): Timer;
}

/** A scheduled call that can be taken back. */
export interface Timer {
  cancel(): void;
}

/** The longest delay the machine's timers take; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    let remainingMs = delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const nextMs = Math.min(remainingMs, LONGEST_DELAY_MS);
      remainingMs -= nextMs;
      timer = setTimeout(remainingMs > 0 ? arm : callback, nextMs);
      timer.unref();
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Epoch seconds, as the wire formats have them, rounded down. */
export function epochSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

/** The moment `seconds` later. */
export function addSeconds(moment: Date, seconds: number): Date {
  return new Date(moment.getTime() + seconds * 1000);
}
