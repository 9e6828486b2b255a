import type { Clock } from '@tessera/clock';
import type { Outcome } from '@tessera/rpc';
import type { GrantStore } from '../ports.ts';
import { type Placed, runBatch } from './batch.ts';

/** What revoking needs. */
export interface RevokeGoneOptions {
  readonly clock: Clock;
  readonly durable: Pick<GrantStore, 'revokeGrants'>;
}

/**
 * Revokes grants whose person turned out to be gone, one statement for the batch and none for an empty one. Gives `refused`
 * for each, or why it could not be revoked.
 */
export async function revokeGone<R>(
  gone: readonly Placed<{ readonly grantId: string }>[],
  refused: Outcome<R>,
  { durable, clock }: RevokeGoneOptions,
): Promise<Map<number, Outcome<R>>> {
  const revoked = await runBatch(gone, {
    keyOf: ({ grantId }) => grantId,
    run: (items) =>
      durable.revokeGrants(
        items.map(({ grantId }) => ({ grantId, reason: 'user_gone' })),
        clock.now(),
      ),
  });
  return new Map([...revoked].map(([position, outcome]) => [position, outcome.ok ? refused : outcome]));
}
