import { createHash } from 'node:crypto';
import { SchemaFault } from './schema-fault.ts';

/** One step of a schema. Steps are only ever added; one that has run anywhere never changes. */
export interface Migration {
  /** Counts from 1 without a gap. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** The lowest version whose code still works on the schema after this step; its own when no older code does. */
  readonly compatibleWith: number;
}

/** A step as the database remembers it. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly compatibleWith: number;
}

/** SHA-256 of a step, in hex. */
export function checksumOf(migration: Pick<Migration, 'sql'>): string {
  return createHash('sha256').update(migration.sql, 'utf8').digest('hex');
}

/**
 * The steps a database still lacks, in order; none when it has a newer schema that says that this code works on it.
 *
 * @throws SchemaFault with a sentence for the operator, when the database holds a step otherwise than this version knows it, lacks
 *   one before its last, or has a newer schema that this code does not work on.
 */
export function pendingMigrations(known: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const newest = Math.max(0, ...known.map(({ version }) => version));
  const reached = Math.max(0, ...applied.map(({ version }) => version));
  for (const { version, name, checksum, compatibleWith } of applied) {
    const migration = known.find((candidate) => candidate.version === version);
    if (migration === undefined && compatibleWith > newest) {
      throw new SchemaFault(
        `its schema has migration ${version} (${name}) of a newer version of Tessera, which works only with code of ` +
          `schema ${compatibleWith} or later; this is code of schema ${newest}`,
      );
    }
    if (migration !== undefined && checksumOf(migration) !== checksum) {
      throw new SchemaFault(`its migration ${version} (${name}) differs from the one this version of Tessera knows`);
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  const pending = known.filter(({ version }) => !done.has(version));
  const skipped = pending.find(({ version }) => version < reached);
  if (skipped !== undefined) {
    throw new SchemaFault(
      `its schema lacks migration ${skipped.version} (${skipped.name}) but has migration ${reached}`,
    );
  }
  return pending;
}
