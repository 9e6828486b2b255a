import { createHash } from 'node:crypto';
import type { Authorization, GrantToCreate } from '@tessera/contracts';
import type { TesseraError } from '@tessera/errors';
import { encodeSubject } from '@tessera/oauth';
import type { NewGrant } from '../ports.ts';
import { assertDetails, invalidInput, isStorableId, isStorableMoment } from '../rules/accepted-input.ts';
import { passwordUserEmail } from '../rules/password-user.ts';
import { endOfNewGrant } from '../rules/retention.ts';

/** When a new grant ends. */
export type GrantEnds = Pick<GrantToCreate, 'tokensExpireAt' | 'refreshExpiresAt' | 'validIfNotUsedForSeconds'>;

/** A grant about to be inserted under a hash of its own. */
export interface GrantToInsert {
  /** UUID in lower case. */
  readonly grantId: string;
  readonly codeHash: Buffer;
  readonly authorization: Authorization;
  readonly ends: GrantEnds;
}

/** What stands before the id of a grant that comes of no code; no code's id has it. */
const GRANT_PREFIX = 'grant:';

/** The unique hash of a code; undefined = no code has such an id. */
export function hashOfCode(codeId: string): Buffer | undefined {
  return codeId.startsWith(GRANT_PREFIX) ? undefined : sha256(codeId);
}

/** The unique hash of a grant that comes of no code: whoever means the same id meets the same grant. */
export function hashOfGrantId(grantId: string): Buffer {
  return sha256(`${GRANT_PREFIX}${grantId}`);
}

/** Throws `storage.invalid_record` for an authorization that not every backend can keep, or find again. */
export function assertKeepable(authorization: Authorization): void {
  if (!hasStorableKeys(authorization)) {
    throw invalidInput(
      'storage.invalid_record',
      'client, connector, person, email and session have at most 512 bytes each',
    );
  }
  assertDetails(authorization.details);
}

/** Throws `storage.invalid_record` for the end of a grant that is no moment. */
export function assertEnds({ tokensExpireAt, refreshExpiresAt }: GrantEnds): void {
  if (isStorableMoment(tokensExpireAt) && (refreshExpiresAt === undefined || isStorableMoment(refreshExpiresAt)))
    return;
  throw invalidInput('storage.invalid_record', 'the end of a grant is a moment of the years 1970 to 9999');
}

/** A grant's id that is no UUID. */
export function invalidGrantId(): TesseraError {
  return invalidInput('storage.invalid_id', 'a grant id is a UUID');
}

/** The grant as it is inserted. */
export function newGrant({ grantId, codeHash, authorization, ends }: GrantToInsert, now: Date): NewGrant {
  const { isRefreshable, identity, connectorId } = authorization;
  const expiresAt = isRefreshable ? ends.refreshExpiresAt : ends.tokensExpireAt;
  const endsAt = endOfNewGrant(expiresAt, isRefreshable ? ends.validIfNotUsedForSeconds : 0, now);
  return {
    id: grantId,
    codeHash,
    subject: encodeSubject(identity.userId, connectorId),
    authorization,
    createdAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

/** What grants are looked up by has to fit the indexes of every backend. */
function hasStorableKeys(authorization: Authorization): boolean {
  const { clientId, connectorId, sessionId, identity } = authorization;
  const subject = encodeSubject(identity.userId, connectorId);
  const keys = [clientId, connectorId, subject, ...(sessionId === undefined ? [] : [sessionId])];
  const email = passwordUserEmail(authorization);
  return keys.every(isStorableId) && (email === undefined || email === '' || isStorableId(email));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
