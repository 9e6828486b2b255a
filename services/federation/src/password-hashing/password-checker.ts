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

/** What people are stored with (`tessera users`). */
const storedPeople: HashParameters = { kind: 'argon2id', memoryKib: 19_456, passes: 2, lanes: 1 };

/** Whom a checker may meet. */
export interface KnownPeople {
  /** Hashes of the configuration's people. */
  readonly configuredHashes: readonly string[];
  /** Whether others may stand in the database. */
  readonly canBeStored: boolean;
}

/**
 * What unknown names may cost, each kind once (N62): what the configuration's people cost, and what stored people do where
 * there can be any. Were one kind left out, a name that costs it would be known to be somebody's.
 */
export function dummyParameters({ configuredHashes, canBeStored }: KnownPeople): readonly HashParameters[] {
  const configured = configuredHashes.flatMap((hash) => parseStoredHash(hash) ?? []);
  const all = canBeStored || configured.length === 0 ? [...configured, storedPeople] : configured;
  return [...new Map(all.map((parameters) => [dummyHash(parameters), parameters])).values()];
}

/**
 * A checker whose dummy hashes have {@link dummyParameters}: which one an unknown name costs depends on the name and the
 * configured hashes alone, so it is the same each time and in each replica.
 */
export function createPasswordChecker(pool: HashPool, people: KnownPeople): PasswordChecker {
  const dummies = dummyParameters(people).map(dummyHash);
  // Whoever could foresee the choice could tell an unknown name by it.
  const key = createHash('sha256').update(JSON.stringify(people.configuredHashes)).digest();

  const dummyFor = (username: string): string => {
    const choice = createHmac('sha256', key).update(username.toLowerCase()).digest().readUInt32BE(0);
    return dummies[choice % dummies.length] ?? dummyHash(storedPeople);
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
