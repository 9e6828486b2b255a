import type { IndexDescription, SchemaDescription } from '../../migrations/schema-description.ts';
import type { MysqlSession } from './session.ts';

interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly description: string;
}

interface IndexRow {
  readonly table_name: string;
  readonly index_name: string;
  readonly non_unique: number;
  readonly column_list: string;
}

/** Types without the display width, which only some versions of the server show. */
const COLUMNS = `
  SELECT TABLE_NAME AS table_name, COLUMN_NAME AS column_name, LOWER(CONCAT(DATA_TYPE,
    IF(CHARACTER_OCTET_LENGTH IS NULL, '', CONCAT('(', CHARACTER_OCTET_LENGTH, ' bytes)')),
    IF(COLLATION_NAME IS NULL, '', CONCAT(' ', COLLATION_NAME)), IF(IS_NULLABLE = 'NO', ' not null', ''),
    IF(EXTRA LIKE '%auto_increment%', ' auto_increment', ''))) AS description
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'tessera\\\\_%'`;

const INDEXES = `
  SELECT TABLE_NAME AS table_name, INDEX_NAME AS index_name, MIN(NON_UNIQUE) AS non_unique,
    GROUP_CONCAT(CONCAT(COLUMN_NAME, IF(SUB_PART IS NULL, '', CONCAT('(', SUB_PART, ')')))
      ORDER BY SEQ_IN_INDEX SEPARATOR ', ') AS column_list
  FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'tessera\\\\_%'
  GROUP BY TABLE_NAME, INDEX_NAME`;

/** Our tables as the server knows them. */
export async function describeMysql(session: MysqlSession): Promise<SchemaDescription> {
  const columns = await session.rows<ColumnRow>(COLUMNS);
  const indexes = await session.rows<IndexRow>(INDEXES);
  const tables = [...new Set(columns.map(({ table_name: table }) => table))].toSorted();
  return Object.fromEntries(
    tables.map((table) => [
      table,
      {
        columns: Object.fromEntries(
          columns.filter((row) => row.table_name === table).map((row) => [row.column_name, row.description]),
        ),
        indexes: Object.fromEntries(
          indexes.filter((row) => row.table_name === table).map((row) => [row.index_name, indexOf(row)]),
        ),
      },
    ]),
  );
}

function indexOf({ non_unique: nonUnique, column_list: columns }: IndexRow): IndexDescription {
  return { isUnique: Number(nonUnique) === 0, definition: `(${columns})` };
}
