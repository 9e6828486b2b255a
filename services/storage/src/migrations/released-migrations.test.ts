import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checksumOf, type Migration } from './migration.ts';
import { mysqlMigrations } from './mysql.ts';
import { postgresMigrations } from './postgres.ts';
import { sqliteMigrations } from './sqlite.ts';

/** What `.release.json` has of each step, in order. */
interface ReleasedStep {
  readonly name: string;
  readonly compatibleWith: number;
  readonly checksum: string;
}

const { migrations: released } = JSON.parse(
  readFileSync(new URL('../../../../.release.json', import.meta.url), 'utf8'),
) as { readonly migrations: Readonly<Record<string, readonly ReleasedStep[]>> };

const present: Readonly<Record<string, readonly Migration[]>> = {
  postgres: postgresMigrations,
  mysql: mysqlMigrations,
  sqlite: sqliteMigrations,
};

test.each(Object.entries(present))(
  'The released steps of the schema on %s are as they were released',
  (name, steps) => {
    const told = steps.map((step) => ({
      name: step.name,
      compatibleWith: step.compatibleWith,
      checksum: checksumOf(step),
    }));
    const before = released[name] ?? [];
    expect(before.length).toBeGreaterThan(0);
    expect(told.slice(0, before.length)).toEqual(before);
  },
);

test.each(Object.entries(present))(
  'What was added on %s since the release lets the released code go on',
  (name, steps) => {
    const before = released[name]?.length ?? 0;
    for (const step of steps.slice(before)) expect(step.compatibleWith).toBeLessThanOrEqual(before);
  },
);
