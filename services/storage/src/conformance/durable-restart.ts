import { expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { drain, sampleSession, subjectOf } from './durable-samples.ts';
import { freshId, sampleClient, sampleCode, sampleToken, sampleUser } from './samples.ts';

/** What outlives the process. */
export function restartSuite(harness: DurableHarness): void {
  // A store that promises nothing beyond the process has nothing to prove here.
  if (!harness.isPersistent) return;
  test('everything answered before a restart is there after it', async () => {
    const before = await createBench(harness);
    const name = freshId();
    const code = sampleCode(await before.putCode());
    const [grant] = await before.api.redeemCodes([code]);
    const rotated = await before.putGrant();
    await before.api.rotateRefreshTokens([sampleToken(rotated)]);
    await before.putUser(sampleUser());
    await before.putClient(sampleClient(name));
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
    await after.deleteUser('jane@example.org');
    await after.deleteClient(name);
    await after.durable.close();
  });

  test('whatever is broken off by a restart goes on from the last answer', async () => {
    let bench = await createBench(harness);
    await drain(bench);
    await bench.durable.removeRecords([{ kind: 'lease', id: 'outbox', events: [] }], bench.clock.now());
    const subject = subjectOf(freshId());
    const session = sampleSession({ subject });
    await bench.api.createSession(session);
    const grant = await bench.putGrant({ sessionId: session.id });
    const lost = sampleToken(grant, { reuseIntervalSeconds: 30 });
    await bench.api.rotateRefreshTokens([lost]);
    bench = await bench.reopen();
    bench.clock.advance(29);
    expect((await bench.api.reopenRotations([{ grantId: grant.id, generation: 1 }])).map(unwrapped)).toEqual([true]);
    bench = await bench.reopen();
    bench.clock.advance(29);
    const again = sampleToken(grant, { reuseIntervalSeconds: 30 });
    expect(words(await bench.api.rotateRefreshTokens([again]))).toEqual(['rotated 1']);
    expect(words(await bench.api.rotateRefreshTokens([lost]))).toEqual(['rotated 1']);
    expect(await bench.api.endSession({ id: session.id, reason: 'logout', revokesGrants: false })).toBe(true);
    bench = await bench.reopen();
    expect(await bench.api.endSession({ id: session.id, reason: 'logout', revokesGrants: true })).toBe(false);
    expect((await grantNow(bench.api, grant.id)).revokedAt).toEqual(bench.clock.now());
    bench = await bench.reopen();
    const request = { workerId: 'a', leaseSeconds: 30, limit: 100 };
    const taken = await bench.api.takeEvents(request);
    expect(taken.events.map(({ event }) => event.type).toSorted()).toEqual(['grant.revoked', 'session.ended']);
    bench = await bench.reopen();
    expect((await bench.api.takeEvents(request)).events).toEqual(taken.events);
    expect((await bench.api.takeEvents({ ...request, workerId: 'b' })).lanes).toEqual([]);
    await bench.api.settleEvents({ published: taken.events.map(({ position }) => position), parked: [] });
    await bench.api.releaseLanes('a');
    bench = await bench.reopen();
    const last = await bench.api.takeEvents({ ...request, workerId: 'b' });
    expect([last.events, last.lanes.length]).toEqual([[], 16]);
    await bench.api.releaseLanes('b');
    await bench.durable.close();
  });
}
