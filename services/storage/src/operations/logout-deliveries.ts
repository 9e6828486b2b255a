import type { Clock } from '@tessera/clock';
import type { LogoutDelivery, LogoutDeliveryResult, StorageSessionsApi } from '@tessera/contracts';
import { deliveryFromJson } from '../codec/logout-delivery-json.ts';
import type { RecordStore, StoredRecord } from '../ports.ts';
import { assertId, assertMoment, assertTtl, invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { dueId } from '../rules/due-order.ts';
import { deliveryRecord, dueRecord } from './delivery-records.ts';
import { takeDueDeliveries } from './take-due-deliveries.ts';

/** What logout deliveries need. */
export interface LogoutDeliveriesOptions {
  readonly clock: Clock;
  readonly durable: RecordStore;
}

/** Operations on logout deliveries. */
export type LogoutDeliveryOperations = Pick<
  StorageSessionsApi,
  'putLogoutDeliveries' | 'takeLogoutDeliveries' | 'settleLogoutDeliveries'
>;

const MAX_AT_ONCE = 1000;
const MAX_LEASE_SECONDS = 3600;
const MAX_ID_BYTES = 256;
/** What the number has room for on its way between services. */
const MAX_ATTEMPTS = 2 ** 32 - 1;

/**
 * Deliveries on a durable store. How it stands with one says its record of the kind `logout_delivery`, which is changed by
 * compare-and-set alone. That it is due at a moment says another, of the kind `logout_due`, whose ids are in the order of
 * the moments: what waits for later is behind what is due, however much it is. The second is only a pointer. One that says
 * another moment than the delivery, or leads nowhere, is put right by whoever meets it, so it does not matter where a
 * change of both broke off.
 */
export function createLogoutDeliveries({ clock, durable }: LogoutDeliveriesOptions): LogoutDeliveryOperations {
  return {
    async putLogoutDeliveries(deliveries) {
      assertCount(deliveries.length);
      deliveries.forEach(assertDelivery);
      const distinct = [...new Map(deliveries.toReversed().map((one) => [one.id, one])).values()];
      if (distinct.length === 0) return;
      const records = distinct.flatMap((delivery) => [deliveryRecord({ delivery }, 'absent'), dueRecord(delivery)]);
      await durable.writeRecords(records, clock.now());
    },
    async takeLogoutDeliveries(limit, leaseSeconds) {
      assertLimit(limit);
      assertTtl(leaseSeconds);
      if (leaseSeconds > MAX_LEASE_SECONDS) {
        throw invalidInput('storage.invalid_ttl', `a lease lasts ${MAX_LEASE_SECONDS} seconds at most`);
      }
      return takeDueDeliveries({ durable, now: clock.now(), limit, leaseSeconds });
    },
    async settleLogoutDeliveries(results) {
      assertCount(results.length);
      for (const { retryAt } of results) assertMoment(retryAt, 'when a delivery is tried again');
      const known = new Map(results.filter(({ id }) => isStorableId(id)).map((result) => [result.id, result]));
      if (known.size > 0) await settle([...known.values()], durable, clock.now());
    },
  };
}

/** One statement reads; one writes what is postponed, where something is; one removes what is over. */
async function settle(results: readonly LogoutDeliveryResult[], durable: RecordStore, now: Date): Promise<void> {
  const refs = results.map(({ id }) => ({ kind: 'logout_delivery', id }) as const);
  const found = await durable.getRecords(refs, now);
  const done: Pointed[] = [];
  const postponed: Postponed[] = [];
  for (const [index, { retryAt }] of results.entries()) {
    const record = found[index];
    if (record === undefined) continue;
    const { delivery } = deliveryFromJson(record.body);
    if (retryAt === undefined) done.push(delivery);
    // Otherwise it is the same call repeated, and somebody may be at it again.
    else if (retryAt.getTime() !== delivery.dueAt.getTime()) postponed.push({ delivery, record, retryAt });
  }
  const moved = await postpone(postponed, durable, now);
  const removals = [
    ...done.map(({ id }) => ({ kind: 'logout_delivery', id, events: [] }) as const),
    ...[...done, ...moved].map((delivery) => ({ kind: 'logout_due', id: dueId(delivery), events: [] }) as const),
  ];
  if (removals.length > 0) await durable.removeRecords(removals, now);
}

type Pointed = Pick<LogoutDelivery, 'id' | 'dueAt'>;

interface Postponed {
  readonly delivery: LogoutDelivery;
  readonly record: StoredRecord;
  readonly retryAt: Date;
}

/** Says which were moved away from where they stood; those that somebody else changed meanwhile were not. */
async function postpone(
  postponed: readonly Postponed[],
  durable: RecordStore,
  now: Date,
): Promise<readonly LogoutDelivery[]> {
  if (postponed.length === 0) return [];
  const moves = postponed.map(({ delivery, record, retryAt }) => {
    const moved = { ...delivery, dueAt: retryAt };
    return { delivery, write: deliveryRecord({ delivery: moved }, record.version), pointer: dueRecord(moved) };
  });
  const records = [...moves.map(({ write }) => write), ...moves.map(({ pointer }) => pointer)];
  const versions = await durable.writeRecords(records, now);
  return moves.flatMap(({ delivery }, index) => (versions[index] === undefined ? [] : [delivery]));
}

function assertDelivery({ id, clientId, subject, sessionId, attempts, dueAt, expiresAt }: LogoutDelivery): void {
  assertId(id, 'the id of a delivery');
  if (Buffer.byteLength(id, 'utf8') > MAX_ID_BYTES) {
    throw invalidInput('storage.invalid_id', `the id of a delivery has at most ${MAX_ID_BYTES} bytes`);
  }
  assertId(clientId, 'a client id');
  if (subject !== undefined) assertId(subject, 'a subject');
  if (sessionId !== undefined) assertId(sessionId, 'the id of a session');
  assertMoment(dueAt, 'when a delivery is due');
  assertMoment(expiresAt, 'the end of a delivery');
  if (Number.isInteger(attempts) && attempts >= 0 && attempts <= MAX_ATTEMPTS) return;
  throw invalidInput(
    'storage.invalid_record',
    `the attempts of a delivery are a whole number of at most ${MAX_ATTEMPTS}`,
  );
}

function assertCount(count: number): void {
  if (count > MAX_AT_ONCE) throw invalidInput('storage.invalid_limit', `at most ${MAX_AT_ONCE} deliveries at once`);
}

function assertLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_AT_ONCE) return;
  throw invalidInput('storage.invalid_limit', `a number of deliveries is 1 to ${MAX_AT_ONCE}`);
}
