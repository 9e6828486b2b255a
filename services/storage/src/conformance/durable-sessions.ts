import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness, grantNow, unwrapped } from './bench-api.ts';
import { drain, drainKey, sampleConsent, sampleEvent, sampleSession, subjectOf } from './durable-samples.ts';
import { freshId } from './samples.ts';

/** What every durable store has to do with sessions and consents. */
export function sessionsSuite(harness: DurableHarness): void {
  describe('sessions', () => {
    sessionLifeSuite(harness);
    sessionEndSuite(harness);
    endOfSomeGrantsSuite(harness);
  });
  describe('consents', () => consentsSuite(harness));
}

function sessionLifeSuite(harness: DurableHarness): void {
  test('a session comes back as it was; created again it changes nothing and tells nothing', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const session = sampleSession({ subject: subjectOf(freshId()) });
    const started = sampleEvent(session.subject, { type: 'session.started' });
    await bench.api.createSession(session, [started]);
    await bench.api.createSession({ ...session, clientIds: [] }, [sampleEvent(session.subject)]);
    const found = await bench.api.findSessions([session.id, freshId(), 'nul\0', session.id]);
    const kept = { value: session, version: 1 };
    expect(found.map(unwrapped)).toEqual([kept, undefined, undefined, kept]);
    expect(await drainKey(bench, session.subject)).toEqual([{ type: 'session.started', data: { clientId: 'app' } }]);
    await bench.durable.close();
  });

  test('of 100 who update one version of a session one does it, and its lifetime with it', async () => {
    const bench = await createBench(harness);
    const session = sampleSession();
    await bench.api.createSession(session);
    const expiresAt = new Date(session.expiresAt.getTime() + 3_600_000);
    const calls = Array.from({ length: 100 }, (_, index) =>
      bench.api.updateSession({ ...session, expiresAt, clientIds: [`c${index}`] }, 1),
    );
    const wins = (await Promise.all(calls)).flatMap((isUpdated, index) => (isUpdated ? [`c${index}`] : []));
    expect(wins).toHaveLength(1);
    bench.clock.set(new Date(session.expiresAt.getTime() + 1));
    const [found] = await bench.api.findSessions([session.id]);
    expect(unwrapped(found)).toEqual({ value: { ...session, expiresAt, clientIds: wins }, version: 2 });
    bench.clock.set(expiresAt);
    expect(unwrapped((await bench.api.findSessions([session.id]))[0])).toBeUndefined();
    expect(await bench.api.updateSession(session, 2)).toBe(false);
    await bench.durable.close();
  });

  test('sessions are listed in pages, of one person or of all', async () => {
    const bench = await createBench(harness);
    const [mine, others] = [subjectOf(freshId()), subjectOf(freshId())];
    const sessions = Array.from({ length: 5 }, () => sampleSession({ subject: mine }));
    for (const session of [...sessions, sampleSession({ subject: others })]) await bench.api.createSession(session);
    const first = await bench.api.listSessions({ subject: mine, limit: 3 });
    const rest = await bench.api.listSessions({ subject: mine, limit: 3, cursor: first.nextCursor ?? '' });
    const ids = [...first.items, ...rest.items].map(({ value }) => value.id);
    expect(ids).toEqual(sessions.map(({ id }) => id).toSorted());
    expect([first.items.length, rest.nextCursor]).toEqual([3, undefined]);
    expect((await bench.api.listSessions({ limit: 1000 })).items.length).toBeGreaterThanOrEqual(6);
    await bench.durable.close();
  });
}

function sessionEndSuite(harness: DurableHarness): void {
  test('of 100 who end a session one does it, its end is told once, and its grants stay when nobody asks', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const session = sampleSession({ subject: subjectOf(freshId()) });
    await bench.api.createSession(session);
    const grant = await bench.putGrant({ sessionId: session.id });
    const end = () => bench.api.endSession({ id: session.id, reason: 'logout', revokesGrants: false });
    const outcomes = await Promise.all(Array.from({ length: 100 }, end));
    expect(outcomes.filter((isEnded) => isEnded)).toHaveLength(1);
    const data = { sessionId: session.id, connectorId: 'ldap', reason: 'logout' };
    expect(await drainKey(bench, session.subject)).toEqual([{ type: 'session.ended', data }]);
    expect(await grantNow(bench.api, grant.id)).not.toHaveProperty('revokedAt');
    await bench.durable.close();
  });

  test('the grants of a session are revoked with it, and by whoever repeats a call that broke off', async () => {
    const bench = await createBench(harness);
    const session = sampleSession();
    await bench.api.createSession(session);
    const [one, two, other] = [
      await bench.putGrant({ sessionId: session.id }),
      await bench.putGrant({ sessionId: session.id, clientId: 'b' }),
      await bench.putGrant({ sessionId: freshId() }),
    ];
    const ending = { id: session.id, reason: 'administrator', revokesGrants: true };
    expect(await bench.api.endSession(ending)).toBe(true);
    expect((await grantNow(bench.api, one.id)).revokedAt).toEqual(bench.clock.now());
    expect((await grantNow(bench.api, two.id)).revokedAt).toEqual(bench.clock.now());
    expect(await grantNow(bench.api, other.id)).not.toHaveProperty('revokedAt');
    const late = await bench.putGrant({ sessionId: session.id });
    expect(await bench.api.endSession(ending)).toBe(false);
    expect((await grantNow(bench.api, late.id)).revokedAt).toBeDefined();
    await bench.durable.close();
  });
}

function endOfSomeGrantsSuite(harness: DurableHarness): void {
  test('the grants of some clients are revoked with a session alone, or all where that is asked for', async () => {
    const bench = await createBench(harness);
    const session = sampleSession();
    await bench.api.createSession(session);
    const [ending, also, lasting, elsewhere] = [
      await bench.putGrant({ sessionId: session.id, clientId: 'ending' }),
      await bench.putGrant({ sessionId: session.id, clientId: 'also' }),
      await bench.putGrant({ sessionId: session.id, clientId: 'lasting' }),
      await bench.putGrant({ sessionId: freshId(), clientId: 'ending' }),
    ];
    const revoked = async () => {
      const all = [ending, also, lasting, elsewhere].map(({ id }) => grantNow(bench.api, id));
      return (await Promise.all(all)).map(({ revokedAt }) => revokedAt !== undefined);
    };
    const end = { id: session.id, reason: 'logout', revokesGrants: false };
    bench.counted();
    expect(await bench.api.endSession({ ...end, revokesGrantsOfClients: ['ending', 'also', 'ending'] })).toBe(true);
    expect(bench.counted()).toEqual(['get_records', 'remove_records', 'revoke_grants_by', 'revoke_grants_by']);
    expect(await revoked()).toEqual([true, true, false, false]);
    expect(await bench.api.endSession({ ...end, revokesGrantsOfClients: [] })).toBe(false);
    expect(await revoked()).toEqual([true, true, false, false]);
    await bench.api.endSession({ ...end, revokesGrants: true, revokesGrantsOfClients: ['ending'] });
    expect(await revoked()).toEqual([true, true, true, false]);
    await bench.durable.close();
  });
}

function consentsSuite(harness: DurableHarness): void {
  test('a consent is found by person and client, replaced and withdrawn, and each step is told', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const subject = subjectOf(freshId());
    const first = sampleConsent(subject);
    const second = sampleConsent(subject, {
      scopes: ['openid'],
      expiresAt: new Date('2026-01-02T00:00:00.000Z'),
    });
    await bench.api.putConsent(first);
    expect(await bench.api.findConsent(subject, 'app')).toEqual(first);
    await bench.api.putConsent(second);
    expect(await bench.api.findConsent(subject, 'app')).toEqual(second);
    expect(await bench.api.findConsent(subject, 'other')).toBeUndefined();
    expect(await bench.api.findConsent(`${subject}x`, 'app')).toBeUndefined();
    expect(await bench.api.withdrawConsent(subject, 'app')).toBe(true);
    expect(await bench.api.withdrawConsent(subject, 'app')).toBe(false);
    expect(await bench.api.findConsent(subject, 'app')).toBeUndefined();
    expect(await drainKey(bench, subject)).toEqual([
      { type: 'consent.granted', data: { clientId: 'app', scopes: ['openid', 'profile'] } },
      {
        type: 'consent.granted',
        data: { clientId: 'app', scopes: ['openid'], expiresAt: '2026-01-02T00:00:00.000Z' },
      },
      { type: 'consent.withdrawn', data: { clientId: 'app' } },
    ]);
    await bench.durable.close();
  });

  test('a consent ends with its lifetime; those of a person are listed in pages', async () => {
    const bench = await createBench(harness);
    const subject = subjectOf(freshId());
    const expiresAt = new Date(bench.clock.now().getTime() + 1000);
    const clientIds = Array.from({ length: 5 }, (_, index) => `client-${index}`);
    for (const clientId of clientIds) await bench.api.putConsent(sampleConsent(subject, { clientId }));
    await bench.api.putConsent(sampleConsent(subject, { clientId: 'short', expiresAt }));
    const list = async () => {
      const first = await bench.api.listConsents({ subject, limit: 4 });
      const rest = await bench.api.listConsents({ subject, limit: 4, cursor: first.nextCursor ?? '' });
      expect(first.items).toHaveLength(4);
      return [...first.items, ...rest.items].map(({ clientId }) => clientId).toSorted();
    };
    expect(await list()).toEqual([...clientIds, 'short']);
    bench.clock.advance(1);
    expect(await list()).toEqual(clientIds);
    expect(await bench.api.findConsent(subject, 'short')).toBeUndefined();
    await bench.durable.close();
  });
}
