import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@tessera/clock';
import type { Authorization, Grant, GrantToCreate, StorageWriteApi } from '@tessera/contracts';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import { termsToJson } from '../codec/authorization-json.ts';
import type { FoundGrant, GrantStore } from '../ports.ts';
import { grantExists } from '../rules/store-errors.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';
import {
  assertEnds,
  assertKeepable,
  type GrantToInsert,
  hashOfGrantId,
  invalidGrantId,
  newGrant,
} from './new-grant.ts';

/** What creating grants needs. */
export interface CreateGrantsOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
}

/**
 * Creates grants that come of no code, one statement for the batch. They are inserted as those of codes are, under the hash
 * of their own id: who repeats a call meets the grant that stands, and gets it if it is what they mean.
 */
export function createCreateGrants({ clock, durable }: CreateGrantsOptions): StorageWriteApi['createGrants'] {
  return async (grants) => {
    const refusals = new Map<number, Outcome<Grant>>();
    const placed: Placed<GrantToInsert>[] = [];
    for (const [position, grant] of grants.entries()) {
      try {
        placed.push({ position, item: accepted(grant) });
      } catch (thrown) {
        refusals.set(position, failed(thrown));
      }
    }
    const now = clock.now();
    const inserted = await runBatch(placed, {
      keyOf: ({ grantId }) => grantId,
      run: (items) =>
        durable.insertGrants(
          items.map((item) => newGrant(item, now)),
          now,
        ),
    });
    const outcomes = new Map(placed.map(({ position, item }) => [position, outcomeOf(item, inserted.get(position))]));
    return grants.map(
      (_, position) =>
        outcomes.get(position) ?? refusals.get(position) ?? failed(new Error('a grant without an outcome')),
    );
  };
}

function accepted({ grantId, authorization, ...ends }: GrantToCreate): GrantToInsert {
  if (!isUuid(grantId)) throw invalidGrantId();
  assertKeepable(authorization);
  assertEnds(ends);
  const id = grantId.toLowerCase();
  return { grantId: id, codeHash: hashOfGrantId(id), authorization, ends };
}

function outcomeOf(item: GrantToInsert, answer: Outcome<FoundGrant> | undefined): Outcome<Grant> {
  if (answer?.ok !== true) return answer ?? failed(new Error('a grant without an answer'));
  const { grant } = answer.value;
  return isSame(grant.authorization, item.authorization) ? succeeded(grant) : failed(grantExists());
}

/** What an upstream says at a refresh may have changed meanwhile: the person must be the same, not what is said of them. */
function isSame(standing: Authorization, meant: Authorization): boolean {
  return standing.identity.userId === meant.identity.userId && isDeepStrictEqual(termsOf(standing), termsOf(meant));
}

function termsOf(authorization: Authorization): unknown {
  return JSON.parse(termsToJson(authorization));
}
