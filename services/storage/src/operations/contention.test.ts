import { runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createBench } from '../conformance/bench-api.ts';
import {
  insertGrants,
  sampleInitialAccessToken,
  sampleNewGrant,
  sampleSession,
} from '../conformance/durable-samples.ts';
import type { DurableStore, RecordKind } from '../ports.ts';

/** A bench where somebody else is always quicker with records of a kind, so many times. */
function rivalled(kind: RecordKind, times: number) {
  let left = times;
  return createBench({
    async open(options) {
      const store: DurableStore = createMemoryDurableStore(options);
      return {
        ...store,
        async writeRecords(records, now) {
          const isMeant = records.some((record) => record.kind === kind && typeof record.expected === 'number');
          if (!isMeant || left === 0) return store.writeRecords(records, now);
          left -= 1;
          return records.map(() => undefined);
        },
      };
    },
    isPersistent: false,
  });
}

test('a use of a token is tried again while others are quicker, but not for ever', async () => {
  for (const times of [19, 20]) {
    const bench = await rivalled('initial_access_token', times);
    const value = sampleInitialAccessToken();
    await bench.api.putRecord({ kind: 'initial_access_token', value, expected: 'absent', actor: '' });
    const used = bench.api.consumeInitialAccessToken(value.id);
    if (times < 20) expect(await used).toEqual(value);
    else await expect(used).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.contended' });
  }
});

test('a worker tries again for its lanes while others are quicker, but not for ever', async () => {
  for (const times of [19, 20]) {
    const bench = await rivalled('lease', times);
    await bench.api.takeEvents({ workerId: 'a', leaseSeconds: 30, limit: 1 });
    bench.clock.advance(5);
    const taken = bench.api.takeEvents({ workerId: 'b', leaseSeconds: 30, limit: 1 });
    if (times < 20) expect((await taken).lanes).toEqual([]);
    else await expect(taken).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.contended' });
  }
});

test('the end of a session whose grants are not all revoked in time is an error, and the next call goes on', async () => {
  const bench = await createBench({ open: async (options) => createMemoryDurableStore(options), isPersistent: false });
  const session = sampleSession();
  await bench.api.createSession(session);
  const grants = Array.from({ length: 700 }, () => sampleNewGrant({ userId: 'u1', sessionId: session.id }));
  await insertGrants(bench, grants);
  const end = () => bench.api.endSession({ id: session.id, reason: 'logout', revokesGrants: true });
  const context = { requestId: 'test', deadlineMs: bench.clock.monotonicMs() + 500 };
  await expect(runInContext(context, end)).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.incomplete' });
  expect(await end()).toBe(false);
  const standing = await bench.api.revokeGrantsBy({ selector: { sessionId: session.id }, reason: 'x' });
  expect(standing).toEqual({ revoked: 0, isComplete: true });
});
