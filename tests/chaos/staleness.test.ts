import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '@tessera/cli';
import { type StorageApi, storageClient } from '@tessera/contracts';
import { createChannel, type RpcChannel } from '@tessera/rpc';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { post } from '../support/sign-in.ts';
import { CALLBACK, systemConfig } from '../support/system-config.ts';

/** What the storage contract promises. */
const WITHIN_MS = 2_000;
/** The same, after PostgreSQL came back and its connections were made again. */
const WITHIN_AFTER_OUTAGE_MS = 3_000;

type Client = Awaited<ReturnType<StorageApi['listClients']>>['clients'] extends readonly (infer C)[] | undefined
  ? C
  : never;

let cluster: Cluster;
const channels: RpcChannel[] = [];
let storage: StorageApi;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  cluster = await startCluster({ config: stringify(config), replicas: { token: 2, storage: 2 } });
  storage = dial(
    'admin',
    cluster.of('storage').flatMap(({ grpc }) => grpc ?? []),
  );
});
afterAll(async () => {
  for (const channel of channels) channel.close();
  await cluster?.close();
});

/** Storage as a service sees it. */
function dial(caller: string, addresses: readonly string[]): StorageApi {
  const file = (name: string): string => join(cluster.directory, 'certificates', name);
  const files = { caFile: file('ca.pem'), certFile: file('{service}.pem'), keyFile: file('{service}.key') };
  const channel = createChannel({ caller, target: 'storage', addresses, security: { type: 'mtls', files } });
  channels.push(channel);
  return storageClient(channel, 5_000);
}

function clientOf(id: string, secret: string): Client {
  const salt = Buffer.from('salt');
  const hash = createHash('sha256').update(salt).update(secret, 'utf8').digest();
  return {
    id: id as Client['id'],
    name: id,
    secrets: [{ salt, hash }],
    isPublic: false,
    isEnabled: true,
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [],
    trustedPeers: [],
    allowedConnectors: [],
    settings: {},
  };
}

const put = (value: Client) => storage.putRecord({ kind: 'client', value, expected: 'any', actor: 'test' });

/** What each token replica says to a client with a forged code: that it is not the client's, or that it is no client. */
async function verdicts(id: string, secret: string): Promise<readonly unknown[]> {
  const form = { grant_type: 'authorization_code', code: 'forged', redirect_uri: CALLBACK };
  const answers = cluster.of('token').map(async ({ http }) => {
    const { body } = await post(`http://${http}/dex/token`, form, { id, secret });
    return body['error'];
  });
  return Promise.all(answers);
}

const ADMITTED = ['invalid_grant', 'invalid_grant'];
const REFUSED = ['invalid_client', 'invalid_client'];

/** Resolves when all token replicas say so. */
async function untilAll(expected: readonly string[], id: string, secret: string, timeoutMs: number): Promise<void> {
  const isSo = async () => JSON.stringify(await verdicts(id, secret)) === JSON.stringify(expected);
  await waitFor(isSo, { what: `${id} to be ${expected[0]} everywhere`, timeoutMs });
}

test('a client that is created, changed, disabled or deleted is so at every token replica within two seconds', async () => {
  const id = 'one';
  const [first, second] = [clientOf(id, 'first'), clientOf(id, 'second')];
  const change = async (work: () => Promise<unknown>, expected: readonly string[], secret: string): Promise<void> => {
    // By then every replica has seen the change before and waits for the next.
    await sleep(300);
    await work();
    await untilAll(expected, id, secret, WITHIN_MS);
  };
  await change(() => put(first), ADMITTED, 'first');
  await change(() => put(second), REFUSED, 'first');
  expect(await verdicts(id, 'second')).toEqual(ADMITTED);
  await change(() => put({ ...second, isEnabled: false }), REFUSED, 'second');
  await change(() => put(second), ADMITTED, 'second');
  await change(() => storage.deleteRecord({ kind: 'client', id, actor: 'test' }), REFUSED, 'second');
});

test('a key set that changes through one storage replica is known to whoever waits at another within two seconds', async () => {
  const name = 'some-keys';
  const [here, there] = cluster.of('storage').map(({ grpc }) => dial('keys', [grpc ?? '']));
  if (here === undefined || there === undefined) throw new Error('two replicas are needed');
  for (const version of [1, 2, 3]) {
    const waiting = version === 1 ? undefined : there.getKeySet(name, version - 1);
    await sleep(300);
    const startedMs = performance.now();
    expect(await here.compareAndSetKeySet(name, version - 1, Buffer.from([version]))).toBe(true);
    const known = await (waiting ?? there.getKeySet(name));
    expect([known.version, [...known.payload]]).toEqual([version, [version]]);
    expect(performance.now() - startedMs).toBeLessThan(WITHIN_MS);
  }
});

test('the last list stays while PostgreSQL is away, and what changed after that is known soon', async () => {
  await put(clientOf('lasting', 'secret'));
  await untilAll(ADMITTED, 'lasting', 'secret', WITHIN_MS);
  await cluster.postgres.stop();
  // The watches of both storage replicas and of both token replicas have failed several times by then.
  const untilMs = performance.now() + 3_000;
  while (performance.now() < untilMs) expect(await verdicts('lasting', 'secret')).toEqual(ADMITTED);
  await cluster.postgres.start();
  const startedMs = performance.now();
  await waitFor(() => put(clientOf('later', 'secret')), { what: 'a write', timeoutMs: WITHIN_AFTER_OUTAGE_MS });
  await untilAll(ADMITTED, 'later', 'secret', startedMs + WITHIN_AFTER_OUTAGE_MS - performance.now());
  expect(await verdicts('lasting', 'secret')).toEqual(ADMITTED);
});
