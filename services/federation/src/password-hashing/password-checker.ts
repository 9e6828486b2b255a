import { createHash, createHmac } from 'node:crypto';
import { verify as verifyArgon2 } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { upstreamMisconfigured } from '../sign-in-errors.ts';
import type { HashPool } from './hash-pool.ts';
import { dummyHash, type HashParameters, parseStoredHash } from './stored-hash.ts';

/** Longest password that is looked at, in bytes of UTF-8. */
const MAX_PASSWORD_BYTES = 512;
/** bcrypt reads no further, so that everything behind would count as nothing. */
const MAX_BCRYPT_BYTES = 72;

/** A password to compare with a stored hash. */
export interface PasswordCheck {
  readonly password: string;
  /** Undefined when nobody has this name. */
  readonly storedHash: string | undefined;
  /** What was typed; chooses which dummy hash an unknown name costs. */
  readonly username: string;
}

/** Compares passwords with hashes. */
export interface PasswordChecker {
  /** Whether it is the password. Takes as long when there is no hash to compare with. */
  check(check: PasswordCheck): Promise<boolean>;
}

const usualParameters: HashParameters = { kind: 'bcrypt', cost: 10 };

/**
 * A checker whose dummy hashes are of the kinds and costs in `knownHashes` (the configuration's people): which one an
 * unknown name costs depends on the name and the hashes alone, so it is the same each time and in each replica.
 */
export function createPasswordChecker(pool: HashPool, knownHashes: readonly string[]): PasswordChecker {
  const parameters = knownHashes.flatMap((hash) => parseStoredHash(hash) ?? []);
  const dummies = (parameters.length > 0 ? parameters : [usualParameters]).map(dummyHash);
  const key = createHash('sha256').update(JSON.stringify(knownHashes)).digest();

  const dummyFor = (username: string): string => {
    const choice = createHmac('sha256', key).update(username.toLowerCase()).digest().readUInt32BE(0);
    return dummies[choice % dummies.length] ?? dummyHash(usualParameters);
  };

  return {
    async check({ password, storedHash, username }) {
      const bytes = Buffer.from(password, 'utf8');
      if (bytes.length === 0 || bytes.length > MAX_PASSWORD_BYTES) return false;
      const hash = storedHash ?? dummyFor(username);
      const stored = parseStoredHash(hash);
      if (stored === undefined) throw upstreamMisconfigured('a stored password hash is neither bcrypt nor Argon2id');
      const isGenuine = await pool.run(() => verify(stored, hash, bytes));
      return isGenuine && storedHash !== undefined;
    },
  };
}

async function verify(stored: HashParameters, hash: string, password: Buffer): Promise<boolean> {
  if (stored.kind === 'argon2id') return verifyArgon2(hash, password);
  // A NUL byte ends the password for many implementations of bcrypt, so it hides a tail as well.
  const hasHiddenTail = password.length > MAX_BCRYPT_BYTES || password.includes(0);
  const isGenuine = await verifyBcrypt(password.subarray(0, MAX_BCRYPT_BYTES), hash);
  return isGenuine && !hasHiddenTail;
}
