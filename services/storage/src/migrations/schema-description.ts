import { SchemaFault } from './schema-fault.ts';

/** An index as the database describes it. */
export interface IndexDescription {
  readonly isUnique: boolean;
  /** Method, columns, condition: whatever tells two indexes apart, without names of schema and table. */
  readonly definition: string;
}

/** A table as the database describes it. */
export interface TableDescription {
  /** By name: type and nullability in one text, e.g. `text not null`. */
  readonly columns: Readonly<Record<string, string>>;
  /** By name; those of primary keys and unique constraints too. */
  readonly indexes: Readonly<Record<string, IndexDescription>>;
}

/**
 * The tables of a schema by name; and its functions by `name(arguments)`, with neither columns nor indexes. Kept as JSON
 * beside the migration that ended in it.
 */
export type SchemaDescription = Readonly<Record<string, TableDescription>>;

/**
 * What an actual schema has otherwise than expected, a clause for each difference (`column tessera_grants.terms is missing`).
 * Further tables and further indexes that are not unique are nobody's concern.
 */
export function schemaDifferences(expected: SchemaDescription, actual: SchemaDescription): string[] {
  return Object.entries(expected).flatMap(([table, description]) => {
    const found = actual[table];
    if (found === undefined) return [`${table.endsWith(')') ? 'function' : 'table'} ${table} is missing`];
    return [...columnDifferences(table, description, found), ...indexDifferences(table, description, found)];
  });
}

function columnDifferences(table: string, expected: TableDescription, actual: TableDescription): string[] {
  const missingOrChanged = Object.entries(expected.columns).flatMap(([name, type]) => {
    const found = actual.columns[name];
    if (found === undefined) return [`column ${table}.${name} is missing`];
    return found === type ? [] : [`column ${table}.${name} is ${found} instead of ${type}`];
  });
  const added = Object.keys(actual.columns).filter((name) => expected.columns[name] === undefined);
  return [...missingOrChanged, ...added.map((name) => `column ${table}.${name} was added`)];
}

function indexDifferences(table: string, expected: TableDescription, actual: TableDescription): string[] {
  const missingOrChanged = Object.entries(expected.indexes).flatMap(([name, index]) => {
    const found = actual.indexes[name];
    if (found === undefined) return [`index ${name} on ${table} is missing`];
    return textOf(found) === textOf(index)
      ? []
      : [`index ${name} on ${table} is "${textOf(found)}" instead of "${textOf(index)}"`];
  });
  const added = Object.entries(actual.indexes)
    .filter(([name, { isUnique }]) => isUnique && expected.indexes[name] === undefined)
    .map(([name]) => `unique index ${name} on ${table} was added`);
  return [...missingOrChanged, ...added];
}

function textOf({ isUnique, definition }: IndexDescription): string {
  return isUnique ? `unique ${definition}` : definition;
}

/**
 * Refuses a schema that was changed by hand.
 *
 * @throws SchemaFault with a sentence that names each difference.
 */
export function assertSameSchema(expected: SchemaDescription, actual: SchemaDescription): void {
  const differences = schemaDifferences(expected, actual);
  if (differences.length > 0) {
    throw new SchemaFault(`its schema is not as the migrations left it: ${differences.join(', ')}`);
  }
}
