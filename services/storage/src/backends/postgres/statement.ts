import { TesseraError } from '@tessera/errors';

/** A statement, prepared once per connection. */
export interface Statement {
  /** What it does; observers are told this. */
  readonly name: string;
  /** Tells texts of one name apart. */
  readonly variant?: string;
  readonly text: string;
}

/** Under which name a statement is prepared. */
export function preparedName({ name, variant }: Statement): string {
  return variant === undefined ? name : `${name}_${variant}`;
}

/** A column of the items a statement takes: one array parameter of it. */
export interface ItemColumn<T> {
  readonly name: string;
  /** The type of one value, e.g. `text`. */
  readonly type: string;
  /** The value of an item, as the client encodes it. */
  readonly of: (item: T) => unknown;
}

/** `SELECT` that turns array parameters into the rows `item`; `ordinal` counts them from 1. Parameters from `$first` on. */
export function selectItems<T>(columns: readonly ItemColumn<T>[], first = 1): string {
  const arrays = columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ');
  const names = columns.map(({ name }) => name).join(', ');
  return `SELECT * FROM unnest(${arrays}) WITH ORDINALITY AS item(${names}, ordinal)`;
}

/** The parameters for {@link selectItems}. */
export function itemArrays<T>(columns: readonly ItemColumn<T>[], items: readonly T[]): unknown[][] {
  return columns.map(({ of }) => items.map(of));
}

/** A moment as a parameter. */
export function moment(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}

/** The only row a statement has to give. */
export function onlyRow<R>(rows: readonly R[]): R {
  const [row] = rows;
  if (row === undefined) {
    throw new TesseraError({ kind: 'internal', code: 'internal.unexpected', message: 'a statement gave no row' });
  }
  return row;
}
