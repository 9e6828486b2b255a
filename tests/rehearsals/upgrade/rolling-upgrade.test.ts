import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, Replica } from '@tessera/cli';
import { createTempDirectory, type TempDirectory, tryProgram, waitFor } from '@tessera/testkit';
import { refreshTokenGrant } from 'openid-client';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVerifiers } from '../../support/key-observers.ts';
import { type ClientTraffic, startClientTraffic } from './client-traffic.ts';
import { callersFirst, type Order, shuffled, storesFirst } from './order.ts';
import { createPatience } from './patience.ts';
import { type Checkout, checkOutRelease, PRESENT, type Release, readRelease } from './released-checkout.ts';
import { MAX_AGE_SECONDS, startUpgradedSystem } from './upgraded-system.ts';

const APPLICATIONS = 4;
/** Twenty-four starts, each followed by requests: minutes on a machine of two cores, more where it is busy. */
const TIMEOUT_MS = 900_000;

let release: Release;
let released: Checkout;
let directory: TempDirectory;

beforeAll(async () => {
  directory = await createTempDirectory('upgrade');
  release = await readRelease();
  released = await checkOutRelease(release);
});
afterAll(async () => {
  await released?.[Symbol.asyncDispose]();
  await directory?.remove();
});

/** Every process by that of another version, one after the other, with requests served between any two. */
async function replaceAll(replicas: readonly Replica[], checkout: string, traffic: ClientTraffic): Promise<void> {
  for (const replica of replicas) {
    await replica.replaceBy(checkout);
    await traffic.untilServed();
  }
}

/** What `tessera migrate --check` of a version says of the database. */
async function schemaFault(checkout: string, { configFile }: Cluster): Promise<string | undefined> {
  const program = join(checkout, 'packages', 'cli', 'src', 'main.ts');
  const args = ['--conditions=source', program, 'migrate', '--config', configFile, '--check'];
  const { code, stdout, stderr } = await tryProgram({ command: process.execPath, args });
  return code === 0 ? undefined : `${stdout}${stderr}`;
}

/** The steps that a version took, in the words of `.release.json`. */
async function takenSteps({ postgres }: Cluster): Promise<readonly unknown[]> {
  const database = new Client({ connectionString: postgres.url('tessera') });
  await database.connect();
  const { rows } = await database.query(
    'SELECT name, compatible_with::int AS "compatibleWith", checksum FROM tessera_schema_migrations ORDER BY version',
  );
  await database.end();
  return rows;
}

interface Told {
  readonly type: string;
  readonly data: { readonly grantId?: string };
}

async function toldEvents(file: string): Promise<readonly Told[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Told);
}

/** Every sign-in and every revocation that was answered has reached the file, and nothing waits. */
async function expectEventsTold(cluster: Cluster, file: string, traffic: ClientTraffic): Promise<void> {
  const database = new Client({ connectionString: cluster.postgres.url('tessera') });
  await database.connect();
  const isEmpty = async (): Promise<boolean> => (await database.query('SELECT FROM tessera_outbox')).rowCount === 0;
  await waitFor(isEmpty, { what: 'the outbox to be empty', timeoutMs: 30_000 });
  await database.end();
  const told = await toldEvents(file);
  const revoked = new Set(
    told.filter(({ type }) => type === 'dev.tessera.grant.revoked').map(({ data }) => data.grantId),
  );
  expect(traffic.revokedGrants.filter((grantId) => !revoked.has(grantId))).toEqual([]);
  const signIns = told.filter(({ type }) => type === 'dev.tessera.sign_in.succeeded').length;
  expect(signIns).toBeGreaterThanOrEqual(traffic.count('sign-in') + APPLICATIONS);
}

/** One upgrade and the way back, under traffic. */
async function rehearse(order: Order, gatewayOf?: string): Promise<void> {
  const eventsFile = join(directory.path, `${order.name.replaceAll(' ', '-')}.jsonl`);
  await using cluster = await startUpgradedSystem({ checkout: released.path, gatewayOf, eventsFile });
  const { issuer } = cluster;
  const patience = createPatience();
  const verifiers = createVerifiers(issuer, MAX_AGE_SECONDS, 2);
  const traffic = await startClientTraffic({ issuer, patience, verifiers, applications: APPLICATIONS });
  try {
    const replicas = order.arrange(cluster.processes);
    expect(replicas).toHaveLength(12);
    expect(await takenSteps(cluster)).toEqual(release.migrations['postgres']);
    await traffic.untilServed();
    await replaceAll(replicas, PRESENT, traffic);
    expect(await schemaFault(PRESENT, cluster)).toBeUndefined();
    await replaceAll(replicas, released.path, traffic);
    expect(await schemaFault(released.path, cluster)).toBeUndefined();
  } catch (error) {
    await traffic.end();
    throw new Error(`${String(error)}\n${traffic.failures.join('\n')}\n${cluster.logs().slice(-20_000)}`, {
      cause: error,
    });
  }
  const lasting = await traffic.end();
  await verifiers.settle();
  const { requests, repeated } = patience;
  process.stdout.write(
    `${order.name}: ${requests} requests, ${repeated.length} sent again, ${verifiers.firstUses.size} keys\n${repeated.join('\n')}\n`,
  );
  expect(traffic.failures).toEqual([]);
  expect(verifiers.failures).toEqual([]);
  // Orderly stops drain: what had to be sent again is an exception, and each is told.
  expect(repeated.length, repeated.join('\n')).toBeLessThanOrEqual(requests / 1000);
  // Those who came and went by any mix of versions are signed in still.
  expect(lasting.length).toBeGreaterThan(3 * APPLICATIONS);
  for (const { config, tokens } of lasting) await refreshTokenGrant(config, tokens.refresh_token ?? '');
  for (const deed of ['device', 'sign-out', 'revocation'] as const) expect(traffic.count(deed)).toBeGreaterThan(3);
  await expectEventsTold(cluster, eventsFile, traffic);
}

test(
  'an upgrade that begins with the callers, and the way back, fail no request and lose nothing',
  () => rehearse(callersFirst, released.path),
  TIMEOUT_MS,
);

test(
  'an upgrade that begins with storage, and the way back, fail no request and lose nothing',
  () => rehearse(storesFirst),
  TIMEOUT_MS,
);

test(
  'an upgrade in any order, replica by replica, and the way back, fail no request and lose nothing',
  () => rehearse(shuffled(Number(process.env['TESSERA_UPGRADE_SEED'] ?? Math.floor(Date.now() / 1000)))),
  TIMEOUT_MS,
);
