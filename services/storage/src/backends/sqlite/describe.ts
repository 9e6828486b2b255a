import type { DatabaseSync } from 'node:sqlite';
import type { IndexDescription, SchemaDescription } from '../../migrations/schema-description.ts';

interface NameRow {
  readonly name: string;
}

interface ColumnRow extends NameRow {
  readonly type: string;
  readonly notnull: number;
  /** Place in the primary key, from 1; 0 = not in it. */
  readonly pk: number;
}

interface IndexRow extends NameRow {
  readonly unique: number;
  readonly sql: string | null;
  readonly columns: string;
}

/** The tables of a database as SQLite knows them. */
export function describeSqlite(database: DatabaseSync): SchemaDescription {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all();
  const columns = database.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)');
  const indexes = database.prepare(`
    SELECT l.name, l."unique", s.sql, (SELECT group_concat(i.name, ', ') FROM pragma_index_info(l.name) AS i) AS columns
    FROM pragma_index_list(?) AS l LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name`);
  const description = ({ name }: NameRow) => ({
    columns: Object.fromEntries(
      (columns.all(name) as unknown as ColumnRow[]).map((row) => [row.name, columnText(row)]),
    ),
    indexes: Object.fromEntries((indexes.all(name) as unknown as IndexRow[]).map((row) => [row.name, indexOf(row)])),
  });
  return Object.fromEntries((tables as unknown as NameRow[]).map((table) => [table.name, description(table)]));
}

function columnText({ type, notnull, pk }: ColumnRow): string {
  const key = pk === 0 ? '' : ` primary key ${pk}`;
  return `${type.toLowerCase()}${notnull === 0 ? '' : ' not null'}${key}`;
}

/** A partial index has its condition after WHERE; what SQLite made by itself has no text at all. */
function indexOf({ unique, sql, columns }: IndexRow): IndexDescription {
  const condition = sql === null ? undefined : /\bWHERE\b(.*)$/is.exec(sql)?.[1];
  const where = condition === undefined ? '' : ` where ${condition.trim().replaceAll(/\s+/g, ' ')}`;
  return { isUnique: unique === 1, definition: `(${columns})${where}` };
}
