import { runInContext } from '@tessera/telemetry';
import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { AWKWARD_TEXT, freshId, sampleClient, sampleCode, sampleToken, sampleUser } from './samples.ts';

/** What every durable store has to do with grants at rest, people, clients and key sets. */
export function recordsSuite(harness: DurableHarness): void {
  grantsSuite(harness);
  usersSuite(harness);
  clientsSuite(harness);
  keySetsSuite(harness);
  restartSuite(harness);
}

function grantsSuite(harness: DurableHarness): void {
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
      const sweep = () => bench.durable.deleteExpiredGrants(new Date(bench.clock.now().getTime() - 86_400_000), 500);
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

function usersSuite(harness: DurableHarness): void {
  describe('people', () => {
    test('a person is found by email in any case, replaced and deleted', async () => {
      const bench = await createBench(harness);
      const identity = { ...sampleUser().identity, username: AWKWARD_TEXT };
      await bench.admin.putUser(sampleUser({ email: 'Jane@EXAMPLE.org', identity }));
      expect(await bench.api.findUser('jANE@example.org')).toEqual(sampleUser({ identity }));
      await bench.admin.putUser(sampleUser({ isEnabled: false }));
      expect(await bench.api.findUser('jane@example.org')).toEqual(sampleUser({ isEnabled: false }));
      expect(await bench.admin.deleteUser('Jane@example.org')).toBe(true);
      expect(await bench.admin.deleteUser('Jane@example.org')).toBe(false);
      expect(await bench.api.findUser('jane@example.org')).toBeUndefined();
      expect(await bench.api.findUser('jane\0@example.org')).toBeUndefined();
      expect(await bench.api.findUser("' OR 1=1 --")).toBeUndefined();
      await bench.durable.close();
    });
  });
}

function clientsSuite(harness: DurableHarness): void {
  describe('clients', () => {
    test('clients come back as they were, with a version that changes with each change', async () => {
      const bench = await createBench(harness);
      const before = await bench.api.listClients();
      expect(before.clients).toEqual([]);
      await bench.admin.putClient(sampleClient('a'));
      const after = await bench.api.listClients(before.version);
      expect(after.version).not.toBe(before.version);
      expect(after.clients).toHaveLength(1);
      const [client] = after.clients ?? [];
      expect({ ...client, secrets: [] }).toEqual({ ...sampleClient('a'), secrets: [] });
      expect(client?.secrets.map(({ hash }) => [...hash])).toEqual([[3, 255], [5]]);
      expect(client?.secrets[1]?.expiresAt).toEqual(sampleClient('a').secrets[1]?.expiresAt);
      expect(await bench.admin.deleteClient('a')).toBe(true);
      expect(await bench.admin.deleteClient('a')).toBe(false);
      const last = await bench.api.listClients(after.version);
      expect(last.clients).toEqual([]);
      expect(last.version).not.toBe(after.version);
      await bench.durable.close();
    });

    test('a caller who knows the version is answered without clients when their deadline is near', async () => {
      const bench = await createBench(harness);
      const { version } = await bench.api.listClients();
      const context = { requestId: 'test', deadlineMs: bench.clock.monotonicMs() + 500 };
      expect(await runInContext(context, () => bench.api.listClients(version))).toEqual({ version });
      await bench.durable.close();
    });
  });
}

function keySetsSuite(harness: DurableHarness): void {
  describe('key sets', () => {
    test('a key set is set from version to version', async () => {
      const bench = await createBench(harness);
      const name = freshId();
      expect(await bench.api.getKeySet(name)).toMatchObject({ version: 0 });
      expect((await bench.api.getKeySet(name)).payload).toHaveLength(0);
      expect(await bench.api.compareAndSetKeySet(name, 1, Uint8Array.of(9))).toBe(false);
      expect(await bench.api.compareAndSetKeySet(name, 0, Uint8Array.of(1, 255))).toBe(true);
      expect(await bench.api.compareAndSetKeySet(name, 0, Uint8Array.of(9))).toBe(false);
      expect(await bench.api.compareAndSetKeySet(name, 1, Uint8Array.of(2, 0))).toBe(true);
      const { version, payload } = await bench.api.getKeySet(name);
      expect([version, ...payload]).toEqual([2, 2, 0]);
      await bench.durable.close();
    });

    test('of 100 callers with one version one wins, for the first version and for the next', async () => {
      const bench = await createBench(harness);
      const name = freshId();
      for (const expectedVersion of [0, 1]) {
        const calls = Array.from({ length: 100 }, (_, index) =>
          bench.api.compareAndSetKeySet(name, expectedVersion, Uint8Array.of(index)),
        );
        const wins = (await Promise.all(calls)).flatMap((isSet, index) => (isSet ? [index] : []));
        expect(wins).toHaveLength(1);
        const { version, payload } = await bench.api.getKeySet(name);
        expect([version, ...payload]).toEqual([expectedVersion + 1, wins[0]]);
      }
      await bench.durable.close();
    });
  });
}

function restartSuite(harness: DurableHarness): void {
  // A store that promises nothing beyond the process has nothing to prove here.
  if (!harness.isPersistent) return;
  test('everything answered before a restart is there after it', async () => {
    const before = await createBench(harness);
    const name = freshId();
    const code = sampleCode(await before.putCode());
    const [grant] = await before.api.redeemCodes([code]);
    const rotated = await before.putGrant();
    await before.api.rotateRefreshTokens([sampleToken(rotated)]);
    await before.admin.putUser(sampleUser());
    await before.admin.putClient(sampleClient(name));
    await before.api.compareAndSetKeySet(name, 0, Uint8Array.of(7));
    const { version } = await before.api.listClients();
    const after = await before.reopen();
    expect(words([grant ?? { ok: true, value: { type: 'refused', refusal: 'unknown' } }])).toEqual(['redeemed']);
    expect((await grantNow(after.api, code.grantId)).generation).toBe(0);
    expect(words(await after.api.rotateRefreshTokens([sampleToken(rotated)]))).toEqual(['reused']);
    expect(words(await after.api.redeemCodes([sampleCode(code.codeId)]))).toEqual(['replayed']);
    expect(await after.api.findUser('jane@example.org')).toBeDefined();
    const clients = await after.api.listClients();
    expect(clients.version).toBe(version);
    expect(clients.clients?.map(({ id }) => id)).toContain(name);
    expect((await after.api.getKeySet(name)).version).toBe(1);
    await after.admin.deleteUser('jane@example.org');
    await after.admin.deleteClient(name);
    await after.durable.close();
  });
}
