import { open } from 'node:fs/promises';
import { CommandFailure } from '../command-line/failure.ts';
import { fileFault, systemErrorCode } from '../command-line/file-fault.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { STANDARD_STREAM } from './output-file.ts';

/** The bytes of a file, or of standard input (`-`). Throws CommandFailure when it cannot be read. */
export async function* readInput(file: string, terminal: Terminal): AsyncGenerator<Uint8Array> {
  try {
    if (file === STANDARD_STREAM) {
      yield* terminal.input as AsyncIterable<Uint8Array>;
      return;
    }
    const handle = await open(file, 'r');
    yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new CommandFailure(`${file === STANDARD_STREAM ? 'Standard input' : file} ${fileFault(error)}.`, {
      cause: error,
    });
  }
}
