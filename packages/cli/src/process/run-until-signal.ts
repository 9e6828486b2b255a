import { setTimeout as sleep } from 'node:timers/promises';
import type { ShutdownConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { EndSignal, Terminal } from '../command-line/terminal.ts';

/** Something that runs until it is closed. */
export interface Closable {
  /** Reports that it is not ready any more, and goes on working. */
  leave?(): void;
  /** Takes nothing new, and gives what is in flight so long. */
  close(graceMs: number): Promise<void>;
}

/** What {@link runUntilSignal} runs. */
export interface SignalRun<R extends Closable> {
  readonly terminal: Terminal;
  readonly logger: Logger;
  readonly shutdown: ShutdownConfig;
  /** Starts it; a signal before it has started ends the process at once, with nothing in flight. */
  readonly start: () => Promise<R>;
  /** Called when it has started. */
  readonly started: (running: R) => void | Promise<void>;
}

/**
 * Runs something until SIGINT or SIGTERM, then drains it and resolves with exit code 0: it reports that it is not ready, goes on
 * for the configured delay, and then has the configured grace. A second signal ends the process at once with code 1. Throws
 * what `start` and `started` throw, with everything closed.
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
    const { delaySeconds, graceSeconds } = run.shutdown;
    logger.info({ signal, delay_seconds: delaySeconds, grace_seconds: graceSeconds }, 'draining');
    running.leave?.();
    if (delaySeconds > 0) await sleep(delaySeconds * 1000);
    await running.close(graceSeconds * 1000);
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
