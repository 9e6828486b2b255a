import { createHash } from 'node:crypto';
import { sourceNetwork } from './source-network.ts';

/** Somebody who types a name and a password, on the page or through a client. */
export interface PasswordGuess {
  readonly connectorId: string;
  /** As it was typed. */
  readonly username: string;
  /** Where it came from, as far as the trusted proxies tell. */
  readonly remoteAddress: string;
}

/** How guesses are counted. */
export interface PasswordGuessCounter {
  /** Tells neither the name nor the address. */
  readonly key: string;
  /** Most guesses within a window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** Wrong passwords in a row that are looked at (NIST SP 800-63B §5.2.2). */
export const PASSWORD_GUESSES = 100;
/** One hour. */
const PASSWORD_GUESS_WINDOW_SECONDS = 3_600;

/**
 * By what passwords that are tried for one name from one source are counted before they are looked at (N63), the same for the
 * page and for the grant `password`, and for every client: whoever guesses has no second counter. What was counted is forgotten
 * when the right one comes. A name is not locked for those who come from elsewhere (N64). Spellings that a directory takes
 * for one name (RFC 4518 §2) are one.
 */
export function passwordGuessCounter({ connectorId, username, remoteAddress }: PasswordGuess): PasswordGuessCounter {
  const who = [connectorId, prepared(username), sourceNetwork(remoteAddress)];
  const hash = createHash('sha256').update(JSON.stringify(who)).digest('base64url');
  return { key: `password:${hash}`, limit: PASSWORD_GUESSES, windowSeconds: PASSWORD_GUESS_WINDOW_SECONDS };
}

/** RFC 4518 §2.2 to §2.6: compatible forms and case are one, what cannot be seen is nothing, and spaces count once. */
function prepared(username: string): string {
  return username
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
    .replace(/[\p{White_Space}\p{Cc}]+/gu, ' ')
    .trim();
}
