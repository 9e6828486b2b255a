import { CKF, CKR, CKU_USER } from './cryptoki.ts';
import { Pkcs11Failure, returnValueOf, toFailure } from './failure.ts';
import type { Cryptoki, Handle } from './pkcs11js.ts';

/** What is looked for, and how to log in. */
export interface TokenAccess {
  readonly tokenLabel: string;
  readonly pin: string;
}

/** A token that is logged in to. */
export interface Token {
  readonly slot: Handle;
  /** A session that stays open and is used for nothing, as a token logs out with its last session. */
  readonly anchor: Handle;
  /** Most further sessions that the token allows; undefined where it does not say. */
  readonly maxSessions: number | undefined;
}

interface FoundToken {
  readonly slot: Handle;
  readonly flags: number;
  readonly maxSessionCount: number;
}

const MAX_LISTED = 8;
/** CK_UNAVAILABLE_INFORMATION is the largest number there is, of 32 or 64 bits. */
const UNSAID = 0x7fff_ffff;

/**
 * Finds a token by its label and logs in, by one try. Throws `pin` when the PIN is refused, and without a try when the token
 * says that it is locked or that only one try is left: the last one is a person's. Throws `unavailable` when no such token is
 * there, and `refused` when there are several.
 */
export function openToken(library: Cryptoki, access: TokenAccess): Token {
  const { slot, flags, maxSessionCount } = findToken(library, access.tokenLabel);
  const name = `the token ${access.tokenLabel}`;
  try {
    const anchor = library.C_OpenSession(slot, CKF.SERIAL_SESSION);
    if ((flags & CKF.LOGIN_REQUIRED) !== 0) logIn(library, anchor, flags, access);
    const isLimited = maxSessionCount > 0 && maxSessionCount < UNSAID;
    return { slot, anchor, maxSessions: isLimited ? Math.max(1, maxSessionCount - 1) : undefined };
  } catch (error) {
    throw toFailure(`to open a session with ${name}`, error);
  }
}

function findToken(library: Cryptoki, tokenLabel: string): FoundToken {
  const tokens = listTokens(library);
  const [found, ...more] = tokens.filter(({ label }) => label === tokenLabel);
  if (found === undefined) {
    const others = tokens.flatMap(({ label }) => (label === '' ? [] : label)).slice(0, MAX_LISTED);
    const there = others.length === 0 ? 'none is' : `there are ${others.join(', ')}`;
    throw new Pkcs11Failure('unavailable', `no token with the label ${tokenLabel} is there; of others ${there}`);
  }
  if (more.length > 0) throw new Pkcs11Failure('refused', `several tokens have the label ${tokenLabel}`);
  return found;
}

function listTokens(library: Cryptoki): readonly (FoundToken & { readonly label: string })[] {
  try {
    return library.C_GetSlotList(true).flatMap((slot) => {
      try {
        const { label, flags, maxSessionCount } = library.C_GetTokenInfo(slot);
        return [{ slot, label: label.trimEnd(), flags, maxSessionCount }];
      } catch {
        // One token that does not answer is no reason not to use another.
        return [];
      }
    });
  } catch (error) {
    throw toFailure('to list the tokens', error);
  }
}

function logIn(library: Cryptoki, session: Handle, flags: number, { tokenLabel, pin }: TokenAccess): void {
  const refuse = (reason: string): Pkcs11Failure =>
    new Pkcs11Failure('pin', `the PIN of the token ${tokenLabel} ${reason}`);
  if ((flags & CKF.USER_PIN_INITIALIZED) === 0) throw refuse('has not been set');
  if ((flags & CKF.USER_PIN_LOCKED) !== 0) throw refuse('is locked; the security officer can unlock it');
  if ((flags & CKF.USER_PIN_FINAL_TRY) !== 0) {
    throw refuse('was wrong so often that one try is left, which is not made from here: log in by hand first');
  }
  try {
    library.C_Login(session, CKU_USER, pin);
  } catch (error) {
    const value = returnValueOf(error);
    if (value === CKR.USER_ALREADY_LOGGED_IN) return;
    if (value === CKR.PIN_INCORRECT) throw refuse('is wrong');
    if (value === CKR.PIN_LOCKED) throw refuse('is locked; the security officer can unlock it');
    const failure = toFailure(`to log in to the token ${tokenLabel}`, error);
    throw failure.kind === 'pin' ? refuse(`is not accepted: ${failure.message}`) : failure;
  }
}
