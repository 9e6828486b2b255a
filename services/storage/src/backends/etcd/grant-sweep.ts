import { REMOVAL_STEPS, removalSteps } from './grant-steps.ts';
import { grantFromJson } from './grant-value.ts';
import { readKeys } from './pages.ts';
import type { StoreParts } from './store-parts.ts';
import { sweepDue } from './sweep-due.ts';

const MAX_STEPS = 120;

/** Deletes grants that ended before a moment, by the index of their ends. */
export function createGrantSweep(parts: StoreParts): (before: Date, limit: number) => Promise<number> {
  const { connection, keys } = parts;
  return (before, limit) =>
    sweepDue(parts, {
      index: keys.ends,
      before,
      limit,
      atOnce: Math.floor(MAX_STEPS / REMOVAL_STEPS),
      async read(entries) {
        const ids = entries.map(({ key }) => keys.ends.rest(key).split('/').slice(1).join('/'));
        const read = await readKeys(
          connection,
          ids.map((id) => keys.grants.key(id)),
        );
        return read.flatMap((entry) => {
          if (entry === undefined) return [];
          const stored = grantFromJson(entry.value.toString());
          const isDue = stored.endsAt !== undefined && stored.endsAt < before;
          return isDue ? [{ read: entry, steps: removalSteps(keys, stored) }] : [];
        });
      },
    });
}
