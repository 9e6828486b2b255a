/** What a trigger of a retired store says. */
export const RETIRED_MESSAGE = 'storage.retired';

/** A trigger that refuses one kind of change of one table. */
export interface RetirementTrigger {
  readonly name: string;
  readonly table: string;
  readonly change: 'INSERT' | 'UPDATE' | 'DELETE';
  /** What it refuses, in SQL; the rest passes. */
  readonly condition: string;
}

/**
 * The triggers of a retired store: on every change of grants and of records, by whomever. Leases stay writable: what waits in
 * the outbox is sent on under them.
 */
export function retirementTriggers(tablePrefix: string): readonly RetirementTrigger[] {
  return ['grants', 'records'].flatMap((name) =>
    (['INSERT', 'UPDATE', 'DELETE'] as const).map((change) => {
      const table = `${tablePrefix}${name}`;
      const row = change === 'DELETE' ? 'OLD' : 'NEW';
      const condition = name === 'records' ? `${row}.kind <> 'lease'` : '1 = 1';
      return { name: `${table}_retired_${change.toLowerCase()}`, table, change, condition };
    }),
  );
}
