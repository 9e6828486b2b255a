import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped } from './bench-api.ts';
import { sampleCode } from './samples.ts';

/** What every durable store has to do with grants at rest. */
export function grantsSuite(harness: DurableHarness): void {
  describe('grants', () => {
    test('RFC 7009 §2.1: a grant is revoked once, by its client or by whoever may, in one statement', async () => {
      const bench = await createBench(harness);
      const [own, any] = [await bench.putGrant(), await bench.putGrant()];
      const reason = 'client_request';
      const outcomes = await bench.api.revokeGrants([
        { grantId: own.id, clientId: 'app', reason },
        { grantId: any.id, reason },
        { grantId: '00000000-0000-4000-8000-000000000000', reason },
        { grantId: 'no-uuid', reason },
      ]);
      expect(bench.counted()).toEqual(['revoke_grants']);
      expect(outcomes.map(unwrapped)).toEqual([true, true, false, false]);
      const again = await bench.api.revokeGrants([{ grantId: own.id, clientId: 'app', reason }]);
      expect(again.map(unwrapped)).toEqual([false]);
      await bench.durable.close();
    });

    test('RFC 7009 §2.1: another client cannot revoke a grant, and the same grant twice in a batch is revoked once', async () => {
      const bench = await createBench(harness);
      const { id: grantId } = await bench.putGrant();
      const outcomes = await bench.api.revokeGrants([
        { grantId, clientId: 'other', reason: 'x' },
        { grantId: grantId.toUpperCase(), clientId: 'app', reason: 'x' },
        { grantId, clientId: 'app', reason: 'x' },
      ]);
      expect(outcomes.map(unwrapped)).toEqual([false, true, false]);
      expect((await grantNow(bench.api, grantId)).revokedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });

    test('of 100 who revoke at once one did it', async () => {
      const bench = await createBench(harness);
      const { id: grantId } = await bench.putGrant();
      const calls = Array.from({ length: 100 }, () => bench.api.revokeGrants([{ grantId, reason: 'x' }]));
      const outcomes = (await Promise.all(calls)).flat().map(unwrapped);
      expect(outcomes.filter((isRevoked) => isRevoked)).toHaveLength(1);
      await bench.durable.close();
    });

    test('grants are found in order, in one statement, and none for an id nobody has', async () => {
      const bench = await createBench(harness);
      const [first, second] = [await bench.putGrant(), await bench.putGrant()];
      const ids = [second.id, 'no-uuid', first.id, second.id, '00000000-0000-4000-8000-000000000000'];
      const found = await bench.api.findGrants(ids);
      expect(bench.counted()).toEqual(['find_grants']);
      expect(found.map(unwrapped)).toEqual([second, undefined, first, second, undefined]);
      await bench.durable.close();
    });

    test('an expired grant stays for a day, so that a replay is recognised, and then goes', async () => {
      const bench = await createBench(harness);
      const code = sampleCode(await bench.putCode({ isRefreshable: false }));
      await bench.api.redeemCodes([code]);
      const kept = await bench.putGrant();
      const sweep = () => bench.durable.deleteEndedGrants(new Date(bench.clock.now().getTime() - 86_400_000), 500);
      bench.clock.set(new Date(code.tokensExpireAt.getTime() + 86_399_999));
      await sweep();
      expect(unwrapped((await bench.api.findGrants([code.grantId]))[0])).toBeDefined();
      bench.clock.advance(0.002);
      await sweep();
      expect((await bench.api.findGrants([code.grantId, kept.id])).map(unwrapped)).toEqual([undefined, kept]);
      await bench.durable.close();
    });
  });
}
