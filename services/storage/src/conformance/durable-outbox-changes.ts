import { expect, test } from 'vitest';
import { createBench, type DurableHarness, unwrapped, words } from './bench-api.ts';
import { drain, drainKey, insertGrants, sampleEvent, sampleNewGrant, subjectOf } from './durable-samples.ts';
import { freshId, sampleAuthorization, sampleClient, sampleCode, sampleToken, sampleUser } from './samples.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Somebody nobody else is. */
function somebody() {
  const userId = freshId();
  return { subject: subjectOf(userId), identity: { ...sampleAuthorization().identity, userId } };
}

/** Changes of grants, records and key sets write their events with them, or not at all. */
export function eventsOfChangesSuite(harness: DurableHarness): void {
  replaySuite(harness);
  revocationSuite(harness);

  test('a record and its events are written together, and neither when the version is another', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const id = freshId();
    const write = (expected: 'absent' | number) =>
      bench.api.putRecord({ kind: 'client', value: sampleClient(id), expected, actor: 'admin' });
    expect([await write('absent'), await write('absent'), await write(3), await write(1)]).toEqual([
      1,
      undefined,
      undefined,
      2,
    ]);
    expect(await bench.api.deleteRecord({ kind: 'client', id, expectedVersion: 1, actor: 'admin' })).toBe(false);
    expect(await bench.api.deleteRecord({ kind: 'client', id, expectedVersion: 2, actor: 'admin' })).toBe(true);
    expect(await drainKey(bench, id)).toEqual(
      ['created', 'updated', 'deleted'].map((change) => ({
        type: 'client.changed',
        data: { id, change, actor: 'admin' },
      })),
    );
    await bench.durable.close();
  });

  test('of 100 who set one version of a key set, the one who wins writes its events', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const name = freshId();
    const calls = Array.from({ length: 100 }, (_, index) => {
      const events = [0, 1].map((n) => sampleEvent(name, { type: 'key.changed', data: JSON.stringify({ index, n }) }));
      return bench.api.compareAndSetKeySet(name, 0, Uint8Array.of(index), events);
    });
    const winner = (await Promise.all(calls)).indexOf(true);
    expect((await drainKey(bench, name)).map(({ data }) => data)).toEqual([
      { index: winner, n: 0 },
      { index: winner, n: 1 },
    ]);
    await bench.durable.close();
  });
}

function replaySuite(harness: DurableHarness): void {
  test('N15: 100 parallel redemptions of one code tell of the replay, and of the grant of the winner', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const { subject, identity } = somebody();
    const codeId = await bench.putCode({ identity, sessionId: 'session-1' });
    const codes = Array.from({ length: 100 }, () => sampleCode(codeId));
    const outcomes = (await Promise.all(codes.map((code) => bench.api.redeemCodes([code])))).flat();
    const winner = codes[words(outcomes).indexOf('redeemed')];
    const told = await drain(bench);
    const about = told.filter(({ event }) => event.key === subject);
    expect(about.length).toBeGreaterThan(0);
    expect(new Set(about.map(({ event }) => event.id)).size).toBe(about.length);
    for (const { event } of about) {
      expect(event.id).toMatch(UUID);
      expect(event.time).toEqual(bench.clock.now());
      expect({ type: event.type, data: JSON.parse(event.data) }).toEqual({
        type: 'code.replayed',
        data: {
          grantId: winner?.grantId,
          clientId: 'app',
          connectorId: 'ldap',
          reason: 'code_replayed',
          sessionId: 'session-1',
        },
      });
    }
    await bench.durable.close();
  });

  test('N22: a replay after the code expired is told once', async () => {
    const bench = await createBench(harness);
    const { subject, identity } = somebody();
    const code = sampleCode(await bench.putCode({ identity }, 60));
    await bench.api.redeemCodes([code]);
    bench.clock.advance(60);
    for (let replay = 0; replay < 3; replay += 1) await bench.api.redeemCodes([sampleCode(code.codeId)]);
    const data = { grantId: code.grantId, clientId: 'app', connectorId: 'ldap', reason: 'code_replayed' };
    expect(await drainKey(bench, subject)).toEqual([{ type: 'code.replayed', data }]);
    await bench.durable.close();
  });

  test('N18: 100 parallel rotations with one token tell exactly once that it was reused', async () => {
    const bench = await createBench(harness);
    const { subject, identity } = somebody();
    const grant = await bench.putGrant({ identity });
    await Promise.all(Array.from({ length: 100 }, () => bench.api.rotateRefreshTokens([sampleToken(grant)])));
    const data = { grantId: grant.id, clientId: 'app', connectorId: 'ldap', reason: 'reused' };
    expect(await drainKey(bench, subject)).toEqual([{ type: 'refresh_token.reused', data }]);
    await bench.durable.close();
  });

  test('redeeming and rotating tell nothing', async () => {
    const bench = await createBench(harness);
    const { subject, identity } = somebody();
    const code = sampleCode(await bench.putCode({ identity }));
    expect(words(await bench.api.redeemCodes([code, code]))).toEqual(['redeemed', 'redeemed']);
    const [found] = await bench.api.findGrants([code.grantId]);
    const grant = unwrapped(found);
    if (grant === undefined) throw new Error('no grant');
    await bench.api.rotateRefreshTokens([sampleToken(grant)]);
    await bench.api.rotateRefreshTokens([sampleToken(grant, { generation: 1, clientId: 'other' })]);
    expect(await drainKey(bench, subject)).toEqual([]);
    await bench.durable.close();
  });
}

function revocationSuite(harness: DurableHarness): void {
  test('a revocation is told with its reason by whoever did it, and by nobody else', async () => {
    const bench = await createBench(harness);
    const { subject, identity } = somebody();
    const grant = await bench.putGrant({ identity });
    const refused = [{ grantId: grant.id, clientId: 'other', reason: 'nobody' }];
    await bench.api.revokeGrants(refused);
    const calls = Array.from({ length: 20 }, () =>
      bench.api.revokeGrants([{ grantId: grant.id, reason: 'client_request' }]),
    );
    await Promise.all(calls);
    const data = { grantId: grant.id, clientId: 'app', connectorId: 'ldap', reason: 'client_request' };
    expect(await drainKey(bench, subject)).toEqual([{ type: 'grant.revoked', data }]);
    await bench.durable.close();
  });

  test('grants revoked together are told each', async () => {
    const bench = await createBench(harness);
    const userId = freshId();
    const grants = Array.from({ length: 12 }, () => sampleNewGrant({ userId }));
    const ids = await insertGrants(bench, grants);
    const subject = subjectOf(userId);
    await bench.api.revokeGrants([{ grantId: ids[0] ?? '', reason: 'before' }]);
    await bench.api.revokeGrantsBy({ selector: { subject }, reason: 'administrator' });
    await bench.api.revokeGrantsBy({ selector: { subject }, reason: 'again' });
    const told = await drainKey(bench, subject);
    const reasons = told.map(({ data }) => (data as { readonly reason: string }).reason);
    expect(reasons).toEqual(['before', ...Array.from({ length: 11 }, () => 'administrator')]);
    const told1 = told.map(({ data }) => (data as { readonly grantId: string }).grantId);
    expect(told1.toSorted()).toEqual(ids);
    await bench.durable.close();
  });

  test('a person who is gone: the end of their grant is told', async () => {
    const bench = await createBench(harness);
    await bench.putUser(sampleUser());
    const grant = await bench.putGrant({ connectorId: 'local' });
    await bench.deleteUser(sampleUser().email);
    expect(words(await bench.api.rotateRefreshTokens([sampleToken(grant)]))).toEqual(['user_gone']);
    const told = (await drain(bench)).map(({ event }) => JSON.parse(event.data) as { readonly grantId?: string });
    expect(told.filter(({ grantId }) => grantId === grant.id)).toMatchObject([{ reason: 'user_gone' }]);
    await bench.durable.close();
  });
}
