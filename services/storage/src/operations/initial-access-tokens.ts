import type { Clock } from '@tessera/clock';
import type { InitialAccessToken, StorageAdminApi } from '@tessera/contracts';
import { newEvent } from '@tessera/events';
import { initialAccessTokenFromJson, initialAccessTokenToJson } from '../codec/initial-access-token-json.ts';
import type { RecordStore, RecordToWrite, StoredRecord } from '../ports.ts';
import { isStorableId } from '../rules/accepted-input.ts';
import { storeContended } from '../rules/store-errors.ts';
import { createTurns } from '../rules/turns.ts';

/** What using initial access tokens needs. */
export interface InitialAccessTokensOptions {
  readonly clock: Clock;
  readonly durable: RecordStore;
}

/** Only other replicas get in between, each by having used the token. */
const MAX_TRIES = 20;
const CONTENDED = 'the initial access token';

/**
 * Takes uses of initial access tokens (RFC 7591 §1.2) by compare-and-set: two statements, and two more whenever another
 * replica was quicker.
 */
export function createConsumeInitialAccessToken(
  options: InitialAccessTokensOptions,
): StorageAdminApi['consumeInitialAccessToken'] {
  const turns = createTurns(CONTENDED);
  return async (id) => (isStorableId(id) ? turns.take(id, () => consume(id, options)) : undefined);
}

async function consume(
  id: string,
  { clock, durable }: InitialAccessTokensOptions,
): Promise<InitialAccessToken | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const now = clock.now();
    const [record] = await durable.getRecords([{ kind: 'initial_access_token', id }], now);
    if (record === undefined) return undefined;
    const token = initialAccessTokenFromJson(record.body);
    if (token.remainingUses < 1) return undefined;
    const [version] = await durable.writeRecords([withOneUseLess(record, token, now)], now);
    if (version !== undefined) return token;
  }
  throw storeContended(CONTENDED);
}

function withOneUseLess({ id, version, expiresAt }: StoredRecord, token: InitialAccessToken, now: Date): RecordToWrite {
  return {
    kind: 'initial_access_token',
    id,
    body: initialAccessTokenToJson({ ...token, remainingUses: token.remainingUses - 1 }),
    expected: version,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    events: [newEvent('initial_access_token.changed', id, { id, change: 'used', actor: '' }, now)],
  };
}
