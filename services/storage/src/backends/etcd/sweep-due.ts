import { digits, type Prefix } from './keyspace.ts';
import { readPages } from './pages.ts';
import { inChunks } from './parallel.ts';
import type { Compare, KeyValue, RequestOp } from './protocol.ts';
import { isUnchanged } from './steps.ts';
import type { StoreParts } from './store-parts.ts';
import { inSweepTurn } from './sweep-turn.ts';

/** What is due, and how it is removed. */
export interface DueSweep {
  /** Index whose keys begin with the moment. */
  readonly index: Prefix<never>;
  readonly before: Date;
  readonly limit: number;
  /** How many are removed in one transaction, so that it has at most 128 steps. */
  readonly atOnce: number;
  /** Reads what entries of the index are of and is still due. */
  read(entries: readonly KeyValue[]): Promise<readonly DueItem[]>;
}

/** Something to remove. */
export interface DueItem {
  readonly read: KeyValue;
  readonly steps: readonly RequestOp[];
}

/**
 * Removes what is due before a moment, oldest first, in small transactions; says how many. What was changed meanwhile stays
 * for the next time. 0 while another replica sweeps.
 */
export async function sweepDue({ connection, keys, changes }: StoreParts, sweep: DueSweep): Promise<number> {
  const due: KeyValue[] = [];
  const end = sweep.index.at(digits(sweep.before.getTime()));
  for await (const page of readPages(connection, sweep.index, { end, size: sweep.limit })) {
    due.push(...page);
    if (due.length >= sweep.limit) break;
  }
  if (due.length === 0) return 0;
  const removeAll = async (compare: Compare, items: readonly DueItem[]): Promise<number> => {
    const request = {
      compare: [compare, ...items.map(({ read }) => isUnchanged(read.key, read))],
      success: items.flatMap(({ steps }) => steps),
    };
    if (items.length === 0 || (await changes.attempt(request)) !== undefined) return items.length;
    if (items.length === 1) return 0;
    const counts = [];
    for (const item of items) counts.push(await removeAll(compare, [item]));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const deleted = await inSweepTurn(connection, keys, async ({ stillOurs }) => {
    let count = 0;
    for (const part of inChunks(due.slice(0, sweep.limit), sweep.atOnce)) {
      count += await removeAll(stillOurs, await sweep.read(part));
    }
    return count;
  });
  return deleted ?? 0;
}
