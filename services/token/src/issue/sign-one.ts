import type { Keys, TokenToSign } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';

/** Signs one token that is an answer by itself. Rejects with the TesseraError of the signer. */
export async function signOne(keys: Pick<Keys, 'sign'>, token: TokenToSign): Promise<string> {
  const [signed] = await keys.sign([token]);
  if (signed === undefined) throw signedShort();
  return signed;
}

/** The signer answered with fewer tokens than it was given, which it never does. */
export function signedShort(): TesseraError {
  return new TesseraError({ kind: 'internal', code: 'token.signed_short', message: 'the signer left out a token' });
}
