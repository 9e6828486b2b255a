import { expect, test } from 'vitest';
import { type AppliedMigration, checksumOf, type Migration, pendingMigrations } from './migration.ts';
import { postgresMigrations } from './postgres.ts';
import { sqliteMigrations } from './sqlite.ts';

test('migrations count from 1 without a gap, and none leaves older code behind that a later one takes back', () => {
  for (const migrations of [sqliteMigrations, postgresMigrations]) {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
    const compatible = migrations.map(({ compatibleWith }) => compatibleWith);
    expect(compatible).toEqual(compatible.toSorted((left, right) => left - right));
    expect(migrations.every(({ version, compatibleWith }) => compatibleWith >= 1 && compatibleWith <= version)).toBe(
      true,
    );
  }
});

const known = [1, 2, 3].map(
  (version): Migration => ({ version, name: `step-${version}`, sql: `SELECT ${version}`, compatibleWith: 1 }),
);

function applied(versions: readonly number[], overrides: Partial<AppliedMigration> = {}): AppliedMigration[] {
  return versions.map((version) => ({
    version,
    name: `step-${version}`,
    checksum: checksumOf({ sql: `SELECT ${version}` }),
    compatibleWith: 1,
    ...overrides,
  }));
}

test('only what a database lacks is run, in order', () => {
  expect(pendingMigrations(known, applied([1])).map(({ version }) => version)).toEqual([2, 3]);
  expect(pendingMigrations(known, []).map(({ version }) => version)).toEqual([1, 2, 3]);
  expect(pendingMigrations(known, applied([1, 2, 3]))).toEqual([]);
});

test('a newer schema is accepted exactly when it says that this code works on it', () => {
  const newer = (compatibleWith: number) => [...applied([1, 2, 3]), ...applied([4, 5], { compatibleWith })];
  expect(pendingMigrations(known, newer(3))).toEqual([]);
  expect(() => pendingMigrations(known, newer(4))).toThrow(
    'its schema has migration 4 (step-4) of a newer version of Tessera, which works only with code of schema 4 or later; ' +
      'this is code of schema 3',
  );
});

test('a step that differs, or one that was left out, is refused by its name', () => {
  expect(() => pendingMigrations(known, applied([1, 2], { checksum: 'x' }))).toThrow('migration 1 (step-1) differs');
  expect(() => pendingMigrations(known, applied([1, 3]))).toThrow('lacks migration 2 (step-2) but has migration 3');
});
