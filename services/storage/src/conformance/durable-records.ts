import { describe, expect, test } from 'vitest';
import type { RecordToWrite, StoredRecord } from '../ports.ts';
import { MAX_BODY_BYTES } from '../rules/accepted-input.ts';
import { type Bench, createBench, type DurableHarness } from './bench-api.ts';
import { recordRacesSuite } from './durable-record-races.ts';
import { AWKWARD_TEXT, freshId } from './samples.ts';

/** What every durable store has to do with records, whatever their kind. */
export function recordsSuite(harness: DurableHarness): void {
  describe('records', () => {
    writingSuite(harness);
    expirySuite(harness);
    listingSuite(harness);
    revisionsSuite(harness);
    recordRacesSuite(harness);
  });
}

/** A record to write, of a kind that is not watched. */
export function sampleRecord(id: string, overrides: Partial<RecordToWrite> = {}): RecordToWrite {
  return { kind: 'credential', id, body: '{"a":1}', expected: 'any', events: [], ...overrides };
}

function write(bench: Bench, ...records: readonly RecordToWrite[]): Promise<readonly (number | undefined)[]> {
  return bench.durable.writeRecords(records, bench.clock.now());
}

async function find(bench: Bench, id: string, kind: RecordToWrite['kind'] = 'credential') {
  const [record] = await bench.durable.getRecords([{ kind, id }], bench.clock.now());
  return record;
}

function writingSuite(harness: DurableHarness): void {
  test('a record comes back as it was, of any text and of the greatest length', async () => {
    const bench = await createBench(harness);
    const [awkward, long] = [`${freshId()} Ünï "'\\%_ 漢字 🏛️`, `${freshId()}${'漢'.repeat(150)}`.padEnd(212, 'x')];
    expect(Buffer.byteLength(long)).toBe(512);
    const expiresAt = new Date(bench.clock.now().getTime() + 12_345);
    const owner = '漢'.repeat(170);
    const body = JSON.stringify({ text: AWKWARD_TEXT, fill: 'x'.repeat(MAX_BODY_BYTES) });
    expect(await write(bench, sampleRecord(awkward, { body, owner, expiresAt }), sampleRecord(long))).toEqual([1, 1]);
    const found = await find(bench, awkward);
    expect({ ...found, body: JSON.parse(found?.body ?? '') }).toEqual({
      id: awkward,
      version: 1,
      owner,
      expiresAt,
      body: JSON.parse(body),
    });
    expect(await find(bench, long)).toEqual({ id: long, version: 1, body: expect.anything() });
    await bench.durable.close();
  });

  test('create, replace and version conflicts: each write says what stands, and a refused one changes nothing', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    expect(await write(bench, sampleRecord(id, { expected: 1 }))).toEqual([undefined]);
    expect(await find(bench, id)).toBeUndefined();
    expect(await write(bench, sampleRecord(id, { expected: 'absent', owner: 'o', body: '{"n":1}' }))).toEqual([1]);
    expect(await write(bench, sampleRecord(id, { expected: 'absent', body: '{"n":0}' }))).toEqual([undefined]);
    expect(await write(bench, sampleRecord(id, { expected: 2, body: '{"n":0}' }))).toEqual([undefined]);
    expect(parsed(await find(bench, id))).toEqual({ id, version: 1, owner: 'o', body: { n: 1 } });
    expect(await write(bench, sampleRecord(id, { expected: 1, body: '{"n":2}' }))).toEqual([2]);
    expect(parsed(await find(bench, id))).toEqual({ id, version: 2, body: { n: 2 } });
    expect(await write(bench, sampleRecord(id, { expected: 'any', owner: 'p', body: '{"n":3}' }))).toEqual([3]);
    expect(parsed(await find(bench, id))).toEqual({ id, version: 3, owner: 'p', body: { n: 3 } });
    await bench.durable.close();
  });

  test('a record is removed once, and only as the version that is meant', async () => {
    const bench = await createBench(harness);
    const [one, two] = [freshId(), freshId()];
    await write(bench, sampleRecord(one), sampleRecord(two));
    const remove = (id: string, expectedVersion?: number) =>
      bench.durable.removeRecords(
        [{ kind: 'credential', id, events: [], ...(expectedVersion === undefined ? {} : { expectedVersion }) }],
        bench.clock.now(),
      );
    expect([await remove(one, 2), await remove(one, 1), await remove(one, 1)]).toEqual([[false], [true], [false]]);
    expect([await remove(two), await remove(two), await remove(freshId())]).toEqual([[true], [false], [false]]);
    expect(await write(bench, sampleRecord(one, { expected: 'absent' }))).toEqual([1]);
    await bench.durable.close();
  });

  test('a batch has an outcome for each record, in order, in one statement', async () => {
    const bench = await createBench(harness);
    const ids = Array.from({ length: 5 }, () => freshId());
    const [first = '', second = '', third = '', fourth = '', fifth = ''] = ids;
    await write(bench, sampleRecord(second), sampleRecord(third), sampleRecord(fifth));
    bench.counted();
    const outcomes = await write(
      bench,
      sampleRecord(fifth, { expected: 1 }),
      sampleRecord(first, { expected: 'absent' }),
      sampleRecord(second, { expected: 'absent' }),
      sampleRecord(third, { expected: 7 }),
      sampleRecord(fourth, { kind: 'consent' }),
    );
    expect(outcomes).toEqual([2, 1, undefined, undefined, 1]);
    expect(bench.counted()).toEqual(['write_records']);
    const refs = [
      ...ids.toReversed().map((id) => ({ kind: 'credential', id }) as const),
      { kind: 'consent', id: fourth } as const,
    ];
    const found = await bench.durable.getRecords(refs, bench.clock.now());
    expect(found.map((record) => record?.version)).toEqual([2, undefined, 1, 1, 1, 1]);
    const removals = [first, second, freshId()].map((id) => ({ kind: 'credential', id, events: [] }) as const);
    expect(await bench.durable.removeRecords(removals, bench.clock.now())).toEqual([true, true, false]);
    expect(bench.counted()).toEqual(['get_records', 'remove_records']);
    await bench.durable.close();
  });

  test('one id of two kinds is two records', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    expect(await write(bench, sampleRecord(id), sampleRecord(id, { kind: 'session' }))).toEqual([1, 1]);
    expect(await bench.durable.removeRecords([{ kind: 'session', id, events: [] }], bench.clock.now())).toEqual([true]);
    expect(await find(bench, id)).toMatchObject({ id, version: 1 });
    await bench.durable.close();
  });
}

function expirySuite(harness: DurableHarness): void {
  test('a record is there until the moment before it expires, and in no way after it', async () => {
    const bench = await createBench(harness);
    const [id, owner] = [freshId(), freshId()];
    const expiresAt = new Date(bench.clock.now().getTime() + 60_000);
    await write(bench, sampleRecord(id, { owner, expiresAt }));
    const list = () => bench.durable.listRecords({ kind: 'credential', owner, limit: 10 }, bench.clock.now());
    bench.clock.advance(59.999);
    expect(await find(bench, id)).toMatchObject({ id, expiresAt });
    expect((await list()).records).toHaveLength(1);
    bench.clock.advance(0.001);
    expect(await find(bench, id)).toBeUndefined();
    expect((await list()).records).toEqual([]);
    expect(await write(bench, sampleRecord(id, { expected: 1 }))).toEqual([undefined]);
    expect(await bench.durable.removeRecords([{ kind: 'credential', id, events: [] }], bench.clock.now())).toEqual([
      false,
    ]);
    expect(await write(bench, sampleRecord(id, { expected: 'absent' }))).toEqual([1]);
    expect(parsed(await find(bench, id))).toEqual({ id, version: 1, body: { a: 1 } });
    await bench.durable.close();
  });

  test('expired records are deleted in batches, and no others', async () => {
    const bench = await createBench(harness);
    const soon = new Date(bench.clock.now().getTime() + 1000);
    const later = new Date(soon.getTime() + 1);
    const [gone, kept, endless] = [Array.from({ length: 5 }, () => freshId()), freshId(), freshId()];
    await write(
      bench,
      ...gone.map((id) => sampleRecord(id, { expiresAt: soon })),
      sampleRecord(kept, { expiresAt: later }),
      sampleRecord(endless),
    );
    let deleted = 0;
    for (;;) {
      const count = await bench.durable.deleteExpiredRecords(later, 2);
      deleted += count;
      expect(count).toBeLessThanOrEqual(2);
      if (count < 2) break;
    }
    expect(deleted).toBeGreaterThanOrEqual(5);
    expect(await find(bench, kept)).toBeDefined();
    expect(await find(bench, endless)).toBeDefined();
    expect(await find(bench, gone[0] ?? '')).toBeUndefined();
    await bench.durable.close();
  });
}

function listingSuite(harness: DurableHarness): void {
  test('records are listed in the order of the bytes of their ids, upper and lower case and accents apart', async () => {
    const bench = await createBench(harness);
    const [prefix, owner] = [freshId(), freshId()];
    const inOrder = [
      '',
      ' ',
      '"',
      '%',
      'A',
      'B',
      'Z',
      '_',
      'a',
      'a ',
      'aa',
      'a\u0301',
      'b',
      'á',
      'é',
      '漢',
      'ｚ',
      '😀',
    ];
    const ids = inOrder.map((end) => prefix + end);
    await write(bench, ...ids.toReversed().map((id) => sampleRecord(id, { owner })));
    const { records } = await bench.durable.listRecords({ kind: 'credential', owner, limit: 100 }, bench.clock.now());
    expect(records.map(({ id }) => id)).toEqual(ids);
    for (const [index, after] of ids.entries()) {
      const listing = { kind: 'credential', owner, after, limit: 100 } as const;
      const rest = await bench.durable.listRecords(listing, bench.clock.now());
      expect(rest.records.map(({ id }) => id)).toEqual(ids.slice(index + 1));
    }
    await bench.durable.close();
  });

  test('a list has the records of one kind and, if asked, of one owner', async () => {
    const bench = await createBench(harness);
    const [owner, other, prefix] = [freshId(), freshId(), freshId()];
    await write(
      bench,
      sampleRecord(`${prefix}1`, { owner }),
      sampleRecord(`${prefix}2`, { owner: other }),
      sampleRecord(`${prefix}3`, { owner, kind: 'consent' }),
      sampleRecord(`${prefix}4`),
    );
    const ids = async (listing: { readonly owner?: string }) => {
      const all = { kind: 'credential', after: prefix, limit: 4, ...listing } as const;
      const { records } = await bench.durable.listRecords(all, bench.clock.now());
      return records.map(({ id }) => id).filter((id) => id.startsWith(prefix));
    };
    expect(await ids({ owner })).toEqual([`${prefix}1`]);
    expect(await ids({ owner: other })).toEqual([`${prefix}2`]);
    expect(await ids({ owner: owner.toUpperCase() === owner ? owner.toLowerCase() : owner.toUpperCase() })).toEqual([]);
    expect(await ids({})).toEqual([`${prefix}1`, `${prefix}2`, `${prefix}4`]);
    await bench.durable.close();
  });

  test('pages while records come and go: nothing twice, and nothing missed that was there all along', async () => {
    const bench = await createBench(harness);
    const [owner, prefix] = [freshId(), freshId()];
    const idAt = (place: number) => `${prefix}${String(place).padStart(4, '0')}`;
    const stays = Array.from({ length: 30 }, (_, index) => idAt(index * 10));
    await write(bench, ...stays.map((id) => sampleRecord(id, { owner })));
    const seen: string[] = [];
    let after: string | undefined;
    for (let page = 0; ; page += 1) {
      const listing = { kind: 'credential', owner, limit: 7, ...(after === undefined ? {} : { after }) } as const;
      const { records } = await bench.durable.listRecords(listing, bench.clock.now());
      seen.push(...records.map(({ id }) => id));
      if (records.length < 7) break;
      after = records.at(-1)?.id;
      // Before and after the cursor one comes and one goes, and the last of the page is replaced.
      const around = [idAt(page * 70 + 5), idAt(page * 70 + 75)];
      await write(bench, ...around.map((id) => sampleRecord(id, { owner })), sampleRecord(after ?? '', { owner }));
      const leaver = { kind: 'credential', id: idAt(page * 70 + 5), events: [] } as const;
      await bench.durable.removeRecords([leaver], bench.clock.now());
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted());
    expect(stays.filter((id) => !seen.includes(id))).toEqual([]);
    await bench.durable.close();
  });
}

function revisionsSuite(harness: DurableHarness): void {
  test('the revision of a watched kind counts its changes, and nothing else does', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    const connector = sampleRecord(id, { kind: 'connector', expected: 'absent' });
    const revision = async () => (await bench.durable.revisions()).connector ?? Number.NaN;
    const start = await revision();
    await write(bench, connector);
    const written = await revision();
    expect(written).toBeGreaterThan(start);
    const { revision: listed } = await bench.durable.listRecords({ kind: 'connector', limit: 1 }, bench.clock.now());
    expect(listed).toBe(written);
    await write(bench, connector, sampleRecord(freshId()), sampleRecord(freshId(), { kind: 'client', expected: 5 }));
    await bench.durable.removeRecords([{ kind: 'connector', id, expectedVersion: 9, events: [] }], bench.clock.now());
    expect(await revision()).toBe(written);
    await bench.durable.removeRecords([{ kind: 'connector', id, events: [] }], bench.clock.now());
    expect(await revision()).toBeGreaterThan(written);
    const { revision: unwatched } = await bench.durable.listRecords(
      { kind: 'credential', limit: 1 },
      bench.clock.now(),
    );
    expect(unwatched).toBe(0);
    expect(Object.keys(await bench.durable.revisions()).toSorted()).toEqual(['client', 'connector', 'key_set']);
    await bench.durable.close();
  });
}

function parsed(record: StoredRecord | undefined): unknown {
  return record === undefined ? undefined : { ...record, body: JSON.parse(record.body) };
}
