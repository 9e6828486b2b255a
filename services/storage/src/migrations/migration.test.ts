import { expect, test } from 'vitest';
import { checksumOf, pendingMigrations } from './migration.ts';
import { postgresMigrations } from './postgres.ts';
import { sqliteMigrations } from './sqlite.ts';

test('migrations count from 1 without a gap', () => {
  for (const migrations of [sqliteMigrations, postgresMigrations]) {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  }
});

test('only what a database lacks is run, in order', () => {
  const known = [1, 2, 3].map((version) => ({ version, name: `step-${version}`, sql: `SELECT ${version}` }));
  const applied = known.slice(0, 1).map((migration) => ({ ...migration, checksum: checksumOf(migration) }));
  expect(pendingMigrations(known, applied).map(({ version }) => version)).toEqual([2, 3]);
  expect(pendingMigrations(known, []).map(({ version }) => version)).toEqual([1, 2, 3]);
});
