import type { Clock } from '@tessera/clock';
import type { GrantSelector, StorageAdminApi } from '@tessera/contracts';
import { authorizationToJson } from '../codec/authorization-json.ts';
import type { GrantStore } from '../ports.ts';
import { invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { isStorableText, isUuid } from '../rules/stored-text.ts';
import { shownGrant } from './find-grants.ts';
import { isDeadlineNear } from './near-deadline.ts';
import { cutPage, pageBounds } from './pages.ts';
import type { StaticUsers } from './users.ts';

/** What listing and revoking many grants needs. */
export interface GrantsBySelectorOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
  readonly staticUsers: StaticUsers;
}

const GRANTS_PER_STATEMENT = 500;
const MAX_REASON_BYTES = 128;

/** Lists grants, one statement for a page; revokes them in statements of 500, which are short. */
export function createGrantsBySelector(
  options: GrantsBySelectorOptions,
): Pick<StorageAdminApi, 'listGrants' | 'revokeGrantsBy'> {
  return {
    listGrants: (request) => listPage(request, options),
    async revokeGrantsBy({ selector, reason }) {
      assertSelector(selector);
      assertReason(reason);
      return revokeAllBy(selector, reason, options);
    },
  };
}

/** Revokes all that fit until none is left or the caller's deadline is near. */
export async function revokeAllBy(
  selector: GrantSelector,
  reason: string,
  { clock, durable }: Pick<GrantsBySelectorOptions, 'clock' | 'durable'>,
): Promise<{ readonly revoked: number; readonly isComplete: boolean }> {
  let revoked = 0;
  for (;;) {
    const count = await durable.revokeGrantsBy(selector, reason, GRANTS_PER_STATEMENT, clock.now());
    revoked += count;
    if (count < GRANTS_PER_STATEMENT) return { revoked, isComplete: true };
    if (isDeadlineNear(clock)) return { revoked, isComplete: false };
  }
}

/** Throws `storage.invalid_record` for a reason that is no short word. */
export function assertReason(reason: string): void {
  if (reason !== '' && Buffer.byteLength(reason, 'utf8') <= MAX_REASON_BYTES && isStorableText(reason)) return;
  throw invalidInput('storage.invalid_record', `a reason is well-formed text of 1 to ${MAX_REASON_BYTES} bytes`);
}

async function listPage(
  { selector, ...request }: Parameters<StorageAdminApi['listGrants']>[0],
  { clock, durable, staticUsers }: GrantsBySelectorOptions,
): ReturnType<StorageAdminApi['listGrants']> {
  assertSelector(selector);
  const { after, limit } = pageBounds(request);
  if (after !== undefined && !isUuid(after)) {
    throw invalidInput('storage.invalid_page', 'the cursor is not one of a page of this list');
  }
  const now = clock.now();
  const listing = { selector, limit: limit + 1, ...(after === undefined ? {} : { after }) };
  const found = await durable.listGrants(listing);
  const items = found.map((one) => {
    const value = shownGrant(one, staticUsers, now);
    return { id: value.id, value, bytes: Buffer.byteLength(authorizationToJson(value.authorization)) };
  });
  return cutPage(items, limit);
}

function assertSelector({ subject, clientId, sessionId, connectorId }: GrantSelector): void {
  const given = [subject, clientId, sessionId, connectorId].filter((value) => value !== undefined);
  if (given.length > 0 && given.every(isStorableId)) return;
  throw invalidInput('storage.invalid_selector', 'grants are meant by a person, a client, a session or a connector');
}
