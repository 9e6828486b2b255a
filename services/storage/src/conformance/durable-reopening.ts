import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, unwrapped, words } from './bench-api.ts';
import { sampleToken } from './samples.ts';

const DAY_SECONDS = 86_400;

/** What every durable store has to do with rotations that could not be answered. */
export function reopeningSuite(harness: DurableHarness): void {
  describe('rotations that could not be answered', () => {
    test('the reuse interval begins anew, so that the client that comes again is no thief', async () => {
      const bench = await createBench(harness);
      const rules = { reuseIntervalSeconds: 30 };
      const [answered, unanswered] = [await bench.putGrant(), await bench.putGrant()];
      const lost = sampleToken(unanswered, rules);
      await bench.api.rotateRefreshTokens([sampleToken(answered, rules), lost]);
      bench.clock.advance(25);
      bench.counted();
      const reopened = await bench.api.reopenRotations([{ grantId: unanswered.id, generation: 1 }]);
      expect(bench.counted()).toEqual(['reopen_rotations']);
      expect(reopened.map(unwrapped)).toEqual([true]);
      bench.clock.advance(25);
      const again = [sampleToken(answered, rules), sampleToken(unanswered, rules)];
      expect(words(await bench.api.rotateRefreshTokens(again))).toEqual(['reused', 'rotated 1']);
      bench.clock.advance(DAY_SECONDS - 25);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(unanswered, rules)]))).toEqual(['reused']);
      await bench.durable.close();
    });

    test('without a reuse interval the predecessor is let in for a day, and for no longer', async () => {
      const bench = await createBench(harness);
      const [inside, outside] = [await bench.putGrant(), await bench.putGrant()];
      await bench.api.rotateRefreshTokens([sampleToken(inside), sampleToken(outside)]);
      bench.clock.advance(60);
      const rotations = [inside, outside].map(({ id: grantId }) => ({ grantId, generation: 1 }));
      await bench.api.reopenRotations(rotations);
      bench.clock.advance(DAY_SECONDS - 0.001);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(inside)]))).toEqual(['rotated 1']);
      bench.clock.advance(0.001);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(outside)]))).toEqual(['reused']);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(inside, { generation: 1 })]))).toEqual([
        'rotated 2',
      ]);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(inside, { generation: 1 })]))).toEqual(['reused']);
      await bench.durable.close();
    });

    test('only the last rotation of a standing grant is reopened, and each item has its outcome', async () => {
      const bench = await createBench(harness);
      const [fresh, moved, revoked, standing] = [
        await bench.putGrant(),
        await bench.putGrant(),
        await bench.putGrant(),
        await bench.putGrant(),
      ];
      const [first, second] = [sampleToken(moved), sampleToken(moved, { generation: 1 })];
      const [gone, last] = [sampleToken(revoked), sampleToken(standing)];
      await bench.api.rotateRefreshTokens([first, gone, last]);
      await bench.api.rotateRefreshTokens([second]);
      await bench.api.revokeGrants([{ grantId: revoked.id, reason: 'x' }]);
      const outcomes = await bench.api.reopenRotations([
        { grantId: fresh.id, generation: 0 },
        { grantId: moved.id, generation: 1 },
        { grantId: moved.id, generation: 2 },
        { grantId: revoked.id, generation: 1 },
        { grantId: standing.id, generation: 2 },
        { grantId: standing.id.toUpperCase(), generation: 1 },
        { grantId: '00000000-0000-4000-8000-000000000000', generation: 1 },
        { grantId: 'no-uuid', generation: 1 },
      ]);
      expect(outcomes.map(unwrapped)).toEqual([false, false, true, false, false, true, false, false]);
      await bench.durable.close();
    });

    test('reopening makes nothing of a token that only was used', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const token = sampleToken(grant, { rotates: false });
      await bench.api.rotateRefreshTokens([token]);
      const outcome = await bench.api.reopenRotations([{ grantId: grant.id, generation: 0 }]);
      expect(outcome.map(unwrapped)).toEqual([false]);
      await bench.durable.close();
    });
  });
}
