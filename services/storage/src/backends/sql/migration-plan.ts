import { type Migration, pendingMigrations } from '../../migrations/migration.ts';
import { assertSameSchema, type SchemaDescription } from '../../migrations/schema-description.ts';

/** A row of the table of migrations. */
export interface MigrationRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly compatible_with: number;
  /** The schema after it, as JSON; null where another step followed at once. */
  readonly schema_json: string | null;
}

/**
 * The steps a database lacks, in order.
 *
 * @throws Error with a sentence for the operator, see `pendingMigrations`.
 */
export function planMigrations(known: readonly Migration[], rows: readonly MigrationRow[]): Migration[] {
  const applied = rows.map(({ compatible_with: compatibleWith, ...row }) => ({ ...row, compatibleWith }));
  return pendingMigrations(known, applied);
}

/**
 * Compares a schema with what the last migration left, whichever version made that one.
 *
 * @param rows in the order of their versions.
 * @throws Error with a sentence that names each difference.
 */
export function assertSchemaAsLeft(rows: readonly MigrationRow[], actual: SchemaDescription): void {
  const json = rows.findLast(({ schema_json: kept }) => kept !== null)?.schema_json ?? null;
  if (json !== null) assertSameSchema(JSON.parse(json) as SchemaDescription, actual);
}
