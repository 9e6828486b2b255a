import type { Environment } from '@tessera/config';
import type { EndSignal, Terminal } from '../command-line/terminal.ts';

/** A terminal that keeps what is written to it. */
export interface FakeTerminal extends Terminal {
  readonly stdout: string;
  readonly stderr: string;
  /** Codes of ends that were asked for at once. */
  readonly exits: readonly number[];
  /** Sends a signal to whoever listens. */
  signal(signal: EndSignal): void;
  /** How many listen for signals. */
  readonly listeners: number;
}

/** Creates a {@link FakeTerminal}; `secrets` are typed one after the other. */
export function createFakeTerminal(options: { env?: Environment; secrets?: readonly string[] } = {}): FakeTerminal {
  const written = { stdout: '', stderr: '' };
  const exits: number[] = [];
  const secrets = [...(options.secrets ?? [])];
  const listeners = new Set<(signal: EndSignal) => void>();
  return {
    env: options.env ?? {},
    isInteractive: false,
    out: (text) => {
      written.stdout += `${text}\n`;
    },
    err: (text) => {
      written.stderr += `${text}\n`;
    },
    readSecret: async () => secrets.shift() ?? '',
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit: (code) => void exits.push(code),
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    exits,
    signal: (signal) => {
      for (const listener of listeners) listener(signal);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
