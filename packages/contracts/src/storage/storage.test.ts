import { StorageWriteServiceService } from '@tessera/proto/tessera/storage/v1/storage';
import { createRpcClient, failed, succeeded } from '@tessera/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as arbitrary from '../testing/arbitraries.ts';
import { fakeStorageApi } from '../testing/fake-storage-api.ts';
import { startLoopback } from '../testing/loopback.ts';
import { sampleOf } from '../testing/sample.ts';
import * as storageArbitrary from '../testing/storage-arbitraries.ts';
import { storageBindings } from './bindings.ts';
import { createStorage, storageClient } from './client.ts';
import { codeToWire } from './outcomes-wire.ts';
import type { CodeToRedeem, TokenToRotate } from './storage.ts';

const DEADLINE_MS = 5_000;

const rotation = (): TokenToRotate => sampleOf(arbitrary.rotation);

test('reads, changes and key sets say over the wire what they say in process', async () => {
  const calls: unknown[] = [];
  const request = { id: 'r', version: 3, payload: Buffer.from('payload') };
  const user = sampleOf(arbitrary.user);
  const clients = fc.sample(arbitrary.client, 3);
  const grants = fc.sample(arbitrary.grant, 2);
  const codes = fc.sample(arbitrary.code, 2);
  const toCreate = fc.sample(arbitrary.grantToCreate, 2);
  const authorization = sampleOf(arbitrary.authorization);
  const event = sampleOf(storageArbitrary.event);
  const keep =
    <T>(answer: T) =>
    async (...parameters: unknown[]): Promise<T> => {
      calls.push(parameters);
      return answer;
    };
  const api = fakeStorageApi({
    listClients: keep({ version: '2', clients }),
    getAuthorizationRequest: keep({ type: 'pending' as const, request }),
    findGrants: keep(grants.map(succeeded)),
    findUser: keep(user),
    putAuthorizationRequest: keep(undefined),
    updateAuthorizationRequest: keep(true),
    completeAuthorizationRequest: keep(true),
    redeemCodes: keep(grants.map((grant) => succeeded({ type: 'redeemed' as const, grant }))),
    createGrants: keep(grants.map(succeeded)),
    revokeGrants: keep([succeeded(true)]),
    getKeySet: keep({ version: 4, payload: Buffer.from('sealed') }),
    compareAndSetKeySet: keep(true),
  });
  await using loopback = await startLoopback(storageBindings(api));
  const as = (caller: string) => storageClient(loopback.as(caller), DEADLINE_MS);
  const [authorize, token, federation, keys] = [as('authorize'), as('token'), as('federation'), as('keys')];
  const completion = { id: 'r', version: 3, authorization, codeTtlSeconds: 60, attemptId: 'a' };
  const answers = [
    await authorize.listClients(),
    await authorize.getAuthorizationRequest('r'),
    await authorize.putAuthorizationRequest(request, 600),
    await authorize.updateAuthorizationRequest(request),
    await authorize.completeAuthorizationRequest(completion),
    await token.findGrants(['a', 'b']),
    await token.redeemCodes(codes),
    await token.createGrants(toCreate),
    await token.revokeGrants([{ grantId: 'g', reason: 'x' }]),
    await federation.findUser('a@b'),
    await keys.getKeySet('RS256', 4),
    await keys.compareAndSetKeySet('RS256', 4, Buffer.from('next'), [event]),
  ];
  expect(answers).toEqual([
    { version: '2', clients },
    { type: 'pending', request },
    undefined,
    true,
    true,
    grants.map(succeeded),
    grants.map((grant) => succeeded({ type: 'redeemed', grant })),
    grants.map(succeeded),
    [succeeded(true)],
    user,
    { version: 4, payload: Buffer.from('sealed') },
    true,
  ]);
  expect(calls).toEqual([
    [{}],
    ['r'],
    [request, 600],
    [request],
    [completion],
    [['a', 'b']],
    [codes],
    [toCreate],
    [[{ grantId: 'g', reason: 'x' }]],
    ['a@b'],
    ['RS256', 4],
    ['RS256', 4, Buffer.from('next'), [event]],
  ]);
});

test('states without content, absent people and unchanged lists keep their meaning over the wire', async () => {
  let state: 'completed' | 'absent' = 'completed';
  const api = fakeStorageApi({
    getAuthorizationRequest: async () => ({ type: state }),
    listClients: async () => ({ version: '7' }),
  });
  await using loopback = await startLoopback(storageBindings(api));
  const authorize = storageClient(loopback.as('authorize'), DEADLINE_MS);
  expect(await authorize.getAuthorizationRequest('r')).toEqual({ type: 'completed' });
  state = 'absent';
  expect(await authorize.getAuthorizationRequest('r')).toEqual({ type: 'absent' });
  expect(await authorize.listClients({ knownVersion: '7' })).toEqual({ version: '7' });
  expect(await storageClient(loopback.as('federation'), DEADLINE_MS).findUser('a@b')).toBeUndefined();
});

test('single calls of one turn become one request, and one that fails leaves the others alone', async () => {
  const batches: (readonly TokenToRotate[])[] = [];
  const api = fakeStorageApi({
    async rotateRefreshTokens(tokens) {
      batches.push(tokens);
      return tokens.map(({ clientId }) =>
        clientId === 'bad' ? failed(new Error('no')) : succeeded({ type: 'refused', refusal: 'expired' }),
      );
    },
  });
  await using loopback = await startLoopback(storageBindings(api));
  const storage = createStorage(storageClient(loopback.as('token'), DEADLINE_MS));
  const tokens = ['a', 'bad', 'c'].map((clientId) => ({ ...rotation(), clientId }));
  const results = await Promise.allSettled(tokens.map((token) => storage.rotateRefreshToken(token)));
  expect(results).toMatchObject([
    { value: { type: 'refused', refusal: 'expired' } },
    { reason: { kind: 'internal' } },
    { value: { type: 'refused', refusal: 'expired' } },
  ]);
  expect(batches).toEqual([tokens]);
});

test('each single call of storage goes to its own batch', async () => {
  const storage = createStorage(fakeStorageApi({ revokeGrants: async (grants) => grants.map(() => succeeded(true)) }));
  expect(await storage.findGrant('g')).toBeUndefined();
  expect(await storage.redeemCode(sampleOf(arbitrary.code))).toEqual({ type: 'refused', refusal: 'unknown' });
  const toCreate = sampleOf(arbitrary.grantToCreate);
  expect(await storage.createGrant(toCreate)).toMatchObject({ id: toCreate.grantId, generation: 0 });
  expect(await storage.rotateRefreshToken(rotation())).toEqual({ type: 'refused', refusal: 'unknown' });
  expect(await storage.revokeGrant({ grantId: 'g', reason: 'x' })).toBe(true);
  expect(await storage.reopenRotation({ grantId: 'g', generation: 1 })).toBe(false);
  expect(await storage.consumeOnce({ scope: 's', value: 'v', ttlSeconds: 1 })).toBe(false);
  const attempt = { key: 'k', limit: 1, windowSeconds: 1 };
  expect(await storage.countAttempt(attempt)).toEqual({ count: 1, isAllowed: false, retryAfterSeconds: 1 });
  expect(await storage.findSession('s')).toBeUndefined();
  expect(await storage.appendEvent(sampleOf(storageArbitrary.event))).toBeUndefined();
  expect(await storage.listClients()).toEqual({ version: '1', clients: [] });
});

test('an item of a batch that cannot be read is refused by itself', async () => {
  const seen: (readonly CodeToRedeem[])[] = [];
  const api = fakeStorageApi({
    async redeemCodes(codes) {
      seen.push(codes);
      return codes.map(() => succeeded({ type: 'refused', refusal: 'pkce' }));
    },
  });
  await using loopback = await startLoopback(storageBindings(api));
  const definition = StorageWriteServiceService;
  const client = createRpcClient({
    definition,
    channel: loopback.as('token'),
    idempotent: [],
    deadlineMs: DEADLINE_MS,
  });
  const [first, last] = fc.sample(arbitrary.code, 2).map(codeToWire);
  if (first === undefined || last === undefined) throw new Error('no samples');
  const { outcomes } = await client.redeemCodes({ codes: [first, { ...first, tokensExpireAt: undefined }, last] });
  expect(outcomes.map(({ outcome }) => outcome?.$case)).toEqual(['refusal', 'error', 'refusal']);
  expect(outcomes[1]).toMatchObject({ outcome: { value: { code: 'contracts.malformed_message' } } });
  expect(seen[0]).toHaveLength(2);
  await client.redeemCodes({ codes: [{ ...first, tokensExpireAt: undefined }] });
  expect(seen).toHaveLength(1);
});
