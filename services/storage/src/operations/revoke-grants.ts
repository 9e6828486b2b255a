import type { Clock } from '@tessera/clock';
import type { GrantToRevoke, StorageWriteApi } from '@tessera/contracts';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import type { GrantStore } from '../ports.ts';
import { isStorableText, isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';
import { assertReason } from './grants-by-selector.ts';

/** What revoking needs. */
export interface RevokeGrantsOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
}

/** Revokes grants (RFC 7009 §2.1), one statement for the batch. Of two callers one gets true. */
export function createRevokeGrants({ clock, durable }: RevokeGrantsOptions): StorageWriteApi['revokeGrants'] {
  return async (grants) => {
    const refusals = new Map<number, Outcome<boolean>>();
    const placed: Placed<GrantToRevoke>[] = [];
    for (const [position, item] of grants.entries()) {
      if (!isUuid(item.grantId) || !isStorableText(item.clientId ?? '')) continue;
      try {
        assertReason(item.reason);
        placed.push({ position, item: { ...item, grantId: item.grantId.toLowerCase() } });
      } catch (thrown) {
        refusals.set(position, failed(thrown));
      }
    }
    const outcomes = await runBatch(placed, {
      keyOf: (item) => item.grantId,
      run: (items) => durable.revokeGrants(items, clock.now()),
    });
    return grants.map((_, position) => outcomes.get(position) ?? refusals.get(position) ?? succeeded(false));
  };
}
