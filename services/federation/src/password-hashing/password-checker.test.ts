import { hash as hashArgon2 } from '@node-rs/argon2';
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import { beforeAll, expect, test } from 'vitest';
import type { HashPool } from './hash-pool.ts';
import { createPasswordChecker, dummyParameters } from './password-checker.ts';
import { dummyHash, parseStoredHash } from './stored-hash.ts';

let bcryptHash: string;
let argon2Hash: string;
beforeAll(async () => {
  bcryptHash = await hashBcrypt('correct horse', 4);
  argon2Hash = await hashArgon2('correct horse', { memoryCost: 64, timeCost: 1 });
});

function createCountingPool(): HashPool & { runs: number } {
  const pool = {
    runs: 0,
    run<T>(work: () => Promise<T>) {
      pool.runs += 1;
      return work();
    },
  };
  return pool;
}

function check(password: string, storedHash: string | undefined, pool = createCountingPool()) {
  return createPasswordChecker(pool, { configuredHashes: [], canBeStored: false }).check({
    password,
    storedHash,
    username: 'jane@example.com',
  });
}

test('bcrypt and Argon2id hashes are told by their prefix, and only the password fits', async () => {
  for (const hash of [bcryptHash, argon2Hash]) {
    expect(await check('correct horse', hash)).toBe(true);
    expect(await check('correct horse ', hash)).toBe(false);
  }
});

test('N62: an unknown name costs one hash as well, and no password fits it', async () => {
  const pool = createCountingPool();
  expect(await check('correct horse', undefined, pool)).toBe(false);
  expect(pool.runs).toBe(1);
});

test('N62: the dummy hash has the kind and cost of the stored ones and takes as long', async () => {
  for (const hash of [bcryptHash, argon2Hash]) {
    const parameters = parseStoredHash(hash);
    if (parameters === undefined) throw new Error('the hash was not understood');
    expect(parseStoredHash(dummyHash(parameters))).toEqual(parameters);
  }
  const costly = await hashBcrypt('correct horse', 9);
  const checker = createPasswordChecker(createCountingPool(), { configuredHashes: [costly], canBeStored: false });
  const measure = async (storedHash: string | undefined) => {
    const start = performance.now();
    await checker.check({ password: 'wrong', storedHash, username: 'x' });
    return performance.now() - start;
  };
  // The shortest of several rounds is the work alone, without what else the machine does.
  let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 8; round += 1) {
    known = Math.min(known, await measure(costly));
    unknown = Math.min(unknown, await measure(undefined));
  }
  expect(unknown).toBeGreaterThan(known * 0.5);
  expect(unknown).toBeLessThan(known * 2);
});

test('N62: unknown names cost what stored people cost, also where the configuration names people with other hashes', async () => {
  // What `tessera users` makes.
  const stored = parseStoredHash(await hashArgon2('x', { memoryCost: 19_456, timeCost: 2, parallelism: 1 }));
  const configured = parseStoredHash(bcryptHash);
  const dummies = (configuredHashes: readonly string[], canBeStored: boolean) =>
    dummyParameters({ configuredHashes, canBeStored });
  expect(dummies([], true)).toEqual([stored]);
  expect(dummies([bcryptHash, bcryptHash], true)).toEqual([configured, stored]);
  expect(dummies([bcryptHash], false), 'nobody can be stored').toEqual([configured]);
  expect(dummies([], false)).toEqual([stored]);
});

test('N88: a password longer than 72 bytes never fits bcrypt, whose hash ignores the tail', async () => {
  const long = 'a'.repeat(72);
  const hash = await hashBcrypt(long, 4);
  const pool = createCountingPool();
  expect(await check(long, hash)).toBe(true);
  expect(await check(`${long}b`, hash, pool)).toBe(false);
  expect(pool.runs).toBe(1);
  expect(await check('ä'.repeat(37), await hashBcrypt('ä'.repeat(36), 4))).toBe(false);
});

test('N88: a NUL byte cannot hide a tail from bcrypt', async () => {
  expect(await check('correct horse\0anything', bcryptHash)).toBe(false);
});

test('N88: Argon2id takes up to 512 bytes; more, or none, are refused without hashing', async () => {
  const longest = 'ä'.repeat(256);
  const hash = await hashArgon2(longest, { memoryCost: 64, timeCost: 1 });
  expect(await check(longest, hash)).toBe(true);
  const pool = createCountingPool();
  expect(await check(`${longest}a`, hash, pool)).toBe(false);
  expect(await check('', hash, pool)).toBe(false);
  expect(pool.runs).toBe(0);
});

test('A stored hash of another kind is an error of the operator, and the message does not show it', async () => {
  await expect(check('x', '{SSHA}canary')).rejects.toMatchObject({ kind: 'internal' });
  await expect(check('x', '{SSHA}canary')).rejects.not.toThrow('canary');
  expect(parseStoredHash('$2b$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDEFGHIJ')).toBeUndefined();
});
