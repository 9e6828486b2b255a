import type { PoolClient } from 'pg';
import type { IndexDescription, SchemaDescription, TableDescription } from '../../migrations/schema-description.ts';

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly description: string;
}

interface IndexRow {
  readonly table: string;
  readonly name: string;
  readonly is_unique: boolean;
  readonly definition: string;
}

/** The tables whose names begin with `tessera_`, in the schema that new tables go to. */
const OUR_TABLES = `c.relname LIKE 'tessera\\_%' AND c.relname <> 'tessera_schema_migrations' AND c.relkind IN ('r', 'p')
  AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('tessera_schema_migrations'))`;

const COLUMNS = `
SELECT c.relname AS table, a.attname AS name, concat(format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || quote_ident(l.collname) END,
  CASE WHEN a.attnotnull THEN ' not null' END,
  CASE WHEN a.attidentity <> '' THEN ' identity' END,
  CASE WHEN a.attgenerated <> '' THEN ' generated' END) AS description
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE ${OUR_TABLES} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attname`;

/** What stands before `USING` are names; an index that is still being built, or failed to be, is none. */
const INDEXES = `
SELECT c.relname AS table, i.relname AS name, x.indisunique AS is_unique,
  regexp_replace(pg_get_indexdef(x.indexrelid), '^.*? USING ', '') AS definition
FROM pg_class c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
WHERE ${OUR_TABLES} AND x.indisvalid
ORDER BY c.relname, i.relname`;

/** Those that statements call; the one that retires a store comes and goes. */
const FUNCTIONS = `
SELECT format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name FROM pg_proc p
WHERE p.proname LIKE 'tessera\\_%' AND p.proname <> 'tessera_refuse_change'
  AND p.pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('tessera_schema_migrations'))
ORDER BY 1`;

/** Reads the present schema from the catalog. */
export async function describeSchema(client: PoolClient): Promise<SchemaDescription> {
  const columns = await client.query<ColumnRow>(COLUMNS);
  const indexes = await client.query<IndexRow>(INDEXES);
  const functions = await client.query<{ readonly name: string }>(FUNCTIONS);
  const tables = new Set(columns.rows.map(({ table }) => table));
  return Object.fromEntries([
    ...[...tables].map((table) => [table, describeTable(table, columns.rows, indexes.rows)] as const),
    ...functions.rows.map(({ name }) => [name, { columns: {}, indexes: {} }] as const),
  ]);
}

function describeTable(name: string, columns: readonly ColumnRow[], indexes: readonly IndexRow[]): TableDescription {
  const own = <R extends { readonly table: string }>(rows: readonly R[]) => rows.filter(({ table }) => table === name);
  const describeIndex = ({ is_unique: isUnique, definition }: IndexRow): IndexDescription => ({ isUnique, definition });
  return {
    columns: Object.fromEntries(own(columns).map((row) => [row.name, row.description])),
    indexes: Object.fromEntries(own(indexes).map((row) => [row.name, describeIndex(row)])),
  };
}
