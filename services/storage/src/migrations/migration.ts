import { createHash } from 'node:crypto';

/** One step of a schema. Steps are only ever added; one that has run anywhere never changes. */
export interface Migration {
  /** Counts from 1 without a gap. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** A step as the database remembers it. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** SHA-256 of a step, in hex. */
export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql, 'utf8').digest('hex');
}

/**
 * The steps a database still lacks, in order.
 *
 * @throws Error when the database holds a step this version does not know, or knows otherwise.
 */
export function pendingMigrations(known: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  for (const { version, name, checksum } of applied) {
    const migration = known.find((candidate) => candidate.version === version);
    if (migration === undefined) {
      throw new Error(`its schema has migration ${version} (${name}), which a newer version of Tessera made`);
    }
    if (checksumOf(migration) !== checksum) {
      throw new Error(`its migration ${version} (${name}) differs from the one this version of Tessera knows`);
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return known.filter(({ version }) => !done.has(version));
}
