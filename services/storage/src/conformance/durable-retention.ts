import { addSeconds } from '@tessera/clock';
import { describe, expect, test } from 'vitest';
import { GRANT_RETENTION_SECONDS } from '../rules/retention.ts';
import { type Bench, createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { insertGrants, sampleNewGrant } from './durable-samples.ts';
import { freshId, sampleCode, sampleToken } from './samples.ts';

async function sweep({ durable, clock }: Bench): Promise<void> {
  const before = addSeconds(clock.now(), -GRANT_RETENTION_SECONDS);
  while ((await durable.deleteEndedGrants(before, 500)) === 500);
}

async function isKept({ api }: Bench, id: string): Promise<boolean> {
  return unwrapped((await api.findGrants([id]))[0]) !== undefined;
}

/** How long every durable store keeps grants. */
export function retentionSuite(harness: DurableHarness): void {
  describe('grants that ended', () => {
    test('a grant that was revoked goes a day later, however long it had to live', async () => {
      const bench = await createBench(harness);
      const [revoked, many, reused, kept] = [
        await bench.putGrant(),
        await bench.putGrant({ clientId: freshId() }),
        await bench.putGrant(),
        await bench.putGrant(),
      ];
      await bench.api.revokeGrants([{ grantId: revoked.id, reason: 'x' }]);
      await bench.api.revokeGrantsBy({ selector: { clientId: many.authorization.clientId }, reason: 'x' });
      for (let time = 0; time < 2; time += 1) await bench.api.rotateRefreshTokens([sampleToken(reused)]);
      bench.clock.advance(GRANT_RETENTION_SECONDS);
      await sweep(bench);
      expect(await isKept(bench, kept.id)).toBe(true);
      bench.clock.advance(0.002);
      await sweep(bench);
      const left = await Promise.all([revoked, many, reused, kept].map(({ id }) => isKept(bench, id)));
      expect(left).toEqual([false, false, false, true]);
      await bench.durable.close();
    });

    test('a grant with only an idle lifetime goes when it was forgotten, and stays while it is used', async () => {
      const bench = await createBench(harness);
      const rules = { validIfNotUsedForSeconds: 3600 };
      const put = async () => {
        const { refreshExpiresAt: _, ...endless } = sampleCode(await bench.putCode(), rules);
        await bench.api.redeemCodes([endless]);
        return grantNow(bench.api, endless.grantId);
      };
      const [forgotten, used] = [await put(), await put()];
      for (let hour = 0; hour < 60; hour += 1) {
        bench.clock.advance(3599);
        const generation = (await grantNow(bench.api, used.id)).generation;
        const outcome = await bench.api.rotateRefreshTokens([sampleToken(used, { ...rules, generation })]);
        expect(words(outcome)).toEqual([`rotated ${hour + 1}`]);
        await sweep(bench);
      }
      expect(await isKept(bench, forgotten.id)).toBe(false);
      expect(await isKept(bench, used.id)).toBe(true);
      await bench.durable.close();
    });

    test('a grant without an end stays for ever', async () => {
      const bench = await createBench(harness);
      const { refreshExpiresAt: _, ...endless } = sampleCode(await bench.putCode());
      await bench.api.redeemCodes([endless]);
      bench.clock.advance(10 * 365 * 86_400);
      await sweep(bench);
      expect(await isKept(bench, endless.grantId)).toBe(true);
      await bench.durable.close();
    });

    test('they are deleted in batches of the size that is asked for', async () => {
      const bench = await createBench(harness);
      const endsAt = new Date('2025-06-01T00:00:00.000Z');
      const userId = freshId();
      const ids = await insertGrants(
        bench,
        Array.from({ length: 23 }, () => sampleNewGrant({ userId }, { endsAt })),
      );
      const before = new Date(endsAt.getTime() + 1);
      const counts: number[] = [];
      do counts.push(await bench.durable.deleteEndedGrants(before, 5));
      while (counts.at(-1) === 5);
      expect(counts).toEqual([5, 5, 5, 5, 3]);
      expect((await bench.api.findGrants(ids)).map(unwrapped).every((grant) => grant === undefined)).toBe(true);
      await bench.durable.close();
    });
  });
}
