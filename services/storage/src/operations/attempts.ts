import type { AttemptToCount, StorageShortLivedApi } from '@tessera/contracts';
import type { CounterStore } from '../ports.ts';
import { assertId, assertTtl, invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { runChecked } from './checked-batch.ts';

/** Counted attempts. */
export type AttemptOperations = Pick<StorageShortLivedApi, 'countAttempts' | 'forgetAttempts'>;

/** Counts attempts, one command for the batch. */
export function createAttempts(ephemeral: CounterStore): AttemptOperations {
  return {
    countAttempts: (attempts) =>
      runChecked(attempts, { check: assertAttempt, run: (accepted) => ephemeral.countAttempts(accepted) }),
    async forgetAttempts(keys) {
      const known = keys.filter(isStorableId);
      if (known.length > 0) await ephemeral.forgetAttempts(known);
    },
  };
}

function assertAttempt({ key, limit, windowSeconds }: AttemptToCount): void {
  assertId(key, 'what is counted');
  assertTtl(windowSeconds);
  if (Number.isSafeInteger(limit) && limit >= 0) return;
  throw invalidInput('storage.invalid_limit', 'a limit is a whole number');
}
