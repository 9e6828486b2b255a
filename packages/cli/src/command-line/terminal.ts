import type { Readable, Writable } from 'node:stream';
import type { Environment } from '@tessera/config';

/** Signals that ask a process to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** The surroundings of a command: all it reads and writes besides files and sockets. */
export interface Terminal {
  readonly env: Environment;
  /** Writes text and a line break to standard output. */
  out(text: string): void;
  /** Writes text and a line break to standard error. */
  err(text: string): void;
  /** Standard input, for commands that read data there. */
  readonly input: Readable;
  /** Standard output, for commands that write data there. */
  readonly output: Writable;
  /** A line a person types without seeing it, or the first line of standard input when that is no keyboard. */
  readSecret(prompt: string): Promise<string>;
  /** A line a person types and sees, or the first line of standard input when that is no keyboard. */
  readLine(prompt: string): Promise<string>;
  /** Whether {@link Terminal.readSecret} and {@link Terminal.readLine} ask a person. */
  readonly isInteractive: boolean;
  /** Calls back at each signal until the returned function is called. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}
