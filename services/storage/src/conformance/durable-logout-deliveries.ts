import type { LogoutDelivery } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { deliveryFromJson } from '../codec/logout-delivery-json.ts';
import { dueId } from '../rules/due-order.ts';
import { type Bench, createBench, type DurableHarness } from './bench-api.ts';
import { sampleDelivery } from './durable-samples.ts';
import { freshId } from './samples.ts';

/** What every durable store has to do with logout deliveries. */
export function logoutDeliveriesSuite(harness: DurableHarness): void {
  describe('logout deliveries', () => {
    takingSuite(harness);
    settlingSuite(harness);
    brokenOffSuite(harness);
  });
}

/** A bench on a store where nothing else is to be delivered. */
async function emptyBench(harness: DurableHarness): Promise<Bench> {
  const bench = await createBench(harness);
  for (const kind of ['logout_delivery', 'logout_due'] as const) {
    const { records } = await bench.durable.listRecords({ kind, limit: 10_000 }, new Date(0));
    const removals = records.map(({ id }) => ({ kind, id, events: [] }));
    if (removals.length > 0) await bench.durable.removeRecords(removals, new Date(0));
  }
  bench.counted();
  return bench;
}

function seconds(bench: Bench, count: number): Date {
  return new Date(bench.clock.now().getTime() + count * 1000);
}

function dueNow(bench: Bench, overrides: Partial<LogoutDelivery> = {}): LogoutDelivery {
  return sampleDelivery({ dueAt: bench.clock.now(), expiresAt: seconds(bench, 3600), ...overrides });
}

function ids(deliveries: readonly LogoutDelivery[]): readonly string[] {
  return deliveries.map(({ id }) => id);
}

function takingSuite(harness: DurableHarness): void {
  test('a delivery comes back as it was, its attempt counted, and is somebody’s for the time of the lease', async () => {
    const bench = await emptyBench(harness);
    const { subject: _, sessionId: __, ...bare } = dueNow(bench, { dueAt: seconds(bench, -1) });
    const whole = dueNow(bench, { attempts: 4 });
    await bench.api.putLogoutDeliveries([whole, bare]);
    const begun = [
      { ...bare, attempts: 1 },
      { ...whole, attempts: 5 },
    ];
    expect(await bench.api.takeLogoutDeliveries(10, 30)).toEqual(begun);
    bench.clock.advance(29.999);
    expect(await bench.api.takeLogoutDeliveries(10, 30)).toEqual([]);
    bench.clock.advance(0.001);
    const again = begun.map((delivery) => ({ ...delivery, attempts: delivery.attempts + 1 }));
    expect(await bench.api.takeLogoutDeliveries(10, 30)).toEqual(again);
    await bench.durable.close();
  });

  test('put again it changes nothing: neither one that is being delivered nor one that waits for later', async () => {
    const bench = await emptyBench(harness);
    const [taken, later] = [dueNow(bench), dueNow(bench)];
    await bench.api.putLogoutDeliveries([taken, later, { ...taken, clientId: 'another' }]);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toHaveLength(2);
    await bench.api.settleLogoutDeliveries([{ id: later.id, retryAt: seconds(bench, 300) }]);
    await bench.api.putLogoutDeliveries([{ ...taken, clientId: 'another' }, later]);
    await bench.api.putLogoutDeliveries([]);
    bench.clock.advance(200);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toEqual([]);
    bench.clock.advance(100);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toEqual([
      { ...later, attempts: 2, dueAt: bench.clock.now() },
    ]);
    bench.clock.advance(300);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toEqual([{ ...taken, attempts: 2 }]);
    await bench.durable.close();
  });

  test('of replicas that take at once one gets each delivery, and together they get all', async () => {
    const bench = await emptyBench(harness);
    const deliveries = Array.from({ length: 60 }, () => dueNow(bench));
    await bench.api.putLogoutDeliveries(deliveries);
    const other = bench.sameStores();
    const calls = Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? bench.api : other.api).takeLogoutDeliveries(7, 30),
    );
    const taken = (await Promise.all(calls)).map(ids);
    for (const some of taken) expect(some.length).toBeLessThanOrEqual(7);
    for (let rest = 60; rest > 0; rest -= 7) taken.push(ids(await other.api.takeLogoutDeliveries(7, 30)));
    expect(taken.flat().toSorted()).toEqual([...ids(deliveries)].toSorted());
    other.close();
    await bench.durable.close();
  });

  test('what waits for later hides nothing, however much it is; where nothing is due one statement says so', async () => {
    const bench = await emptyBench(harness);
    const later = Array.from({ length: 700 }, (_, index) => dueNow(bench, { dueAt: seconds(bench, 1 + index) }));
    await bench.api.putLogoutDeliveries(later);
    bench.counted();
    expect(await bench.api.takeLogoutDeliveries(100, 30)).toEqual([]);
    expect(bench.counted()).toEqual(['list_records']);
    const due = [dueNow(bench, { id: `~${freshId()}`, dueAt: seconds(bench, -2) }), dueNow(bench, { id: '!first' })];
    await bench.api.putLogoutDeliveries(due);
    expect(ids(await bench.api.takeLogoutDeliveries(100, 30))).toEqual(ids(due));
    bench.clock.advance(2);
    expect(ids(await bench.api.takeLogoutDeliveries(100, 30))).toEqual(ids(later.slice(0, 2)));
    await bench.durable.close();
  });

  test('what others are at does not hide what comes after it', async () => {
    const bench = await emptyBench(harness);
    const deliveries = Array.from({ length: 450 }, (_, index) =>
      dueNow(bench, { dueAt: seconds(bench, -1000 + index) }),
    );
    await bench.api.putLogoutDeliveries(deliveries);
    expect(ids(await bench.api.takeLogoutDeliveries(405, 30))).toEqual(ids(deliveries.slice(0, 405)));
    expect(ids(await bench.api.takeLogoutDeliveries(10, 30))).toEqual(ids(deliveries.slice(405, 415)));
    await bench.durable.close();
  });

  test('a delivery that it is too late for is not taken, and leaves with what has expired', async () => {
    const bench = await emptyBench(harness);
    await bench.api.putLogoutDeliveries([dueNow(bench, { expiresAt: seconds(bench, 10) })]);
    bench.clock.advance(10);
    expect(await bench.api.takeLogoutDeliveries(10, 30)).toEqual([]);
    await bench.durable.deleteExpiredRecords(seconds(bench, 1), 1000);
    for (const kind of ['logout_delivery', 'logout_due'] as const) {
      expect((await bench.durable.listRecords({ kind, limit: 10 }, new Date(0))).records).toEqual([]);
    }
    await bench.durable.close();
  });
}

function settlingSuite(harness: DurableHarness): void {
  test('what was delivered is gone, what was not comes again at its moment; ids of nothing are passed over', async () => {
    const bench = await emptyBench(harness);
    const [done, retried] = [dueNow(bench), dueNow(bench)];
    await bench.api.putLogoutDeliveries([done, retried]);
    await bench.api.takeLogoutDeliveries(10, 600);
    const retryAt = seconds(bench, 60);
    const results = [{ id: freshId() }, { id: done.id }, { id: retried.id, retryAt }, { id: 'nul\0' }, { id: '' }];
    await bench.api.settleLogoutDeliveries([...results, { id: freshId(), retryAt }]);
    await bench.api.settleLogoutDeliveries(results);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toEqual([]);
    bench.clock.set(retryAt);
    expect(await bench.api.takeLogoutDeliveries(10, 600)).toEqual([{ ...retried, attempts: 2, dueAt: retryAt }]);
    await bench.api.settleLogoutDeliveries([{ id: retried.id }]);
    const { records } = await bench.durable.listRecords({ kind: 'logout_due', limit: 10 }, bench.clock.now());
    expect(records).toEqual([]);
    await bench.durable.close();
  });

  test('a result that is told again does not end the lease of whoever is at it meanwhile', async () => {
    const bench = await emptyBench(harness);
    const delivery = dueNow(bench);
    await bench.api.putLogoutDeliveries([delivery]);
    await bench.api.takeLogoutDeliveries(1, 30);
    const result = { id: delivery.id, retryAt: seconds(bench, 5) };
    await bench.api.settleLogoutDeliveries([result]);
    bench.clock.set(result.retryAt);
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toHaveLength(1);
    await bench.api.settleLogoutDeliveries([result]);
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toEqual([]);
    await bench.durable.close();
  });

  test('results cost a statement that reads, one that writes and one that removes', async () => {
    const bench = await emptyBench(harness);
    const deliveries = Array.from({ length: 6 }, () => dueNow(bench));
    await bench.api.putLogoutDeliveries(deliveries);
    expect(bench.counted()).toEqual(['write_records']);
    await bench.api.takeLogoutDeliveries(6, 30);
    expect(bench.counted()).toEqual(['list_records', 'get_records', 'write_records']);
    const retryAt = seconds(bench, 60);
    await bench.api.settleLogoutDeliveries(
      deliveries.map(({ id }, index) => (index % 2 === 0 ? { id } : { id, retryAt })),
    );
    expect(bench.counted()).toEqual(['get_records', 'write_records', 'remove_records']);
    await bench.durable.close();
  });
}

/** A store without transactions over several records may keep a part of a change. */
function brokenOffSuite(harness: DurableHarness): void {
  test('a pointer that leads nowhere or says another moment is put right by whoever meets it, later', async () => {
    const bench = await emptyBench(harness);
    const moved = dueNow(bench);
    await bench.api.putLogoutDeliveries([moved]);
    await bench.api.takeLogoutDeliveries(1, 30);
    await bench.api.settleLogoutDeliveries([{ id: moved.id, retryAt: seconds(bench, 90) }]);
    const now = bench.clock.now();
    const pointer = (id: string) =>
      ({ kind: 'logout_due', id: dueId({ dueAt: now, id }), body: '{}', expected: 'any', events: [] }) as const;
    const right = dueId({ dueAt: seconds(bench, 90), id: moved.id });
    await bench.durable.writeRecords([pointer(freshId()), pointer(moved.id)], now);
    await bench.durable.removeRecords([{ kind: 'logout_due', id: right, events: [] }], now);
    const pointers = async () =>
      (await bench.durable.listRecords({ kind: 'logout_due', limit: 10 }, now)).records.map(({ id }) => id);
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toEqual([]);
    expect(await pointers()).toHaveLength(2);
    bench.clock.advance(60);
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toEqual([]);
    expect(await pointers()).toEqual([right]);
    bench.clock.advance(30);
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toMatchObject([{ id: moved.id, attempts: 2 }]);
    await bench.durable.close();
  });

  test('of a delivery that was put in part the rest comes with the repetition', async () => {
    const bench = await emptyBench(harness);
    const delivery = dueNow(bench);
    await bench.api.putLogoutDeliveries([delivery]);
    const due = { kind: 'logout_due', id: dueId(delivery), events: [] } as const;
    await bench.durable.removeRecords([due], bench.clock.now());
    expect(await bench.api.takeLogoutDeliveries(1, 30)).toEqual([]);
    await bench.api.putLogoutDeliveries([delivery]);
    expect(ids(await bench.api.takeLogoutDeliveries(1, 30))).toEqual([delivery.id]);
    const refs = [{ kind: 'logout_delivery', id: delivery.id } as const];
    const [record] = await bench.durable.getRecords(refs, bench.clock.now());
    expect(deliveryFromJson(record?.body ?? '{}').leasedUntil).toEqual(seconds(bench, 30));
    await bench.durable.close();
  });
}
