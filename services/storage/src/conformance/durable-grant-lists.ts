import type { GrantSelector } from '@tessera/contracts';
import { runInContext } from '@tessera/telemetry';
import { describe, expect, test } from 'vitest';
import { type Bench, createBench, type DurableHarness, grantNow, unwrapped, words } from './bench-api.ts';
import { insertGrants, sampleNewGrant, subjectOf } from './durable-samples.ts';
import { freshId, sampleToken, sampleUser } from './samples.ts';

/** What every durable store has to do with many grants at once. */
export function grantListsSuite(harness: DurableHarness): void {
  describe('many grants', () => {
    selectionSuite(harness);
    pagingSuite(harness);
    revocationSuite(harness);
    independenceSuite(harness);
  });
}

async function listAll({ api }: Bench, selector: GrantSelector, limit = 1000): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listGrants({ selector, limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return ids;
}

/** Grants of two people, two clients, two sessions and two connectors, in every combination. */
async function crossed(bench: Bench) {
  const [userId, other, clientId, sessionId, connectorId] = Array.from({ length: 5 }, () => freshId());
  const facts = [userId, other].flatMap((user = '') =>
    [clientId, `${clientId}-2`].flatMap((client = '') =>
      [sessionId, undefined].flatMap((session) =>
        [connectorId, `${connectorId}-2`].map((connector = '') => {
          const sessionFact = session === undefined ? {} : { sessionId: session };
          return { userId: user, clientId: client, connectorId: connector, ...sessionFact };
        }),
      ),
    ),
  );
  const grants = facts.map((fact) => sampleNewGrant(fact));
  await insertGrants(bench, grants);
  const subject = grants[0]?.subject ?? '';
  const whole = { subject, clientId: clientId ?? '', sessionId: sessionId ?? '', connectorId: connectorId ?? '' };
  return { grants, whole };
}

function selectionSuite(harness: DurableHarness): void {
  test('grants are listed by person, client, session, connector, and whatever combination of them', async () => {
    const bench = await createBench(harness);
    const { grants, whole } = await crossed(bench);
    const members = ['subject', 'clientId', 'sessionId', 'connectorId'] as const;
    for (let mask = 1; mask < 16; mask += 1) {
      const chosen = members.filter((_, index) => (mask & (1 << index)) !== 0);
      const selector = Object.fromEntries(chosen.map((member) => [member, whole[member]])) as GrantSelector;
      const fitting = grants.filter(
        ({ subject, authorization: { clientId, sessionId, connectorId } }) =>
          (selector.subject === undefined || selector.subject === subject) &&
          (selector.clientId === undefined || selector.clientId === clientId) &&
          (selector.sessionId === undefined || selector.sessionId === sessionId) &&
          (selector.connectorId === undefined || selector.connectorId === connectorId),
      );
      expect([chosen, await listAll(bench, selector)]).toEqual([chosen, fitting.map(({ id }) => id).toSorted()]);
      expect(await listAll(bench, { ...selector, subject: subjectOf(freshId()) })).toEqual([]);
    }
    await bench.durable.close();
  });

  test('revoked grants are listed too, and a person who is gone shows', async () => {
    const bench = await createBench(harness);
    const clientId = freshId();
    await bench.putUser(sampleUser());
    const [revoked, local] = [
      await bench.putGrant({ clientId }),
      await bench.putGrant({ clientId, connectorId: 'local' }),
    ];
    await bench.api.revokeGrants([{ grantId: revoked.id, reason: 'x' }]);
    const list = async () => {
      const { items } = await bench.api.listGrants({ selector: { clientId } });
      return new Map(items.map(({ id, revokedAt }) => [id, revokedAt]));
    };
    expect(await list()).toEqual(
      new Map(
        [
          [revoked.id, bench.clock.now()],
          [local.id, undefined],
        ].toSorted(byFirst) as [string, Date | undefined][],
      ),
    );
    await bench.deleteUser('jane@example.org');
    expect((await list()).get(local.id)).toEqual(bench.clock.now());
    await bench.durable.close();
  });
}

function byFirst(left: readonly unknown[], right: readonly unknown[]): number {
  return String(left[0]) < String(right[0]) ? -1 : 1;
}

function pagingSuite(harness: DurableHarness): void {
  test('1,500 grants of one person come in pages, each once, while others are added', async () => {
    const bench = await createBench(harness);
    const userId = freshId();
    const selector = { subject: subjectOf(userId) };
    const ids = await insertGrants(
      bench,
      Array.from({ length: 1500 }, () => sampleNewGrant({ userId })),
    );
    expect(await listAll(bench, selector, 400)).toEqual(ids);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.api.listGrants({ selector, limit: 250, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      await insertGrants(bench, [sampleNewGrant({ userId })]);
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted());
    const all = new Set(seen);
    expect(ids.filter((id) => !all.has(id))).toEqual([]);
    await bench.durable.close();
  });
}

function revocationSuite(harness: DurableHarness): void {
  test('1,500 grants are revoked in statements of 500, and those of others are not', async () => {
    const bench = await createBench(harness);
    const [userId, other] = [freshId(), freshId()];
    const ids = await insertGrants(
      bench,
      Array.from({ length: 1500 }, () => sampleNewGrant({ userId })),
    );
    const [kept = ''] = await insertGrants(bench, [sampleNewGrant({ userId: other })]);
    bench.counted();
    const revoked = await bench.api.revokeGrantsBy({
      selector: { subject: subjectOf(userId) },
      reason: 'administrator',
    });
    expect(revoked).toEqual({ revoked: 1500, isComplete: true });
    expect(bench.counted()).toEqual(Array.from({ length: 4 }, () => 'revoke_grants_by'));
    const found = (await bench.api.findGrants([ids[0] ?? '', ids[1499] ?? '', kept])).map(unwrapped);
    expect(found.map((grant) => grant?.revokedAt)).toEqual([bench.clock.now(), bench.clock.now(), undefined]);
    const again = await bench.api.revokeGrantsBy({ selector: { subject: subjectOf(userId) }, reason: 'administrator' });
    expect(again).toEqual({ revoked: 0, isComplete: true });
    await bench.durable.close();
  });

  test('whoever has no time left is told how far it came, and the next call goes on from there', async () => {
    const bench = await createBench(harness);
    const userId = freshId();
    await insertGrants(
      bench,
      Array.from({ length: 700 }, () => sampleNewGrant({ userId })),
    );
    const call = () => bench.api.revokeGrantsBy({ selector: { subject: subjectOf(userId) }, reason: 'x' });
    const context = { requestId: 'test', deadlineMs: bench.clock.monotonicMs() + 500 };
    expect(await runInContext(context, call)).toEqual({ revoked: 500, isComplete: false });
    expect(await runInContext(context, call)).toEqual({ revoked: 200, isComplete: true });
    await bench.durable.close();
  });

  test('two who revoke the same grants at once revoke each grant once', async () => {
    const bench = await createBench(harness);
    const userId = freshId();
    await insertGrants(
      bench,
      Array.from({ length: 300 }, () => sampleNewGrant({ userId })),
    );
    const call = () => bench.api.revokeGrantsBy({ selector: { subject: subjectOf(userId) }, reason: 'x' });
    const outcomes = await Promise.all([call(), call(), call()]);
    expect(outcomes.reduce((sum, { revoked }) => sum + revoked, 0)).toBe(300);
    await bench.durable.close();
  });
}

function independenceSuite(harness: DurableHarness): void {
  test('several grants of one person at one client do not sign one another out', async () => {
    const bench = await createBench(harness);
    const [laptop, phone, tablet] = [await bench.putGrant(), await bench.putGrant(), await bench.putGrant()];
    expect(
      words(await bench.api.rotateRefreshTokens([laptop, phone, tablet].map((grant) => sampleToken(grant)))),
    ).toEqual(['rotated 1', 'rotated 1', 'rotated 1']);
    await bench.api.revokeGrants([{ grantId: laptop.id, reason: 'x' }]);
    expect(words(await bench.api.rotateRefreshTokens([sampleToken(phone)]))).toEqual(['reused']);
    const next = sampleToken(tablet, { generation: 1 });
    expect(words(await bench.api.rotateRefreshTokens([next]))).toEqual(['rotated 2']);
    expect(await grantNow(bench.api, tablet.id)).not.toHaveProperty('revokedAt');
    await bench.durable.close();
  });
}
