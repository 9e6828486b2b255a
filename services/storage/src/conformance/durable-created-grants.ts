import { randomUUID } from 'node:crypto';
import type { GrantToCreate } from '@tessera/contracts';
import type { Outcome } from '@tessera/rpc';
import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { drainKey, subjectOf } from './durable-samples.ts';
import { freshId, sampleAuthorization, sampleCode, sampleToken } from './samples.ts';

/** What every durable store has to do with grants that come of no code. */
export function createdGrantsSuite(harness: DurableHarness): void {
  describe('grants that come of no code', () => {
    test('a batch of them is one statement; they come back as they were, and go on as any other', async () => {
      const bench = await createBench(harness);
      const details = { grantType: 'password', acr: '1', amr: ['pwd'], actor: { sub: 'proxy' } };
      const lasting = toCreate({ redirectUri: '', details });
      const short = toCreate({ isRefreshable: false, details: { grantType: 'implicit' } });
      bench.counted();
      const [first, second] = (await bench.api.createGrants([lasting, short])).map(unwrapped);
      expect(bench.counted()).toEqual(['insert_grants']);
      expect(bench.commands()).toEqual([]);
      expect(first).toMatchObject({ id: lasting.grantId, generation: 0, createdAt: bench.clock.now() });
      expect([first?.expiresAt, second?.expiresAt]).toEqual([lasting.refreshExpiresAt, short.tokensExpireAt]);
      const kept = await grantNow(bench.api, lasting.grantId);
      expect(kept.authorization.details).toEqual(details);
      expect(kept.authorization).toEqual(first?.authorization);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(kept)]))).toEqual(['rotated 1']);
      expect(
        words(await bench.api.rotateRefreshTokens([sampleToken(await grantNow(bench.api, short.grantId))])),
      ).toEqual(['unknown']);
      await bench.durable.close();
    });

    test('of 100 who repeat one creation all get the same grant, which stands, and nothing is told', async () => {
      const bench = await createBench(harness);
      const identity = { ...sampleAuthorization().identity, userId: freshId() };
      const grant = toCreate({ identity });
      const calls = Array.from({ length: 50 }, () => bench.api.createGrants([grant, grant]));
      const created = (await Promise.all(calls)).flat().map(unwrapped);
      expect(new Set(created.map(({ id }) => id))).toEqual(new Set([grant.grantId]));
      expect(await grantNow(bench.api, grant.grantId)).not.toHaveProperty('revokedAt');
      expect(await drainKey(bench, subjectOf(identity.userId))).toEqual([]);
      await bench.durable.close();
    });

    test('a repetition gets the grant as it stands: rotated with another identity, or revoked', async () => {
      const bench = await createBench(harness);
      const grant = toCreate({ refreshesUpstream: true });
      const [created] = (await bench.api.createGrants([grant])).map(unwrapped);
      const identity = { ...grant.authorization.identity, email: 'other@example.org' };
      const upstream = { identity, connectorData: new Uint8Array() };
      if (created === undefined) throw new Error('no grant');
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(created, { upstream })]))).toEqual(['rotated 1']);
      const upper = { ...grant, grantId: grant.grantId.toUpperCase() };
      expect((await bench.api.createGrants([upper])).map(unwrapped)).toMatchObject([
        { id: grant.grantId, generation: 1, authorization: { identity } },
      ]);
      await bench.api.revokeGrants([{ grantId: grant.grantId, reason: 'x' }]);
      const [again] = (await bench.api.createGrants([grant])).map(unwrapped);
      expect(again?.revokedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });

    test('another authorization under the same id is refused, and the grant that has it stands', async () => {
      const bench = await createBench(harness);
      const grant = toCreate();
      await bench.api.createGrants([grant]);
      const { identity } = grant.authorization;
      const others = [
        { clientId: 'other' },
        { scopes: ['openid', 'admin'] },
        { identity: { ...identity, userId: 'u2' } },
        { sessionId: 'another' },
        { details: { resources: ['https://api.example'] } },
      ];
      for (const other of others) {
        const outcomes = await bench.api.createGrants([
          { ...grant, authorization: sampleAuthorization(other) },
          toCreate(),
          grant,
        ]);
        expect(codes(outcomes)).toEqual(['storage.grant_exists', 'ok', 'ok']);
      }
      expect(await grantNow(bench.api, grant.grantId)).not.toHaveProperty('revokedAt');
      await bench.durable.close();
    });

    test('N15: no code is taken for the id of such a grant, so that nobody revokes it by a replay', async () => {
      const bench = await createBench(harness);
      const grant = toCreate();
      await bench.api.createGrants([grant]);
      expect(words(await bench.api.redeemCodes([sampleCode(`grant:${grant.grantId}`)]))).toEqual(['unknown']);
      expect(await grantNow(bench.api, grant.grantId)).not.toHaveProperty('revokedAt');
      await bench.durable.close();
    });

    test('what cannot be kept fails alone', async () => {
      const bench = await createBench(harness);
      const never = new Date(Number.NaN);
      const outcomes = await bench.api.createGrants([
        { ...toCreate(), grantId: 'no-uuid' },
        toCreate({ clientId: '' }),
        toCreate({ identity: { ...sampleAuthorization().identity, userId: 'x'.repeat(600) } }),
        { ...toCreate(), tokensExpireAt: never },
        { ...toCreate(), refreshExpiresAt: never },
        toCreate({ details: { acr: 'x'.repeat(16 * 1024) } }),
        toCreate({ details: { acr: 'x'.repeat(15 * 1024) } }),
      ]);
      const invalid = Array.from({ length: 5 }, () => 'storage.invalid_record');
      expect(codes(outcomes)).toEqual(['storage.invalid_id', ...invalid, 'ok']);
      await bench.durable.close();
    });
  });
}

function toCreate(authorization: Parameters<typeof sampleAuthorization>[0] = {}): GrantToCreate {
  return {
    grantId: randomUUID(),
    authorization: sampleAuthorization(authorization),
    tokensExpireAt: new Date('2026-01-01T01:00:00.000Z'),
    refreshExpiresAt: new Date('2026-02-01T00:00:00.000Z'),
    validIfNotUsedForSeconds: 0,
  };
}

function codes(outcomes: readonly Outcome<unknown>[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));
}
