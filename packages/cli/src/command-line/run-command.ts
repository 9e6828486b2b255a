import { TesseraError } from '@tessera/errors';
import { commands } from './command-table.ts';
import { CommandFailure } from './failure.ts';
import { commandHelpText, helpText } from './help.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs the command that the arguments name and resolves with the exit code: what the command says, 2 for a mistake of
 * the person's, 1 for anything unforeseen. Failures are told in one message on standard error, never with a stack.
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    terminal.err(helpText());
    return 2;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(command === undefined ? helpText() : commandHelpText(command));
    return 0;
  }
  if (command === undefined) {
    terminal.err(`There is no command ${JSON.stringify(name)}. See: tessera help`);
    return 2;
  }
  return reportFailure(terminal, async () => (await command.load())(rest, terminal));
}

/** Runs `work` and turns a throw into one message and an exit code. */
export async function reportFailure(terminal: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    terminal.err(failureMessage(error));
    if (error instanceof CommandFailure) return error.exitCode;
    return isForPerson(error) ? 2 : 1;
  }
}

function failureMessage(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  if (isForPerson(error)) return `${sentence(error.message)} (${error.code})`;
  return `Tessera stopped unexpectedly: ${error instanceof Error ? error.message : String(error)}`;
}

/** Errors with a code and a message of ours say what to mend; `internal` ones do not. */
function isForPerson(error: unknown): error is TesseraError {
  return error instanceof TesseraError && error.kind !== 'internal';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
