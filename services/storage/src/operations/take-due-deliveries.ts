import { addSeconds } from '@tessera/clock';
import type { LogoutDelivery } from '@tessera/contracts';
import { deliveryFromJson, type KeptDelivery } from '../codec/logout-delivery-json.ts';
import type { RecordStore } from '../ports.ts';
import { type Due, dueId, readDueId } from '../rules/due-order.ts';
import { deliveryRecord, dueRecord } from './delivery-records.ts';

/** What is taken, and for how long. */
export interface TakeOptions {
  readonly durable: RecordStore;
  readonly now: Date;
  readonly limit: number;
  readonly leaseSeconds: number;
}

/** Pointers that are read at once. */
const PAGE = 200;
/** What others are at stands in front; more of it than this hides what comes after, until some of it is settled. */
const MAX_PAGES = 20;
/** A wrong pointer is left alone for so long: whoever changes the delivery may not be through with it. */
const CHANGE_SECONDS = 60;

interface Free {
  readonly kept: KeptDelivery;
  readonly version: number;
}

/**
 * Takes what is due, the earliest first: one statement where nothing is, and otherwise one more that reads the deliveries
 * and one that leases them, for each 200 pointers.
 */
export async function takeDueDeliveries(options: TakeOptions): Promise<readonly LogoutDelivery[]> {
  const { durable, now, limit } = options;
  const taken: LogoutDelivery[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES && taken.length < limit; page += 1) {
    const listing = { kind: 'logout_due', limit: PAGE, ...(after === undefined ? {} : { after }) } as const;
    const { records } = await durable.listRecords(listing, now);
    const due = records.map(({ id }) => readDueId(id)).filter(({ dueAt }) => dueAt <= now);
    if (due.length > 0) taken.push(...(await leaseSome(await freeOf(due, options), limit - taken.length, options)));
    after = records.at(-1)?.id;
    if (due.length < PAGE) break;
  }
  return taken;
}

/** Those that nobody is at. Pointers that lead nowhere, or say another moment, are put right on the way. */
async function freeOf(due: readonly Due[], { durable, now }: TakeOptions): Promise<readonly Free[]> {
  const ids = [...new Set(due.map(({ id }) => id))];
  const refs = ids.map((id) => ({ kind: 'logout_delivery', id }) as const);
  const found = await durable.getRecords(refs, now);
  const records = new Map(ids.map((id, index) => [id, found[index]]));
  const free: Free[] = [];
  const wrong: Due[] = [];
  const misled: LogoutDelivery[] = [];
  for (const pointer of due) {
    const record = records.get(pointer.id);
    const kept = record === undefined ? undefined : deliveryFromJson(record.body);
    const isRight = kept?.delivery.dueAt.getTime() === pointer.dueAt.getTime();
    if (kept === undefined || record === undefined || !isRight) {
      if (addSeconds(pointer.dueAt, CHANGE_SECONDS) > now) continue;
      wrong.push(pointer);
      if (kept !== undefined) misled.push(kept.delivery);
    } else if (kept.leasedUntil === undefined || kept.leasedUntil <= now) {
      free.push({ kept, version: record.version });
    }
  }
  if (misled.length > 0) await durable.writeRecords(distinct(misled).map(dueRecord), now);
  const removals = wrong.map((pointer) => ({ kind: 'logout_due', id: dueId(pointer), events: [] }) as const);
  if (removals.length > 0) await durable.removeRecords(removals, now);
  return free;
}

function distinct(deliveries: readonly LogoutDelivery[]): readonly LogoutDelivery[] {
  return [...new Map(deliveries.map((delivery) => [delivery.id, delivery])).values()];
}

/** Leases as many as are wanted by compare-and-set, and goes on to others where somebody else was quicker. */
async function leaseSome(
  free: readonly Free[],
  wanted: number,
  { durable, now, leaseSeconds }: TakeOptions,
): Promise<readonly LogoutDelivery[]> {
  const taken: LogoutDelivery[] = [];
  for (let start = 0; start < free.length && taken.length < wanted; ) {
    const some = free.slice(start, start + wanted - taken.length);
    start += some.length;
    const leasedUntil = addSeconds(now, leaseSeconds);
    const begun = some.map(({ kept, version }) => {
      const delivery = { ...kept.delivery, attempts: kept.delivery.attempts + 1 };
      return { delivery, record: deliveryRecord({ delivery, leasedUntil }, version) };
    });
    const versions = await durable.writeRecords(
      begun.map(({ record }) => record),
      now,
    );
    taken.push(...begun.flatMap(({ delivery }, index) => (versions[index] === undefined ? [] : [delivery])));
  }
  return taken;
}
