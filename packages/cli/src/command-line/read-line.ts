import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/** A line longer than this was not typed by a person. */
const MAX_CHARACTERS = 4096;

/** Standard input, which may be a keyboard. */
type Input = Readable & { readonly isTTY?: boolean };

/**
 * Reads one line. At a keyboard the prompt is shown and what is typed is not; from a pipe the first line is taken as it
 * is. The text is empty when the input ends before.
 */
export async function readSecretLine(prompt: string, input: Input, output: Writable): Promise<string> {
  const isKeyboard = input.isTTY === true;
  if (isKeyboard) output.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = await readOneLine(input, silent);
  if (isKeyboard) output.write('\n');
  return line;
}

/** The same for what may be seen while it is typed. */
export async function readPlainLine(prompt: string, input: Input, output: Writable): Promise<string> {
  if (input.isTTY === true) output.write(prompt);
  return readOneLine(input, output);
}

async function readOneLine(input: Input, echo: Writable): Promise<string> {
  const lines = createInterface({ input, output: echo, terminal: input.isTTY === true });
  const line = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return line.slice(0, MAX_CHARACTERS);
}
