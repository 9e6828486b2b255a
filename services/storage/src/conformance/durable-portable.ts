import type { FakeClock } from '@tessera/clock';
import { describe, expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { sessionToJson } from '../codec/session-json.ts';
import type { DurableStore, PortableGrant, StoredRecord } from '../ports.ts';
import { type Bench, createBench, type DurableHarness, words } from './bench-api.ts';
import { allLanes, drain, sampleEvent, sampleSession } from './durable-samples.ts';
import {
  AWKWARD_TEXT,
  freshId,
  sampleAuthorization,
  sampleClient,
  sampleCode,
  sampleToken,
  sampleUser,
} from './samples.ts';

/** Moving from a store to another one, either way. */
export function portableSuite(harness: DurableHarness): void {
  describe('moving', () => {
    movingSuite(harness);
    retirementSuite(harness);
  });
}

async function memoryBench(clock: FakeClock): Promise<Bench> {
  const store = createMemoryDurableStore({ clock, hasOutbox: true });
  return createBench({ open: async () => store, isPersistent: false }, {}, clock);
}

async function exportGrants(store: DurableStore, ids: readonly string[]): Promise<readonly PortableGrant[]> {
  const exported: PortableGrant[] = [];
  for (;;) {
    const page = await store.exportGrants(50, exported.at(-1)?.id);
    exported.push(...page);
    if (page.length < 50) break;
  }
  const order = exported.map(({ id }) => id);
  expect(order).toEqual(order.toSorted());
  return exported.filter(({ id }) => ids.includes(id));
}

/** Grants in every state, and the tokens that are outstanding for them. */
async function populate(bench: Bench) {
  const identity = { ...sampleAuthorization().identity, username: AWKWARD_TEXT };
  const [fresh, rotated, revoked] = [
    await bench.putGrant({ identity, sessionId: 'session-1' }),
    await bench.putGrant(),
    await bench.putGrant(),
  ];
  const rules = { reuseIntervalSeconds: 30, validIfNotUsedForSeconds: 3600 };
  const rotation = sampleToken(rotated, rules);
  await bench.api.rotateRefreshTokens([rotation]);
  await bench.api.revokeGrants([{ grantId: revoked.id, reason: 'client_request' }]);
  const code = sampleCode(await bench.putCode());
  await bench.api.redeemCodes([code]);
  return { fresh, rotated, revoked, rotation, code, ids: [fresh.id, rotated.id, revoked.id, code.grantId], rules };
}

type Population = Awaited<ReturnType<typeof populate>>;

/** Every outstanding token works as it would have where it comes from, and once. */
async function useTokens(bench: Bench, { fresh, rotated, revoked, rotation, code, rules }: Population): Promise<void> {
  const tokens = [
    sampleToken(fresh),
    sampleToken(fresh),
    sampleToken(revoked),
    rotation,
    sampleToken(rotated, rules),
    sampleToken(rotated, { ...rules, generation: 1 }),
    sampleToken(rotated, rules),
  ];
  const seen: string[] = [];
  for (const token of tokens) seen.push(...words(await bench.api.rotateRefreshTokens([token])));
  expect(seen).toEqual(['rotated 1', 'reused', 'revoked', 'rotated 1', 'rotated 1', 'rotated 2', 'reused']);
  expect(words(await bench.api.redeemCodes([sampleCode(code.codeId)]))).toEqual(['replayed']);
}

function movingSuite(harness: DurableHarness): void {
  for (const direction of ['out of', 'into'] as const) {
    test(`grants move ${direction} it with everything that is kept of them; refresh tokens go on, each once`, async () => {
      const tested = await createBench(harness);
      const memory = await memoryBench(tested.clock);
      const [source, target] = direction === 'out of' ? [tested, memory] : [memory, tested];
      const population = await populate(source);
      const exported = await exportGrants(source.durable, population.ids);
      expect(exported).toHaveLength(4);
      expect(await target.durable.importGrants(exported)).toBe(4);
      expect(comparable(await exportGrants(target.durable, population.ids))).toEqual(comparable(exported));
      expect(await target.durable.importGrants(exported)).toBe(0);
      await useTokens(target, population);
      expect(await target.durable.importGrants(exported)).toBe(0);
      expect(words(await target.api.rotateRefreshTokens([sampleToken(population.fresh)]))).toEqual(['revoked']);
      await tested.durable.close();
    });

    test(`records move ${direction} it with their versions, and what stands there already stays`, async () => {
      const tested = await createBench(harness);
      const memory = await memoryBench(tested.clock);
      const [source, target] = direction === 'out of' ? [tested, memory] : [memory, tested];
      const [first, second] = [freshId(), freshId()];
      for (let version = 0; version < 3; version += 1) await source.putClient(sampleClient(first));
      await source.putClient(sampleClient(second));
      await target.putClient({ ...sampleClient(second), name: 'stands' });
      const { records } = await source.durable.listRecords({ kind: 'client', limit: 1000 }, source.clock.now());
      const moved = records.filter(({ id }) => id === first || id === second);
      const before = (await target.durable.revisions()).client ?? 0;
      expect(await target.durable.importRecords('client', moved)).toBe(1);
      expect((await target.durable.revisions()).client).toBeGreaterThan(before);
      expect(await target.durable.importRecords('client', moved)).toBe(0);
      const found = await target.api.getRecord('client', first);
      expect([found?.version, found?.value.name]).toEqual([3, AWKWARD_TEXT]);
      expect((await target.api.getRecord('client', second))?.value.name).toBe('stands');
      const { id, subject: owner, expiresAt } = sampleSession();
      const body = sessionToJson(sampleSession({ id, subject: owner, expiresAt }));
      const session: StoredRecord = { id, version: 7, body, owner, expiresAt };
      expect(await target.durable.importRecords('session', [session])).toBe(1);
      const refs = [{ kind: 'session', id: session.id } as const];
      expect(await target.durable.getRecords(refs, target.clock.now())).toEqual([session]);
      for (const id of [first, second]) await Promise.all([source, target].map((bench) => bench.deleteClient(id)));
      await tested.durable.close();
    });
  }
}

function retirementSuite(harness: DurableHarness): void {
  test('a retired store refuses every change and answers every read, until it is taken back', async () => {
    let bench = await createBench(harness);
    await drain(bench);
    await bench.putUser(sampleUser());
    const [grant, code] = [await bench.putGrant(), sampleCode(await bench.putCode())];
    const event = sampleEvent(freshId());
    await bench.durable.appendEvents([event]);
    await bench.durable.retire();
    await bench.durable.retire();
    await expectRetired(bench, grant.id, code.codeId);
    // What waits is sent on under leases.
    const lease = { kind: 'lease', id: freshId(), body: '{}', expected: 'any', events: [] } as const;
    for (const version of [1, 2]) {
      expect(await bench.durable.writeRecords([lease], bench.clock.now())).toEqual([version]);
    }
    const [waiting] = await bench.durable
      .readEvents(allLanes, 100)
      .then((all) => all.filter((one) => one.event.id === event.id));
    await bench.durable.parkEvents([{ position: waiting?.position ?? '', reason: 'x' }], bench.clock.now());
    expect(await bench.durable.unparkEvents()).toBe(1);
    await bench.durable.removeEvents([waiting?.position ?? '']);
    expect((await drain(bench)).map(({ event: { id } }) => id)).not.toContain(event.id);
    if (harness.isPersistent) {
      bench = await bench.reopen();
      await expectRetired(bench, grant.id, code.codeId);
    }
    await bench.durable.reinstate();
    await bench.durable.reinstate();
    expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant)]))).toEqual(['rotated 1']);
    expect(await bench.deleteUser('jane@example.org')).toBe(true);
    await bench.durable.close();
  });
}

async function expectRetired(bench: Bench, grantId: string, codeId: string): Promise<void> {
  const { api, durable, clock } = bench;
  const [found] = await durable.findGrants([grantId]);
  if (found === undefined) throw new Error('no such grant');
  const refusal = { kind: 'unavailable', code: 'storage.retired' };
  const outcomes = [
    ...(await api.rotateRefreshTokens([sampleToken(found.grant)])),
    ...(await api.revokeGrants([{ grantId, reason: 'x' }])),
  ];
  for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, error: refusal });
  const newGrant = (await exportGrants(durable, [grantId])).map((one) => ({
    ...one,
    id: '00000000-0000-4000-8000-0000000000aa',
    codeHash: Buffer.alloc(32, codeId),
  }));
  await expect(durable.insertGrants(newGrant, clock.now())).rejects.toMatchObject(refusal);
  await expect(bench.putUser(sampleUser())).rejects.toMatchObject(refusal);
  await expect(bench.deleteUser('jane@example.org')).rejects.toMatchObject(refusal);
  await expect(api.revokeGrantsBy({ selector: { clientId: 'app' }, reason: 'x' })).rejects.toMatchObject(refusal);
  expect(await api.findUser('jane@example.org')).toBeDefined();
  expect((await durable.findGrants([grantId]))[0]).toEqual(found);
}

/** Buffers and arrays of bytes compare by content. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}
