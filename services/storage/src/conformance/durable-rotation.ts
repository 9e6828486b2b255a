import type { User } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { userToJson } from '../codec/user-json.ts';
import { type Bench, createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { sampleToken, sampleUser } from './samples.ts';

/** What every durable store has to do with refresh tokens. */
export function rotationSuite(harness: DurableHarness): void {
  describe('refresh tokens', () => {
    test('RFC 6749 §6: a token is rotated in one statement', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      bench.clock.advance(5);
      const outcome = unwrapped((await bench.api.rotateRefreshTokens([sampleToken(grant)]))[0]);
      expect(bench.counted()).toEqual(['rotate_grants']);
      expect(bench.commands()).toEqual([]);
      expect(outcome).toMatchObject({
        type: 'rotated',
        grant: { id: grant.id, generation: 1, lastUsedAt: bench.clock.now() },
      });
      expect(await grantNow(bench.api, grant.id)).toEqual(outcome.type === 'rotated' && outcome.grant);
      await bench.durable.close();
    });

    test('N18: of 100 parallel rotations without a reuse interval at most one succeeds, and the family is revoked', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const calls = Array.from({ length: 100 }, () => bench.api.rotateRefreshTokens([sampleToken(grant)]));
      const seen = words((await Promise.all(calls)).flat());
      expect(seen.filter((word) => word === 'rotated 1')).toHaveLength(1);
      expect(seen.filter((word) => word === 'reused')).toHaveLength(1);
      expect(seen.filter((word) => word === 'revoked')).toHaveLength(98);
      expect((await grantNow(bench.api, grant.id)).revokedAt).toBeDefined();
      await bench.durable.close();
    });

    test('N19: within the reuse interval 100 parallel rotations all get the same successor', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const calls = Array.from({ length: 100 }, () =>
        bench.api.rotateRefreshTokens([sampleToken(grant, { reuseIntervalSeconds: 30 })]),
      );
      expect(new Set(words((await Promise.all(calls)).flat()))).toEqual(new Set(['rotated 1']));
      expect(await grantNow(bench.api, grant.id)).not.toHaveProperty('revokedAt');
      await bench.durable.close();
    });

    test('N18: the same grant twice in one batch is judged in order', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const [first, second, third] = [sampleToken(grant), sampleToken(grant), sampleToken(grant, { generation: 1 })];
      expect(words(await bench.api.rotateRefreshTokens([first, third, second, third]))).toEqual([
        'rotated 1',
        'rotated 2',
        'reused',
        'revoked',
      ]);
      await bench.durable.close();
    });

    test('N19: the reuse interval ends with its last moment; after it the family is revoked', async () => {
      const bench = await createBench(harness);
      const [inside, outside] = [await bench.putGrant(), await bench.putGrant()];
      const token = (grant: typeof inside) => sampleToken(grant, { reuseIntervalSeconds: 30 });
      await bench.api.rotateRefreshTokens([token(inside), token(outside)]);
      bench.clock.advance(29.999);
      expect(words(await bench.api.rotateRefreshTokens([token(inside)]))).toEqual(['rotated 1']);
      bench.clock.advance(0.001);
      expect(words(await bench.api.rotateRefreshTokens([token(outside)]))).toEqual(['reused']);
      expect(words(await bench.api.rotateRefreshTokens([token(outside)]))).toEqual(['revoked']);
      expect((await grantNow(bench.api, outside.id)).revokedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });

    test('N19: an attempt repeated after a lost answer gets the same successor, however late', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const token = sampleToken(grant);
      expect(words(await bench.api.rotateRefreshTokens([token]))).toEqual(['rotated 1']);
      bench.clock.advance(3600);
      expect(words(await bench.api.rotateRefreshTokens([token]))).toEqual(['rotated 1']);
      expect((await grantNow(bench.api, grant.id)).lastUsedAt).toEqual(grant.lastUsedAt);
      await bench.durable.close();
    });

    test('a token two generations old is reuse even within the interval', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const rules = { reuseIntervalSeconds: 30 };
      await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]);
      await bench.api.rotateRefreshTokens([sampleToken(grant, { ...rules, generation: 1 })]);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['reused']);
      await bench.durable.close();
    });

    test('N25: a batch has an outcome for each item, and the unknown change nothing', async () => {
      const bench = await createBench(harness);
      const [good, other, future, revoked] = [
        await bench.putGrant(),
        await bench.putGrant(),
        await bench.putGrant(),
        await bench.putGrant(),
      ];
      const unrefreshable = await bench.putGrant({ isRefreshable: false });
      await bench.api.revokeGrants([{ grantId: revoked.id, reason: 'client_request' }]);
      const outcomes = await bench.api.rotateRefreshTokens([
        sampleToken(other, { clientId: 'other' }),
        sampleToken(future, { generation: 1 }),
        sampleToken(revoked),
        sampleToken(unrefreshable),
        sampleToken({ ...good, id: 'no-uuid' }),
        sampleToken({ ...good, id: '00000000-0000-4000-8000-000000000000' }),
        sampleToken(other, { clientId: 'nul\0' }),
        sampleToken(good),
      ]);
      expect(words(outcomes)).toEqual([
        'unknown',
        'unknown',
        'revoked',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        'rotated 1',
      ]);
      expect(await grantNow(bench.api, other.id)).toEqual(other);
      expect(await grantNow(bench.api, future.id)).toEqual(future);
      await bench.durable.close();
    });

    test('a grant expires at its moment, and when it was idle too long', async () => {
      const bench = await createBench(harness);
      const [absolute, idle, active] = [await bench.putGrant(), await bench.putGrant(), await bench.putGrant()];
      const rules = { validIfNotUsedForSeconds: 3600 };
      bench.clock.advance(3599.999);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(active, rules)]))).toEqual(['rotated 1']);
      bench.clock.advance(0.001);
      const both = [sampleToken(idle, rules), sampleToken(active, { ...rules, generation: 1 })];
      expect(words(await bench.api.rotateRefreshTokens(both))).toEqual(['expired', 'rotated 2']);
      bench.clock.set(absolute.expiresAt ?? new Date(0));
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(absolute)]))).toEqual(['expired']);
      expect((await grantNow(bench.api, absolute.id)).generation).toBe(0);
      await bench.durable.close();
    });

    test('without rotation the token stays, and its use is noted once per reuse interval', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant();
      const rules = { rotates: false, reuseIntervalSeconds: 30 };
      bench.clock.advance(29.999);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['rotated 0']);
      expect((await grantNow(bench.api, grant.id)).lastUsedAt).toEqual(grant.lastUsedAt);
      bench.clock.advance(0.001);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['rotated 0']);
      expect((await grantNow(bench.api, grant.id)).lastUsedAt).toEqual(bench.clock.now());
      await bench.durable.close();
    });
  });
  upstreamSuite(harness);
  peopleSuite(harness);
}

function upstreamSuite(harness: DurableHarness): void {
  describe('refresh tokens whose upstream is asked', () => {
    test('nothing changes before the upstream answered; its answer is stored with the rotation', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant({ refreshesUpstream: true });
      const token = sampleToken(grant);
      const first = unwrapped((await bench.api.rotateRefreshTokens([token]))[0]);
      expect(first).toEqual({ type: 'upstream_first', grant });
      expect(await grantNow(bench.api, grant.id)).toEqual(grant);
      const identity = { ...grant.authorization.identity, groups: ['new'], username: 'Jane II' };
      const upstream = { identity, connectorData: Buffer.from('fresh') };
      expect(words(await bench.api.rotateRefreshTokens([{ ...token, upstream }]))).toEqual(['rotated 1']);
      const { authorization } = await grantNow(bench.api, grant.id);
      expect(authorization.identity).toEqual(identity);
      expect(Buffer.from(authorization.connectorData)).toEqual(upstream.connectorData);
      await bench.durable.close();
    });

    test('N19: a predecessor within the reuse interval gets the successor without the upstream, a reused one is refused', async () => {
      const bench = await createBench(harness);
      const grant = await bench.putGrant({ refreshesUpstream: true });
      const upstream = { identity: grant.authorization.identity, connectorData: Buffer.of() };
      const rules = { reuseIntervalSeconds: 30 };
      await bench.api.rotateRefreshTokens([sampleToken(grant, { ...rules, upstream })]);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['rotated 1']);
      bench.clock.advance(30);
      expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant, rules)]))).toEqual(['reused']);
      await bench.durable.close();
    });
  });
}

const jane = {
  email: 'Jane@Example.org',
  username: 'jane',
  emailVerified: true,
  userId: 'u1',
  groups: ['from-file'],
  hash: '$2b$10$abcdefghijklmnopqrstuuJ1Zl0g0w0W0m1Qq7lT0nQz3pX0e1y2a',
  claims: {},
};

function peopleSuite(harness: DurableHarness): void {
  describe('refresh tokens of the password database', () => {
    test('N38: a person who is gone, disabled or another one under the email loses the grant', async () => {
      for (const change of ['gone', 'disabled', 'other'] as const) {
        const bench = await createBench(harness);
        await bench.putUser(sampleUser());
        const grant = await bench.putGrant({ connectorId: 'local' });
        expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant)]))).toEqual(['rotated 1']);
        if (change === 'gone') await bench.deleteUser('JANE@example.org');
        if (change === 'disabled') await bench.putUser(sampleUser({ isEnabled: false }));
        const other = { ...sampleUser().identity, userId: 'u2' };
        if (change === 'other') await bench.putUser(sampleUser({ identity: other }));
        expect((await grantNow(bench.api, grant.id)).revokedAt).toEqual(bench.clock.now());
        const next = sampleToken(grant, { generation: 1 });
        expect(words(await bench.api.rotateRefreshTokens([next]))).toEqual(['user_gone']);
        await bench.putUser(sampleUser());
        expect(words(await bench.api.rotateRefreshTokens([next]))).toEqual(['revoked']);
        await bench.deleteUser('jane@example.org');
        await bench.durable.close();
      }
    });

    test('the claims are those of the person now; the grant keeps those of the sign-in', async () => {
      const bench = await createBench(harness);
      await bench.putUser(sampleUser());
      const grant = await bench.putGrant({ connectorId: 'local' });
      const identity = { ...sampleUser().identity, groups: ['promoted'] };
      await bench.putUser(sampleUser({ identity }));
      const outcome = unwrapped((await bench.api.rotateRefreshTokens([sampleToken(grant)]))[0]);
      expect(bench.counted().filter((name) => name !== 'write_records')).toEqual(['rotate_grants']);
      expect(outcome).toMatchObject({ type: 'rotated', grant: { authorization: { identity } } });
      const [found] = await bench.durable.findGrants([grant.id]);
      expect(found?.grant.authorization.identity).toEqual(grant.authorization.identity);
      expect(found?.user?.identity).toEqual(identity);
      await bench.deleteUser('jane@example.org');
      await bench.durable.close();
    });

    test('a person of the configuration stands by it, whatever is stored under the email', async () => {
      const bench = await createBench(harness, { staticPasswords: [jane] });
      const stored = sampleUser({ isEnabled: false });
      await storeUser(bench, stored);
      const grant = await bench.putGrant({ connectorId: 'local' });
      const outcome = unwrapped((await bench.api.rotateRefreshTokens([sampleToken(grant)]))[0]);
      expect(outcome).toMatchObject({
        type: 'rotated',
        grant: { generation: 1, authorization: { identity: { username: 'jane', groups: ['from-file'] } } },
      });
      await bench.durable.removeRecords([{ kind: 'user', id: stored.email, events: [] }], bench.clock.now());
      await bench.durable.close();
    });
  });
}

/** Past the operations, which would refuse to store somebody the configuration has. */
async function storeUser(bench: Bench, user: User): Promise<void> {
  const record = { kind: 'user', id: user.email, body: userToJson(user), expected: 'any', events: [] } as const;
  await bench.durable.writeRecords([record], bench.clock.now());
}
