import { deepStrictEqual } from 'node:assert/strict';
import { KeysServiceService } from '@tessera/proto/tessera/keys/v1/keys';
import { createRpcClient, failed, succeeded } from '@tessera/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenToSign } from '../testing/arbitraries.ts';
import { startLoopback } from '../testing/loopback.ts';
import type { KeysApi, SecretPurpose, TokenBundle, TokenType } from './keys.ts';
import { createKeys, keysBinding, keysClient } from './wire.ts';

const DEADLINE_MS = 5_000;
const refreshAt = new Date('2026-01-01T00:00:00.123Z');

function fakeKeysApi(methods: Partial<KeysApi> = {}): KeysApi {
  return {
    sign: async (bundles) => bundles.map((bundle) => succeeded(bundle.map((_, position) => `token ${position}`))),
    getPublicKeys: async (knownVersion) => ({
      version: `after ${knownVersion}`,
      keys: [{ kid: 'k', alg: 'ES256', kty: 'EC' }],
    }),
    getSecrets: async () => ({ versions: [{ version: 1, key: Buffer.from('key') }], currentVersion: 1, refreshAt }),
    ...methods,
  };
}

test('bundles to sign survive the wire, whatever claims are in them', async () => {
  const seen: (readonly TokenBundle[])[] = [];
  const api = fakeKeysApi({
    async sign(bundles) {
      seen.push(bundles);
      return bundles.map((bundle) => succeeded(bundle.map((_, position) => `token ${position}`)));
    },
  });
  await using loopback = await startLoopback([keysBinding(api)]);
  const client = keysClient(loopback.as('token'), DEADLINE_MS);
  const bundles = fc.array(fc.array(tokenToSign, { maxLength: 3 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(bundles, async (asked) => {
      const answer = await client.sign(asked);
      deepStrictEqual(seen.at(-1), asked);
      expect(answer).toEqual(asked.map((bundle) => succeeded(bundle.map((_, position) => `token ${position}`))));
    }),
    { numRuns: 50 },
  );
});

test('single signatures of one turn are one call, and a bundle that fails fails alone', async () => {
  let calls = 0;
  const api = fakeKeysApi({
    async sign(bundles) {
      calls += 1;
      return bundles.map((bundle) => (bundle.length === 0 ? failed(new Error('empty')) : succeeded(['signed'])));
    },
  });
  await using loopback = await startLoopback([keysBinding(api)]);
  const keys = createKeys(keysClient(loopback.as('token'), DEADLINE_MS));
  const token = { type: 'id_token', claims: { sub: 'a' } } as const;
  const results = await Promise.allSettled([keys.sign([token]), keys.sign([]), keys.sign([token])]);
  expect(results).toMatchObject([{ value: ['signed'] }, { reason: { kind: 'internal' } }, { value: ['signed'] }]);
  expect(calls).toBe(1);
});

test('a token of a type that only a newer peer knows is refused, and the bundles around it are signed', async () => {
  await using loopback = await startLoopback([keysBinding(fakeKeysApi())]);
  const definition = KeysServiceService;
  const client = createRpcClient({
    definition,
    channel: loopback.as('token'),
    idempotent: [],
    deadlineMs: DEADLINE_MS,
  });
  const hashes = { atHashOf: 0, cHashOver: '', atHashOver: '', sHashOver: '' };
  const token = { type: 'TOKEN_TYPE_ID_TOKEN', claimsJson: '{}', algorithm: '', ...hashes } as const;
  const unknown = { ...token, type: 'TOKEN_TYPE_UNSPECIFIED' } as const;
  const broken = { ...token, claimsJson: '{"secret' };
  const { outcomes } = await client.sign({
    bundles: [{ tokens: [token] }, { tokens: [unknown] }, { tokens: [broken] }],
  });
  expect(outcomes.map(({ outcome }) => outcome?.$case)).toEqual(['signed', 'error', 'error']);
  expect(JSON.stringify(outcomes)).not.toContain('secret');
});

test('public keys and secrets survive the wire', async () => {
  await using loopback = await startLoopback([keysBinding(fakeKeysApi())]);
  const keys = createKeys(keysClient(loopback.as('token'), DEADLINE_MS));
  const expected = { version: 'after 3', keys: [{ kid: 'k', alg: 'ES256', kty: 'EC' }] };
  expect(await keys.getPublicKeys('3')).toEqual(expected);
  expect((await keys.getPublicKeys()).version).toBe('after undefined');
  const secrets = { versions: [{ version: 1, key: Buffer.from('key') }], currentVersion: 1, refreshAt };
  expect(await keys.getSecrets('refresh_token')).toEqual(secrets);
});

test('N93: logout tokens are signed for the service that ends sessions, all others for the one that issues them', async () => {
  await using loopback = await startLoopback([keysBinding(fakeKeysApi())]);
  const types: TokenType[] = ['access_token', 'id_token', 'logout_token', 'userinfo', 'introspection'];
  const bundles = types.map((type) => [{ type, claims: { sub: 'a' } }]);
  const signed = async (caller: string): Promise<readonly string[]> => {
    const outcomes = await keysClient(loopback.as(caller), DEADLINE_MS).sign(bundles);
    return types.filter((_, index) => {
      const outcome = outcomes[index];
      if (outcome?.ok === false) {
        expect(outcome.error).toMatchObject({ kind: 'permission_denied', code: 'keys.token_type_not_yours' });
      }
      return outcome?.ok;
    });
  };
  expect(await signed('token')).toEqual(['access_token', 'id_token', 'userinfo', 'introspection']);
  expect(await signed('authorize')).toEqual(['logout_token']);
});

test('N93: a bundle with a token that the caller may not have signed is not signed in part', async () => {
  await using loopback = await startLoopback([keysBinding(fakeKeysApi())]);
  const claims = { sub: 'a' };
  const mixed = [{ type: 'logout_token', claims } as const, { type: 'id_token', claims } as const];
  const [outcome] = await keysClient(loopback.as('authorize'), DEADLINE_MS).sign([mixed]);
  expect(outcome).toMatchObject({ ok: false, error: { kind: 'permission_denied' } });
});

test('a logout token survives the wire', async () => {
  const seen: (readonly TokenBundle[])[] = [];
  const api = fakeKeysApi({
    async sign(bundles) {
      seen.push(bundles);
      return bundles.map(() => succeeded(['signed']));
    },
  });
  await using loopback = await startLoopback([keysBinding(api)]);
  const bundles = [[{ type: 'logout_token', claims: { sid: 's' }, algorithm: 'ES256' } as const]];
  expect(await keysClient(loopback.as('authorize'), DEADLINE_MS).sign(bundles)).toEqual([succeeded(['signed'])]);
  expect(seen).toEqual([bundles]);
});

test('N93: symmetric keys are given to their holders only, and signatures to nobody who decides of no token', async () => {
  await using loopback = await startLoopback([keysBinding(fakeKeysApi())]);
  const purposes: SecretPurpose[] = [
    'refresh_token',
    'access_token',
    'authorization_code',
    'browser',
    'connector_data',
  ];
  const holders: Record<string, string[]> = {};
  for (const caller of ['authorize', 'token', 'federation', 'storage', 'keys', '']) {
    const client = keysClient(loopback.as(caller), DEADLINE_MS);
    const calls = {
      sign: () => client.sign([]),
      ...Object.fromEntries(purposes.map((purpose) => [purpose, () => client.getSecrets(purpose)])),
    };
    for (const [name, call] of Object.entries(calls)) {
      const refusal = await call().then(
        () => undefined,
        (error: { kind: string }) => error.kind,
      );
      if (refusal === undefined) holders[name] = [...(holders[name] ?? []), caller];
      else expect(refusal).toBe('permission_denied');
    }
  }
  expect(holders).toEqual({
    sign: ['authorize', 'token'],
    refresh_token: ['token'],
    access_token: ['token'],
    authorization_code: ['authorize', 'token'],
    browser: ['authorize'],
    connector_data: ['federation'],
  });
});
