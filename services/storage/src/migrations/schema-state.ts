import type { Migration } from './migration.ts';

/** A step of a schema by its number and name. */
export type SchemaStep = Pick<Migration, 'version' | 'name'>;

/** How it stands with the schema of a store. */
export interface SchemaState {
  /** How many steps were applied before; 0 = there is nothing of ours yet. */
  readonly applied: number;
  /** The steps it lacks, in order. */
  readonly pending: readonly SchemaStep[];
}

/**
 * The schema of a durable store, without the store. Calls reject with a TesseraError: `unavailable` when the database does
 * not answer, `storage.cannot_open` when this version does not work on its schema, or the schema was changed by hand.
 */
export interface StoreSchema {
  /** Looks, and changes nothing. */
  check(): Promise<SchemaState>;
  /** Applies the steps that are missing, under the lock of the service's start, and says which these were. */
  migrate(): Promise<readonly SchemaStep[]>;
  close(): Promise<void>;
}
