/** A value of a statement. */
export type StatementValue = string | number | Uint8Array | null;

/**
 * A value as it is sent. Numbers go as text: the client would send them as DOUBLE, which MySQL takes for no LIMIT and which
 * says less than a BIGINT.
 */
export function sentValue(value: StatementValue): string | Buffer | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Parameters for a part of a statement that is repeated for each item of a batch. */
export interface Repeated {
  /** The parts joined. */
  readonly sql: string;
  readonly values: readonly StatementValue[];
}

/**
 * Repeats `part` for each item, and the last one once more until their number is a power of two: so the server meets few
 * different statements and each connection keeps them prepared. Only for parts that mean the same when one stands twice.
 *
 * @param items at least one.
 */
export function repeated(part: string, separator: string, items: readonly (readonly StatementValue[])[]): Repeated {
  const last = items.at(-1);
  if (last === undefined) throw new Error('a statement for an empty batch');
  const count = 2 ** Math.ceil(Math.log2(items.length));
  const padded = [...items, ...Array.from({ length: count - items.length }, () => last)];
  return { sql: padded.map(() => part).join(separator), values: padded.flat() };
}

/** `column IN (?, …)` */
export function within(column: string, values: readonly StatementValue[]): Repeated {
  const list = repeated(
    '?',
    ', ',
    values.map((value) => [value]),
  );
  return { sql: `${column} IN (${list.sql})`, values: list.values };
}

/** `(?, …), (?, …)` of rows that have one width, at least one row. */
export function tuples(rows: readonly (readonly StatementValue[])[]): Repeated {
  const width = rows[0]?.length ?? 0;
  return repeated(`(${Array.from({ length: width }, () => '?').join(', ')})`, ', ', rows);
}
