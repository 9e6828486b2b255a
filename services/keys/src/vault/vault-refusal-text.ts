import { parseJsonObject } from '@tessera/egress';

const MAX_CHARACTERS = 200;

/** Whatever could be a token, a key, a plaintext or a ciphertext: a long run without a space. */
const LONG_RUN = /[A-Za-z0-9+/=_.:-]{24,}/g;

/**
 * What a server says about a refusal (`errors`), fit for a log: printable, short, and without anything long in it that is no
 * sentence. Undefined when it says nothing, an empty list of errors included.
 */
export function refusalText(body: string): string | undefined {
  const errors = parseJsonObject(body)?.['errors'];
  if (!Array.isArray(errors)) return undefined;
  const said = errors.filter((error): error is string => typeof error === 'string').join('; ');
  const printable = said
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(LONG_RUN, '…')
    .trim();
  return printable === '' ? undefined : printable.slice(0, MAX_CHARACTERS);
}

/** Whether a server says that there is nothing: 404 with an empty list of errors, unlike a path that it does not know. */
export function isNothingThere(status: number, body: string): boolean {
  const errors = parseJsonObject(body)?.['errors'];
  return status === 404 && Array.isArray(errors) && errors.length === 0;
}
