import type { Clock } from '@tessera/clock';
import type { Terminal } from '../command-line/terminal.ts';

const EVERY_MS = 1000;

/** Says once a second on standard error how far a command is, until the returned function is called. */
export function startProgress(terminal: Terminal, clock: Clock, progress: () => string): () => void {
  const say = (): void => {
    terminal.err(progress());
    timer = clock.schedule(EVERY_MS, say);
  };
  let timer = clock.schedule(EVERY_MS, say);
  return () => timer.cancel();
}
