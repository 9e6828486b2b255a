import { randomUUID } from 'node:crypto';
import { addSeconds } from '@tessera/clock';
import type { TokenToRotate } from '@tessera/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { userToJson } from '../../codec/user-json.ts';
import { sampleAuthorization, sampleUser } from '../../conformance/samples.ts';
import type { DurableStore, PortableGrant } from '../../ports.ts';
import { revocationEvent, revocationEventType } from '../../rules/grant-events.ts';
import { judgeRotation, reopenRotation, settleRotation } from '../../rules/judge-rotation.ts';
import { laneOf } from '../../rules/lanes.ts';
import { laneSql } from './event-sql.ts';
import { CREATED_AT, sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
let database = '';
let store: DurableStore;
beforeAll(async () => {
  rig = await startTestServer();
  database = await rig.freshDatabase();
  store = rig.open(database);
  await store.ready();
}, 60_000);
beforeEach(() => rig.rows(database, 'DELETE FROM tessera_outbox'));
afterAll(async () => {
  await store?.close();
  await rig?.server.close();
}, 30_000);

/** The grant as it is kept. */
async function kept(id: string): Promise<PortableGrant | undefined> {
  const [found] = await store.exportGrants(1, before(id));
  return found?.id === id ? found : undefined;
}

const offset = fc.integer({ min: -20, max: 20 }).map((seconds) => addSeconds(CREATED_AT, seconds));
const maybe = (moment: fc.Arbitrary<Date>) => fc.option(moment, { nil: undefined });
const interval = fc.constantFrom(0, 1, 5, 10);

const arbitraryCase = fc.record({
  generation: fc.integer({ min: 0, max: 2 }),
  presented: fc.integer({ min: 0, max: 3 }),
  isRefreshable: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
  refreshesUpstream: fc.boolean(),
  hasUpstream: fc.boolean(),
  isOwn: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
  rotates: fc.boolean(),
  isSameAttempt: fc.boolean(),
  reuseIntervalSeconds: interval,
  validIfNotUsedForSeconds: interval,
  lastUsedAt: offset,
  rotatedAt: maybe(offset),
  expiresAt: maybe(offset),
  endsAt: maybe(offset),
  revokedAt: fc.option(offset, { nil: undefined, freq: 5 }),
});

type Sample = typeof arbitraryCase extends fc.Arbitrary<infer T> ? T : never;

function grantOf(sample: Sample): PortableGrant {
  const { isRefreshable, refreshesUpstream, generation, lastUsedAt, expiresAt, revokedAt, rotatedAt, endsAt } = sample;
  const base = sampleNewGrant({ authorization: sampleAuthorization({ isRefreshable, refreshesUpstream }) });
  const { id, authorization, createdAt } = base;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  const revocation = revokedAt === undefined ? {} : { revokedAt };
  return {
    ...base,
    ...expiry,
    grant: { id, authorization, generation, createdAt, lastUsedAt, ...expiry, ...revocation },
    attemptId: 'before',
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(revokedAt === undefined ? {} : { revokedReason: 'earlier' }),
  };
}

function tokenOf(sample: Sample, grantId: string): TokenToRotate {
  const { presented, isOwn, rotates, isSameAttempt, hasUpstream, reuseIntervalSeconds, validIfNotUsedForSeconds } =
    sample;
  const identity = { ...sampleAuthorization().identity, username: 'Janet' };
  return {
    grantId,
    generation: presented,
    clientId: isOwn ? 'app' : 'other',
    rotates,
    reuseIntervalSeconds,
    validIfNotUsedForSeconds,
    attemptId: isSameAttempt ? 'before' : 'now',
    ...(hasUpstream ? { upstream: { identity, connectorData: Buffer.from([7]) } } : {}),
  };
}

test('RFC 9700 §4.14.2: the statement judges, rotates and moves the end of a grant as the rules do', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCase, async (sample) => {
      const record = grantOf(sample);
      const token = tokenOf(sample, record.id);
      const now = CREATED_AT;
      await store.importGrants([record]);
      const verdict = judgeRotation(record, token, now);
      const settled = settleRotation(record, { verdict, token, now });
      const [judged] = await store.rotateGrants([token], now);
      expect(judged).toEqual({ verdict, grant: withBuffer(settled).grant });
      const reason = verdict === 'reused' ? { revokedReason: 'reused' } : {};
      expect(await kept(record.id)).toEqual({ ...withBuffer(settled), ...reason });
    }),
    { numRuns: 400 },
  );
}, 60_000);

test('the statement reopens a rotation as the rule does', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCase, async (sample) => {
      const record = grantOf(sample);
      const rotation = { grantId: record.id, generation: record.grant.generation + (sample.isSameAttempt ? 0 : 1) };
      const now = addSeconds(CREATED_AT, 100);
      await store.importGrants([record]);
      const reopened = reopenRotation(record, rotation, now);
      expect(await store.reopenRotations([rotation], now)).toEqual([reopened !== record]);
      expect(await kept(record.id)).toEqual(withBuffer(reopened));
    }),
    { numRuns: 50 },
  );
}, 60_000);

/** As the client gives bytes. */
function withBuffer(portable: PortableGrant): PortableGrant {
  const authorization = {
    ...portable.grant.authorization,
    connectorData: Buffer.from(portable.grant.authorization.connectorData),
  };
  return { ...portable, authorization, grant: { ...portable.grant, authorization } };
}

test('a key is in the same lane for both', async () => {
  const keys = fc
    .sample(fc.string({ unit: 'binary', minLength: 0, maxLength: 40 }), 200)
    .map((key) => key.replaceAll('\0', ''));
  const sql = `SELECT ${laneSql('key')} AS lane FROM unnest($1::text[]) WITH ORDINALITY AS k(key, n) ORDER BY n`;
  const lanes = await rig.rows<{ lane: number }>(database, sql, [keys]);
  expect(lanes.map(({ lane }) => lane)).toEqual(keys.map(laneOf));
});

test('the events of revocations are, to the letter, those that the rule makes', async () => {
  const authorization = sampleAuthorization({ clientId: 'a "b" \\ é 漢\u0001\u2028/', sessionId: 's-1' });
  const without = sampleAuthorization({ connectorId: 'local' });
  for (const [reason, revoke] of [
    ['reused', (id: string) => store.rotateGrants([staleToken(id)], CREATED_AT)],
    [
      'administrator "x"',
      (id: string) => store.revokeGrants([{ grantId: id, reason: 'administrator "x"' }], CREATED_AT),
    ],
    ['code_replayed', replay],
  ] as const) {
    for (const terms of [authorization, without]) {
      const grant = sampleNewGrant({
        authorization: { ...terms, clientId: reason === 'reused' ? 'app' : terms.clientId },
      });
      await store.insertGrants([grant], CREATED_AT);
      if (reason === 'reused') await store.rotateGrants([{ ...staleToken(grant.id), attemptId: 'first' }], CREATED_AT);
      await revoke(grant.id);
      const [waiting] = await store.readEvents([laneOf(grant.subject)], 10);
      const expected = revocationEvent(grant, reason, CREATED_AT);
      expect(waiting?.event).toEqual({ ...expected, id: expect.any(String) });
      expect(waiting?.event.type).toBe(revocationEventType(reason));
      await store.removeEvents([waiting?.position ?? '']);
    }
  }
});

function staleToken(grantId: string): TokenToRotate {
  return {
    grantId,
    generation: 0,
    clientId: 'app',
    rotates: true,
    reuseIntervalSeconds: 0,
    validIfNotUsedForSeconds: 0,
    attemptId: 'second',
  };
}

async function replay(id: string): Promise<void> {
  const portable = await kept(id);
  if (portable === undefined) throw new Error('there is no such grant');
  await store.insertGrants([sampleNewGrant({ codeHash: portable.codeHash })], CREATED_AT);
}

test('RFC 6749 §4.1.2: only the statement that revoked a replayed code writes an event, with the id of the rival', async () => {
  const grant = sampleNewGrant();
  const rivals = Array.from({ length: 5 }, () => sampleNewGrant({ codeHash: grant.codeHash }));
  await store.insertGrants([grant], CREATED_AT);
  await Promise.all(rivals.map((rival) => store.insertGrants([rival], CREATED_AT)));
  for (const rival of rivals) await store.insertGrants([rival], addSeconds(CREATED_AT, 1));
  await store.revokeByCode([{ codeHash: grant.codeHash, grantId: randomUUID() }], CREATED_AT);
  const waiting = await store.readEvents([laneOf(grant.subject)], 10);
  expect(waiting).toHaveLength(1);
  expect(rivals.map(({ id }) => id)).toContain(waiting[0]?.event.id);
});

test('a grant is found with its person only when the password database knows them', async () => {
  const person = sampleUser();
  const record = { kind: 'user', id: person.email, body: userToJson(person), expected: 'any', events: [] } as const;
  await store.writeRecords([record], CREATED_AT);
  const local = sampleNewGrant({ authorization: sampleAuthorization({ connectorId: 'local' }) });
  const upstream = sampleNewGrant();
  await store.insertGrants([local, upstream], CREATED_AT);
  const found = await store.findGrants([local.id, upstream.id, randomUUID()]);
  expect(found.map((each) => each?.user)).toEqual([person, undefined, undefined]);
  const [judged] = await store.rotateGrants([staleToken(local.id)], CREATED_AT);
  expect(judged?.user).toEqual(person);
  const [listed] = await store.listGrants({ selector: { connectorId: 'local' }, limit: 1, after: before(local.id) });
  expect(listed?.user).toEqual(person);
});

/** The id that comes just before. */
function before(id: string): string {
  const hex = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
