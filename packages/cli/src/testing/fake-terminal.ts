import { Readable, Writable } from 'node:stream';
import type { Environment } from '@tessera/config';
import type { EndSignal, Terminal } from '../command-line/terminal.ts';

/** A terminal that keeps what is written to it. */
export interface FakeTerminal extends Terminal {
  readonly stdout: string;
  readonly stderr: string;
  /** Data written to standard output. */
  readonly outputBytes: Buffer;
  /** Codes of ends that were asked for at once. */
  readonly exits: readonly number[];
  /** Sends a signal to whoever listens. */
  signal(signal: EndSignal): void;
  /** What was asked with {@link Terminal.readLine}. */
  readonly questions: readonly string[];
  /** How many listen for signals. */
  readonly listeners: number;
}

/** What a {@link FakeTerminal} holds. */
export interface FakeTerminalOptions {
  readonly env?: Environment;
  /** Typed one after the other. */
  readonly secrets?: readonly string[];
  /** Typed one after the other where they can be seen. */
  readonly answers?: readonly string[];
  readonly isInteractive?: boolean;
  /** What stands on standard input. */
  readonly input?: Uint8Array;
}

/** Creates a {@link FakeTerminal}. */
export function createFakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  const written = { stdout: '', stderr: '' };
  const data: Buffer[] = [];
  const exits: number[] = [];
  const secrets = [...(options.secrets ?? [])];
  const answers = [...(options.answers ?? [])];
  const questions: string[] = [];
  const listeners = new Set<(signal: EndSignal) => void>();
  return {
    env: options.env ?? {},
    isInteractive: options.isInteractive ?? false,
    input: Readable.from(options.input === undefined ? [] : [options.input]),
    output: new Writable({
      write(chunk: Buffer, _encoding, done) {
        data.push(chunk);
        done();
      },
    }),
    out: (text) => {
      written.stdout += `${text}\n`;
    },
    err: (text) => {
      written.stderr += `${text}\n`;
    },
    readSecret: async () => secrets.shift() ?? '',
    readLine: async (prompt) => {
      questions.push(prompt);
      return answers.shift() ?? '';
    },
    questions,
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
    get outputBytes() {
      return Buffer.concat(data);
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
