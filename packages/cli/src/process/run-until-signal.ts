import type { Logger } from '@tessera/telemetry';
import type { EndSignal, Terminal } from '../command-line/terminal.ts';

/** Something that runs until it is closed. */
export interface Closable {
  close(graceMs: number): Promise<void>;
}

/** How long work in flight may take after a signal. */
const DRAIN_GRACE_MS = 10_000;

/** What {@link runUntilSignal} runs. */
export interface SignalRun<R extends Closable> {
  readonly terminal: Terminal;
  readonly logger: Logger;
  /** Starts it; a signal before it has started ends the process at once, with nothing in flight. */
  readonly start: () => Promise<R>;
  /** Called when it has started. */
  readonly started: (running: R) => void | Promise<void>;
}

/**
 * Runs something until SIGINT or SIGTERM, then drains it and resolves with exit code 0. A second signal ends the process
 * at once with code 1. Throws what `start` and `started` throw, with everything closed.
 */
export async function runUntilSignal<R extends Closable>(run: SignalRun<R>): Promise<number> {
  const { terminal, logger } = run;
  const ended = Promise.withResolvers<EndSignal>();
  let hasStarted = false;
  let isEnding = false;
  const stopListening = terminal.onSignal((signal) => {
    if (isEnding) terminal.exit(1);
    else if (!hasStarted) terminal.exit(0);
    isEnding = true;
    ended.resolve(signal);
  });
  try {
    const running = await run.start();
    hasStarted = true;
    await Promise.race([runStarted(run, running), ended.promise]);
    const signal = await ended.promise;
    logger.info({ signal, grace_seconds: DRAIN_GRACE_MS / 1000 }, 'draining');
    await running.close(DRAIN_GRACE_MS);
    logger.info({}, 'stopped');
    return 0;
  } finally {
    stopListening();
  }
}

async function runStarted<R extends Closable>(run: SignalRun<R>, running: R): Promise<void> {
  try {
    await run.started(running);
  } catch (error) {
    await running.close(0);
    throw error;
  }
}
