import { CommandFailure } from '../command-line/failure.ts';
import type { Terminal } from '../command-line/terminal.ts';

/** What a shell says of a program that was interrupted. */
const INTERRUPTED = 130;

/** Runs `work` with a signal that Ctrl-C and SIGTERM set; a second one ends the process at once. */
export async function interruptible<T>(terminal: Terminal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = terminal.onSignal(() => {
    if (controller.signal.aborted) terminal.exit(INTERRUPTED);
    controller.abort(new CommandFailure('Stopped as asked to.', { exitCode: INTERRUPTED }));
  });
  try {
    return await work(controller.signal);
  } finally {
    stop();
  }
}
