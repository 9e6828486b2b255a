import type { Terminal } from './terminal.ts';

/** What a command does with its arguments; resolves with the exit code, throws CommandFailure. */
export type CommandRun = (args: readonly string[], terminal: Terminal) => Promise<number>;

/** A row of the table of commands. */
export interface Command {
  readonly name: string;
  /** What stands after the name, e.g. `--config FILE`; a list where the command has several forms. */
  readonly usage: string | readonly string[];
  /** One line that says what it does. */
  readonly summary: string;
  /** Loads the code, so that a command costs only what it uses. */
  load(): Promise<CommandRun>;
}
