import { randomUUID } from 'node:crypto';
import { addSeconds } from '@tessera/clock';
import type { GrantSelector } from '@tessera/contracts';
import { silentLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleAuthorization } from '../../conformance/samples.ts';
import type { DurableStore, RecordToWrite } from '../../ports.ts';
import { GRANT_RETENTION_SECONDS } from '../../rules/retention.ts';
import { openPostgresDatabase } from './database.ts';
import { grantStatements } from './grant-statements.ts';
import { createPostgresGrants } from './grants.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresPortable } from './portable.ts';
import { createPostgresRecords } from './records.ts';
import { preparedName } from './statement.ts';
import { CREATED_AT, sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
beforeAll(async () => {
  rig = await startTestServer();
}, 60_000);
afterAll(() => rig?.server.close(), 30_000);

const TABLES = ['tessera_grants', 'tessera_records', 'tessera_revisions', 'tessera_outbox'];

/** Reads of a table as a whole, and reads by an index. */
interface Reads {
  readonly whole: number;
  readonly byIndex: number;
}

async function readsOf(database: string): Promise<Reads> {
  const sql = `SELECT sum(seq_scan)::int AS whole, sum(idx_scan)::int AS "byIndex" FROM pg_stat_user_tables
    WHERE relname = ANY($1)`;
  const [reads] = await rig.rows<Reads>(database, sql, [TABLES]);
  return reads ?? { whole: -1, byIndex: -1 };
}

const members = { sessionId: 's1', subject: 'CgJ1MRIEbGRhcA', clientId: 'app', connectorId: 'ldap' } as const;

/** Every selector there is: each set of members but the empty one. */
function selectors(): GrantSelector[] {
  const names = Object.keys(members) as (keyof typeof members)[];
  return Array.from({ length: 2 ** names.length - 1 }, (_, index) =>
    Object.fromEntries(names.filter((_name, bit) => ((index + 1) >> bit) & 1).map((name) => [name, members[name]])),
  );
}

function session(id: string): RecordToWrite {
  return {
    kind: 'session',
    id,
    body: '{}',
    owner: 'o',
    expiresAt: addSeconds(CREATED_AT, 60),
    expected: 'any',
    events: [{ id: randomUUID(), type: 'session.started', key: 'o', time: CREATED_AT, data: '{}' }],
  };
}

/** Calls every method of a store, those with selectors with each of them. */
async function everything(store: DurableStore): Promise<void> {
  const now = CREATED_AT;
  const grant = sampleNewGrant({ authorization: sampleAuthorization({ sessionId: 's1' }) });
  const token = {
    grantId: grant.id,
    generation: 0,
    clientId: 'app',
    rotates: true,
    reuseIntervalSeconds: 0,
    validIfNotUsedForSeconds: 0,
    attemptId: 'a',
  };
  await store.insertGrants([grant], now);
  await store.rotateGrants([token], now);
  await store.reopenRotations([{ grantId: grant.id, generation: 1 }], now);
  await store.rotateGrants([{ ...token, attemptId: 'b' }], now);
  await store.revokeByCode([{ codeHash: grant.codeHash, grantId: randomUUID() }], now);
  await store.revokeGrants([{ grantId: grant.id, reason: 'x' }], now);
  await store.findGrants([grant.id]);
  for (const selector of selectors()) {
    await store.listGrants({ selector, limit: 10 });
    await store.listGrants({ selector, limit: 10, after: grant.id });
    await store.revokeGrantsBy(selector, 'x', 10, now);
  }
  await store.deleteEndedGrants(now, 10);
  await store.writeRecords([session('a'), { ...session('b'), kind: 'client' }], now);
  await store.getRecords([{ kind: 'session', id: 'a' }], now);
  await store.listRecords({ kind: 'session', limit: 10 }, now);
  await store.listRecords({ kind: 'session', owner: 'o', after: 'a', limit: 10 }, now);
  await store.revisions();
  await store.removeRecords([{ kind: 'session', id: 'a', events: [] }], now);
  await store.deleteExpiredRecords(now, 10);
  await store.appendEvents([{ id: randomUUID(), type: 't', key: 'k', time: now, data: '{}' }]);
  const [waiting] = await store.readEvents([0, 5, 15, 6, 7, 8, 9], 10);
  const position = waiting?.position ?? '1';
  await store.backlog();
  await store.parkEvents([{ position, reason: 'r' }], now);
  await store.listParkedEvents(10);
  await store.unparkEvents();
  await store.unparkEvents([position]);
  await store.removeEvents([position]);
  const [exported] = await store.exportGrants(1);
  await store.exportGrants(1, grant.id);
  await store.importGrants(exported === undefined ? [] : [exported]);
  await store.importRecords('session', [{ id: 'a', version: 3, body: '{}' }]);
}

test('no statement reads a whole table, also when it was prepared on an empty one', async () => {
  const database = await rig.freshDatabase();
  const before = await readsOf(database);
  const store = rig.open(database, { config: rig.config(database, { maxOpenConns: 1 }) });
  await store.ready();
  // From the sixth time on a prepared statement may have a plan that fits whatever its parameters are.
  for (let turn = 0; turn < 8; turn += 1) await everything(store);
  await store.close();
  const after = await waitFor(
    async () => {
      const reads = await readsOf(database);
      return reads.byIndex > before.byIndex + 1000 ? reads : undefined;
    },
    { what: 'PostgreSQL to count the reads' },
  );
  expect(after.whole).toBe(before.whole);
}, 60_000);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** A condition on an index that one row fits for each value. */
const POINTS_AT_A_ROW = /\b(?:id|code_hash|position|name)"? = /;

/** Scans of our tables that nothing bounds: neither by what points at a row nor a limit that takes rows as they come. */
function unboundedScans(node: PlanNode, isLimited = false): string[] {
  const type = node['Node Type'];
  const relation = node['Relation Name'] ?? '';
  const isScan = type.endsWith('Scan') && TABLES.includes(relation);
  const isBounded = (isLimited && type !== 'Seq Scan') || POINTS_AT_A_ROW.test(node['Index Cond'] ?? '');
  const own = isScan && !isBounded ? [`${type} of ${relation} by ${node['Index Name'] ?? 'nothing'}`] : [];
  const passesOn = type === 'Limit' || (isLimited && type !== 'Sort');
  return [...own, ...(node.Plans ?? []).flatMap((plan) => unboundedScans(plan, passesOn))];
}

test('whatever its parameters are, a statement finds its rows by an index', async () => {
  const name = await rig.freshDatabase();
  const database = openPostgresDatabase({ config: rig.config(name), logger: silentLogger, hasOutbox: true });
  await database.ready();
  const statements = new Map<string, string>();
  const query: typeof database.query = (statement, values) => {
    statements.set(preparedName(statement), statement.text);
    return database.query(statement, values);
  };
  const seen = { ...database, query, queryLagging: query };
  await everything({
    ...database,
    ...createPostgresGrants(seen, true),
    ...createPostgresRecords(seen, true),
    ...createPostgresOutbox(seen, true),
    ...createPostgresPortable(seen),
  });
  await database.close();
  // Each selector: two lists and a revocation.
  expect(statements.size).toBeGreaterThan(15 * 3 + 20);
  const unbounded = await rig.withClient(name, async (client) => {
    for (const plan of ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'])
      await client.query(`SET enable_${plan} = off`);
    const found: [string, string[]][] = [];
    for (const [prepared, text] of statements) {
      const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
        `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
      );
      const scans = rows[0]?.['QUERY PLAN'].flatMap(({ Plan: plan }) => unboundedScans(plan)) ?? ['no plan'];
      if (scans.length > 0) found.push([prepared, scans]);
    }
    return Object.fromEntries(found);
  });
  // Putting all back that is parked means all of that index.
  expect(unbounded).toEqual({ unpark_events_all: ['Index Scan of tessera_outbox by tessera_outbox_parked'] });
}, 60_000);

test('a rotation has the same plan with an outbox as without, so that it costs the same', async () => {
  const database = await rig.freshDatabase();
  const nodes = ({ 'Node Type': type, Plans: plans = [] }: PlanNode): string[] => [type, ...plans.flatMap(nodes)];
  const plans = [true, false].map(async (hasOutbox) => {
    const rows = await rig.rows<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
      database,
      `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${grantStatements(hasOutbox).rotate.text}`,
    );
    return rows[0]?.['QUERY PLAN'].flatMap(({ Plan: plan }) => nodes(plan));
  });
  const [withOutbox, without] = await Promise.all(plans);
  expect(withOutbox).toContain('LockRows');
  expect(withOutbox).toEqual(without);
});

test('the first member of a selector picks the index, whichever others there are', async () => {
  const database = await rig.freshDatabase();
  const store = rig.open(database, { config: rig.config(database, { maxOpenConns: 1 }) });
  await store.ready();
  const scans = async () => {
    const sql =
      "SELECT indexrelname AS name, idx_scan::int AS count FROM pg_stat_user_indexes WHERE relname = 'tessera_grants'";
    const rows = await rig.rows<{ name: string; count: number }>(database, sql);
    return new Map(rows.map(({ name, count }) => [name, count]));
  };
  await store.insertGrants([sampleNewGrant({ authorization: sampleAuthorization({ sessionId: 's1' }) })], CREATED_AT);
  const expected = new Map([
    ['sessionId', 'tessera_grants_by_session'],
    ['subject', 'tessera_grants_by_subject'],
    ['clientId', 'tessera_grants_by_client'],
    ['connectorId', 'tessera_grants_by_connector'],
  ]);
  const counts = new Map([...expected.values()].map((name) => [name, 0]));
  for (const selector of selectors()) {
    const index = [...expected].find(([member]) => member in selector)?.[1] ?? '';
    for (let turn = 0; turn < 8; turn += 1) {
      expect(await store.listGrants({ selector, limit: 5 })).toHaveLength(1);
      await store.revokeGrantsBy({ ...selector, clientId: 'nobody' }, 'x', 5, CREATED_AT);
    }
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  await store.close();
  const after = await scans();
  // Two ranges of each list; a revocation by connector alone became one by client.
  for (const [name, count] of counts) expect(after.get(name), name).toBeGreaterThanOrEqual(count * 16);
  expect(after.get('tessera_grants_by_end') ?? 0).toBe(0);
  expect(after.get('tessera_grants_by_connector')).toBe(16);
});

test('a rotation stays within its page, with an idle lifetime too', async () => {
  const database = await rig.freshDatabase();
  const store = rig.open(database);
  await store.ready();
  const grant = sampleNewGrant({ endsAt: addSeconds(CREATED_AT, 2000) });
  await store.insertGrants([grant], CREATED_AT);
  for (let generation = 0; generation < 20; generation += 1) {
    const token = {
      grantId: grant.id,
      generation,
      clientId: 'app',
      rotates: true,
      reuseIntervalSeconds: 0,
      validIfNotUsedForSeconds: 1000,
      attemptId: randomUUID(),
    };
    const [judged] = await store.rotateGrants([token], addSeconds(CREATED_AT, generation));
    expect(judged?.verdict).toBe('rotated');
  }
  await store.close();
  const sql =
    "SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS within FROM pg_stat_user_tables WHERE relname = 'tessera_grants'";
  expect(await rig.rows(database, sql)).toEqual([{ updates: 20, within: 20 }]);
});

test('revoking by selector passes over nothing twice, and ends', async () => {
  const database = await rig.freshDatabase();
  const store = rig.open(database);
  await store.ready();
  await store.insertGrants(
    Array.from({ length: 25 }, () => sampleNewGrant()),
    CREATED_AT,
  );
  const other = sampleNewGrant({ authorization: sampleAuthorization({ clientId: 'other' }) });
  await store.insertGrants([other], CREATED_AT);
  const selector = { subject: other.subject, clientId: 'app' };
  const counts = [];
  for (let turn = 0; turn < 4; turn += 1) counts.push(await store.revokeGrantsBy(selector, 'admin', 10, CREATED_AT));
  expect(counts).toEqual([10, 10, 5, 0]);
  const listed = await store.listGrants({ selector: { subject: other.subject }, limit: 100 });
  expect(listed.filter(({ grant }) => grant.revokedAt === undefined).map(({ grant }) => grant.id)).toEqual([other.id]);
  expect(listed.map(({ grant }) => grant.id)).toEqual(listed.map(({ grant }) => grant.id).toSorted());
  expect((await store.backlog()).waiting).toBe(25);
  const swept = addSeconds(CREATED_AT, GRANT_RETENTION_SECONDS);
  expect([await store.deleteEndedGrants(swept, 20), await store.deleteEndedGrants(swept, 20)]).toEqual([20, 5]);
  await store.close();
});
