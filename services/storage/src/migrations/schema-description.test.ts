import { expect, test } from 'vitest';
import {
  assertSameSchema,
  type SchemaDescription,
  schemaDifferences,
  type TableDescription,
} from './schema-description.ts';

const table: TableDescription = {
  columns: { id: 'uuid not null', note: 'text' },
  indexes: {
    t_pkey: { isUnique: true, definition: 'btree (id)' },
    t_note: { isUnique: false, definition: 'btree (note)' },
  },
};
const expected: SchemaDescription = { t: table };

test('a schema as it was left has no differences, in whatever order it is described', () => {
  const columns = Object.fromEntries(Object.entries(table.columns).toReversed());
  expect(schemaDifferences(expected, { t: { ...table, columns } })).toEqual([]);
  expect(() => assertSameSchema(expected, expected)).not.toThrow();
});

test('every difference is named', () => {
  const actual: SchemaDescription = {
    t: {
      columns: { id: 'text not null', other: 'text' },
      indexes: {
        t_pkey: { isUnique: false, definition: 'btree (id)' },
        u: { isUnique: true, definition: 'btree (other)' },
      },
    },
  };
  expect(schemaDifferences(expected, actual)).toEqual([
    'column t.id is text not null instead of uuid not null',
    'column t.note is missing',
    'column t.other was added',
    'index t_pkey on t is "btree (id)" instead of "unique btree (id)"',
    'index t_note on t is missing',
    'unique index u on t was added',
  ]);
  expect(schemaDifferences(expected, {})).toEqual(['table t is missing']);
  expect(() => assertSameSchema(expected, {})).toThrow(
    'its schema is not as the migrations left it: table t is missing',
  );
});

test('further tables and plain indexes are nobody’s concern', () => {
  const indexes = { ...table.indexes, mine: { isUnique: false, definition: 'btree (note, id)' } };
  expect(schemaDifferences(expected, { t: { ...table, indexes }, other: table })).toEqual([]);
});
