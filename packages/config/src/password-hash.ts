/** What {@link parsePasswordHash} gives back: the hash in its usual text form, or what is wrong with it. */
export type PasswordHashResult =
  | { readonly ok: true; readonly hash: string }
  | { readonly ok: false; readonly message: string };

const minBcryptCost = 10;
const maxBcryptCost = 16;

/**
 * Checks the hash of a static password: bcrypt (`$2a$`, `$2b$`, `$2y$`; cost 10 to 16), base64 of bcrypt as Dex takes it, or
 * Argon2id as a PHC string (RFC 9106). The message never repeats the hash.
 */
export function parsePasswordHash(text: string): PasswordHashResult {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, message: 'must not be empty' };
  const hash = trimmed.startsWith('$') ? trimmed : decodeBase64(trimmed);
  const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash);
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1]);
    if (cost >= minBcryptCost && cost <= maxBcryptCost) return { ok: true, hash };
    return { ok: false, message: `has bcrypt cost ${cost}; it must be ${minBcryptCost} to ${maxBcryptCost}` };
  }
  if (isArgon2id(hash)) return { ok: true, hash };
  const dollarHint = trimmed.startsWith('$') ? '' : ' (a value with dollar signs needs single quotes in a shell)';
  return { ok: false, message: `must be a bcrypt hash, base64 of one, or an Argon2id PHC string${dollarHint}` };
}

function isArgon2id(hash: string): boolean {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/.exec(hash);
  if (match === null) return false;
  const [memoryKib = 0, passes = 0, lanes = 0] = match.slice(1).map(Number);
  // RFC 9106 §3.1: at least 8 KiB a lane; above a GiB or 100 passes one login would stop the process.
  return lanes >= 1 && memoryKib >= 8 * lanes && memoryKib <= 1_048_576 && passes >= 1 && passes <= 100;
}

function decodeBase64(text: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('latin1') : '';
}
