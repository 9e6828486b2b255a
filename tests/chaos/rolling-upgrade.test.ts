import { type Cluster, startCluster } from '@tessera/cli';
import { waitFor } from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { refresh } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';
import { startTraffic } from './traffic.ts';

let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  cluster = await startCluster({ config: stringify(config), replicas: { storage: 2 } });
});
afterAll(() => cluster?.close());

/** What the first replica of a later version does: a step that adds, of which it says that the code of before works on it. */
const LATER_STEP = `
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE tessera_grants ADD COLUMN later text;
ALTER TABLE tessera_records ADD COLUMN later text NOT NULL DEFAULT 'x';
CREATE INDEX tessera_grants_by_later ON tessera_grants (later) WHERE later IS NOT NULL;
INSERT INTO tessera_schema_migrations (version, name, checksum, compatible_with)
  SELECT max(version) + 1, 'later', 'of a later version', 1 FROM tessera_schema_migrations;
COMMIT`;

test('replicas go on while a later version adds to the schema, and start on it, without a failed request', async () => {
  const traffic = await startTraffic(cluster.issuer, 6);
  const served = async (): Promise<void> => {
    const before = [traffic.count('refresh', 200), traffic.count('redeem', 200)] as const;
    const isServed = () =>
      traffic.count('refresh', 200) > before[0] + 24 && traffic.count('redeem', 200) > before[1] + 2;
    await waitFor(isServed, { what: 'refreshes and redemptions' });
  };
  await served();
  const client = new Client({ connectionString: cluster.postgres.url('tessera') });
  await client.connect();
  await client.query(LATER_STEP);
  await client.end();
  await served();
  const [started] = cluster.of('storage');
  await started?.restart();
  await served();
  const failures = traffic.answers.filter(({ status }) => status !== 200);
  const families = await traffic.end();
  expect(failures).toEqual([]);
  for (const { current } of families) expect((await refresh(cluster.issuer, current)).status).toBe(200);
});
