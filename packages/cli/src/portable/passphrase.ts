import { readFile } from 'node:fs/promises';
import { CommandFailure } from '../command-line/failure.ts';
import { fileFault } from '../command-line/file-fault.ts';
import type { Terminal } from '../command-line/terminal.ts';

/** Fewer characters than these are found by trying, whatever each try costs. */
const MIN_CHARACTERS = 12;

/** Where the passphrase comes from. */
export interface PassphraseSource {
  readonly terminal: Terminal;
  /** Its first line is the passphrase; undefined = the terminal. */
  readonly file: string | undefined;
}

/** The passphrase of an export that is there. Throws CommandFailure when it is empty or its file cannot be read. */
export async function readPassphrase({ terminal, file }: PassphraseSource): Promise<string> {
  const passphrase = file === undefined ? await terminal.readSecret('Passphrase: ') : await firstLine(file);
  if (passphrase === '') throw new CommandFailure('The passphrase is empty.');
  return passphrase;
}

/** A passphrase for a new export; a person types it twice. Throws CommandFailure for one of fewer than 12 characters, too. */
export async function choosePassphrase(source: PassphraseSource): Promise<string> {
  const passphrase = await readPassphrase(source);
  if (passphrase.length < MIN_CHARACTERS) {
    throw new CommandFailure(`The passphrase is too short: it needs ${MIN_CHARACTERS} characters.`);
  }
  const { terminal, file } = source;
  if (file === undefined && terminal.isInteractive && (await terminal.readSecret('Once more: ')) !== passphrase) {
    throw new CommandFailure('The two passphrases differ.');
  }
  return passphrase;
}

async function firstLine(file: string): Promise<string> {
  try {
    const [line = ''] = (await readFile(file, 'utf8')).split(/\r?\n/, 1);
    return line;
  } catch (error) {
    throw new CommandFailure(`The passphrase file ${file} ${fileFault(error)}.`, { cause: error });
  }
}
