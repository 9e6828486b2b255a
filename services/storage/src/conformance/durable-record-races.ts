import { expect, test } from 'vitest';
import type { RecordToWrite } from '../ports.ts';
import { createBench, type DurableHarness } from './bench-api.ts';
import { freshId } from './samples.ts';

const CALLERS = 100;

/** What every durable store has to do when many write the same records at once. */
export function recordRacesSuite(harness: DurableHarness): void {
  for (const kind of ['credential', 'client'] as const) {
    test(`of ${CALLERS} parallel compare-and-sets of one ${kind} one wins, for the first version and for the next`, async () => {
      const bench = await createBench(harness);
      const id = freshId();
      for (const [expected, version] of [['absent', 1] as const, [1, 2] as const]) {
        const calls = Array.from({ length: CALLERS }, (_, index) =>
          bench.durable.writeRecords([recordOf(kind, id, { n: index }, expected)], bench.clock.now()),
        );
        const wins = (await Promise.all(calls)).flatMap(([won], index) => (won === undefined ? [] : [{ won, index }]));
        expect(wins.map(({ won }) => won)).toEqual([version]);
        const [record] = await bench.durable.getRecords([{ kind, id }], bench.clock.now());
        expect([record?.version, JSON.parse(record?.body ?? '')]).toEqual([version, { n: wins[0]?.index }]);
      }
      await bench.durable.removeRecords([{ kind, id, events: [] }], bench.clock.now());
      await bench.durable.close();
    });
  }

  test('whoever expects anything gets a version of their own, one after the other', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    const calls = Array.from({ length: 50 }, (_, index) =>
      bench.durable.writeRecords([recordOf('credential', id, { n: index }, 'any')], bench.clock.now()),
    );
    const versions = (await Promise.all(calls)).flat().map(Number);
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    const [record] = await bench.durable.getRecords([{ kind: 'credential', id }], bench.clock.now());
    expect(JSON.parse(record?.body ?? '')).toEqual({ n: versions.indexOf(50) });
    await bench.durable.close();
  });

  test('of those who replace and those who remove one version, one wins altogether', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    await bench.durable.writeRecords([recordOf('credential', id, {}, 'absent')], bench.clock.now());
    const calls = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? bench.durable.writeRecords([recordOf('credential', id, {}, 1)], bench.clock.now())
        : bench.durable.removeRecords([{ kind: 'credential', id, expectedVersion: 1, events: [] }], bench.clock.now()),
    );
    const outcomes = (await Promise.all<readonly (number | boolean | undefined)[]>(calls)).flat();
    expect(outcomes.filter((outcome) => outcome !== undefined && outcome !== false)).toHaveLength(1);
    await bench.durable.close();
  });

  test('batches that meet in different orders neither wait for one another forever nor fail', async () => {
    const bench = await createBench(harness);
    const ids = Array.from({ length: 6 }, () => freshId());
    const calls = Array.from({ length: 24 }, (_, index) => {
      const turned = [...ids.slice(index % 6), ...ids.slice(0, index % 6)];
      const batch = turned.map((id) => recordOf(index % 3 === 0 ? 'client' : 'credential', id, { index }, 'any'));
      return bench.durable.writeRecords(index % 2 === 0 ? batch : batch.toReversed(), bench.clock.now());
    });
    for (const versions of await Promise.all(calls))
      expect(versions.every((version) => version !== undefined)).toBe(true);
    const removals = ids.map((id) => ({ kind: 'client', id, events: [] }) as const);
    await bench.durable.removeRecords(removals, bench.clock.now());
    await bench.durable.close();
  });
}

function recordOf(
  kind: RecordToWrite['kind'],
  id: string,
  body: object,
  expected: RecordToWrite['expected'],
): RecordToWrite {
  return { kind, id, body: JSON.stringify(body), expected, events: [] };
}
