import { generateKeyPairSync } from 'node:crypto';
import { createFakeClock } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import type { Client } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PublicJwk, PublicKeys } from '../keys/keys.ts';
import type { ClientList, WatchedListRequest } from '../storage/storage.ts';
import { client } from '../testing/arbitraries.ts';
import { createClientDirectory } from './client-directory.ts';
import { createConnectorDirectory } from './connector-directory.ts';
import { createSecretKeeper } from './secret-keeper.ts';
import { createVerificationKeys } from './verification-keys.ts';

async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}

function around() {
  return { clock: createFakeClock(), logger: silentLogger };
}

const clientOf = (id: string, name: string): Client => ({
  ...(fc.sample(client, 1)[0] as Client),
  id: id as Client['id'],
  name,
});

test('the client directory follows changes, asks with the version it knows, and keeps what it has while storage is away', async () => {
  const base = around();
  const asked: (string | undefined)[] = [];
  let answer: () => ClientList = () => ({ version: '1', clients: [clientOf('a', 'before')] });
  const listClients = async (request?: WatchedListRequest) => {
    asked.push(request?.knownVersion);
    return answer();
  };
  const directory = createClientDirectory({ storage: { listClients }, ...base });
  expect(directory.find('a')).toBeUndefined();
  await directory.ready();
  expect(directory.find('a')?.name).toBe('before');
  const next = async (then: () => ClientList) => {
    answer = then;
    await settled();
    base.clock.advance(1);
    await settled();
  };
  await next(() => ({ version: '1' }));
  expect(directory.find('a')?.name).toBe('before');
  await next(() => ({ version: '2', clients: [clientOf('a', 'after'), clientOf('b', 'new')] }));
  expect([directory.find('a')?.name, directory.find('b')?.name]).toEqual(['after', 'new']);
  await next(() => {
    throw unavailable('storage.down', 'down');
  });
  expect(directory.find('b')?.name).toBe('new');
  await next(() => ({ version: '3', clients: [] }));
  expect(directory.find('a')).toBeUndefined();
  expect([asked[0], asked[1], asked.at(-1)]).toEqual([undefined, '1', '2']);
  directory.close();
});

test('a list of clients of which a page never fits the others leaves the last whole one standing', async () => {
  const base = around();
  let version = 0;
  let isSteady = true;
  const listClients = async ({ cursor }: WatchedListRequest = {}): Promise<ClientList> => {
    if (!isSteady || cursor === undefined) version += 1;
    return cursor === undefined
      ? { version: `${version}`, clients: [clientOf('a', `a of ${version}`)], nextCursor: 'a' }
      : { version: `${version}`, clients: [clientOf('b', `b of ${version}`)] };
  };
  const directory = createClientDirectory({ storage: { listClients }, ...base });
  await directory.ready();
  const names = () => [directory.find('a')?.name, directory.find('b')?.name];
  expect(names()).toEqual(['a of 1', 'b of 1']);
  isSteady = false;
  for (let time = 0; time < 3; time += 1) {
    await settled();
    base.clock.advance(1);
    await settled();
  }
  expect(names()).toEqual(['a of 1', 'b of 1']);
  expect(version).toBeGreaterThan(8);
  isSteady = true;
  base.clock.advance(1);
  await settled();
  expect(names()).toEqual([`a of ${version}`, `b of ${version}`]);
  directory.close();
});

test('the connector directory is asked for every half minute', async () => {
  const base = around();
  let calls = 0;
  const connector = {
    id: 'ldap',
    type: 'ldap',
    name: 'LDAP',
    kind: 'password',
    usernamePrompt: '',
    canRefresh: true,
  } as const;
  const listConnectors = async () => {
    calls += 1;
    return [{ ...connector, name: `LDAP ${calls}`, refreshesUpstream: false, grantTypes: [] }];
  };
  const directory = createConnectorDirectory({ federation: { listConnectors }, ...base });
  expect(directory.list()).toEqual([]);
  await directory.ready();
  await settled();
  base.clock.advance(29);
  await settled();
  expect([calls, directory.find('ldap')?.name, directory.find('x')]).toEqual([1, 'LDAP 1', undefined]);
  base.clock.advance(1);
  await settled();
  expect([calls, directory.list()[0]?.name]).toEqual([2, 'LDAP 2']);
  directory.close();
});

test('the secret keeper has nothing to give before the first load, and asks again when it is told to', async () => {
  const base = around();
  let calls = 0;
  const getSecrets = async () => {
    calls += 1;
    const versions = [{ version: calls, key: new Uint8Array(32).fill(calls) }];
    return { versions, currentVersion: calls, refreshAt: new Date(base.clock.now().getTime() + 60_000) };
  };
  const keeper = createSecretKeeper({ keys: { getSecrets }, purpose: 'browser', ...base });
  expect(() => keeper.ring()).toThrow(expect.objectContaining({ kind: 'unavailable' }));
  await keeper.ready();
  const first = keeper.ring();
  await settled();
  base.clock.advance(59);
  await settled();
  expect(keeper.ring()).toBe(first);
  base.clock.advance(1);
  await settled();
  expect([calls, keeper.ring() === first]).toEqual([2, false]);
  keeper.close();
});

function jwkOf(kid: string): PublicJwk {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

test('N78: an unknown kid makes the keys be asked for again, at most once in 5 s, however many ask', async () => {
  const base = around();
  let keys: PublicKeys = { version: '1', keys: [jwkOf('one')] };
  let refetches = 0;
  const getPublicKeys = async (knownVersion?: string) => {
    if (knownVersion !== undefined) return new Promise<PublicKeys>(() => undefined);
    refetches += 1;
    return keys;
  };
  const verification = createVerificationKeys({ keys: { getPublicKeys }, ...base });
  await verification.ready();
  await settled();
  base.clock.advance(1);
  expect((await verification.find('one'))?.kid).toBe('one');
  expect(refetches).toBe(1);
  for (let attempt = 0; attempt < 50; attempt += 1) expect(await verification.find('forged')).toBeUndefined();
  expect(refetches).toBe(2);
  keys = { version: '2', keys: [jwkOf('one'), jwkOf('two')] };
  base.clock.advance(4.9);
  expect(await verification.find('two')).toBeUndefined();
  base.clock.advance(0.2);
  const found = await Promise.all([verification.find('two'), verification.find('two'), verification.find('forged')]);
  expect(found.map((key) => key?.kid)).toEqual(['two', 'two', undefined]);
  expect(refetches).toBe(3);
  verification.close();
});

test('a key that this version cannot use does not hide the others, and keys that cannot be had do not throw', async () => {
  const base = around();
  let isDown = false;
  const getPublicKeys = async () => {
    if (isDown) throw unavailable('keys.down', 'down');
    return { version: '1', keys: [{ kid: 'odd', alg: 'XX999', kty: 'XX' }, jwkOf('one')] };
  };
  const verification = createVerificationKeys({ keys: { getPublicKeys }, ...base });
  await verification.ready();
  isDown = true;
  expect((await verification.find('one'))?.kid).toBe('one');
  expect(await verification.find('odd')).toBeUndefined();
  verification.close();
});
