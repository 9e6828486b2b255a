import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/** A password longer than this was not typed by a person. */
const MAX_CHARACTERS = 4096;

/**
 * Reads one line. At a keyboard the prompt is shown and what is typed is not; from a pipe the first line is taken as it
 * is. The text is empty when the input ends before.
 */
export async function readSecretLine(
  prompt: string,
  input: Readable & { readonly isTTY?: boolean },
  output: Writable,
): Promise<string> {
  const isKeyboard = input.isTTY === true;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: isKeyboard });
  if (isKeyboard) output.write(prompt);
  const line = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (isKeyboard) output.write('\n');
  return line.slice(0, MAX_CHARACTERS);
}
