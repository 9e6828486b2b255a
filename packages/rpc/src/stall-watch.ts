/** Tells whether this process has just stood still: stopped, starved, or suspended. */
export interface StallWatch {
  /** Resolves at once in ordinary times; after a standstill, when what arrived meanwhile has been read. */
  settled(): Promise<void> | undefined;
  close(): void;
}

const TICK_MS = 250;
/** A gap between two ticks that is no ordinary delay, and shorter than any caller's patience. */
const STALL_MS = 1_000;
/** How long after a standstill calls may still be old. */
const SUSPICION_MS = 250;
/** Enough to read the end of a connection or of a call that lies behind the call itself. */
const SETTLE_MS = 100;

/**
 * Watches for standstills. A deadline travels as a duration, so a call that lay unread while this process stood still
 * looks fresh; that its caller has given up stands in what is read next.
 */
export function watchStalls(): StallWatch {
  let lastMs = performance.now();
  let suspectUntilMs = 0;
  const look = (): number => {
    const nowMs = performance.now();
    if (nowMs - lastMs > STALL_MS) suspectUntilMs = nowMs + SUSPICION_MS;
    lastMs = nowMs;
    return nowMs;
  };
  const timer = setInterval(look, TICK_MS);
  timer.unref();
  return {
    settled: () =>
      look() < suspectUntilMs ? new Promise((resolve) => void setTimeout(resolve, SETTLE_MS)) : undefined,
    close: () => clearInterval(timer),
  };
}
