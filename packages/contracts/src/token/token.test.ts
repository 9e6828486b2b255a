import { deepStrictEqual } from 'node:assert/strict';
import { TokenServiceService } from '@tessera/proto/tessera/token/v1/token';
import { createRpcClient, failed, type Outcome, succeeded } from '@tessera/rpc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorizationToWire } from '../storage/records-wire.ts';
import { issuedTokens, outcome, tokensToIssue } from '../testing/arbitraries.ts';
import { startLoopback } from '../testing/loopback.ts';
import { sampleOf } from '../testing/sample.ts';
import type { FrontChannelTokens, FrontChannelTokensToIssue } from './token.ts';
import { createTokenIssuerClient, tokenBinding, tokenClient } from './wire.ts';

const DEADLINE_MS = 5_000;

test('what to issue and what was issued survive the wire, errors among them', async () => {
  let asked: readonly FrontChannelTokensToIssue[] = [];
  let answers: readonly Outcome<FrontChannelTokens>[] = [];
  const api = {
    async issueFrontChannelTokens(requests: readonly FrontChannelTokensToIssue[]) {
      asked = requests;
      return answers;
    },
  };
  await using loopback = await startLoopback([tokenBinding(api)]);
  const client = tokenClient(loopback.as('authorize'), DEADLINE_MS);
  const pairs = fc.array(fc.tuple(tokensToIssue, outcome(issuedTokens)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(pairs, async (drawn) => {
      const requests = drawn.map(([request]) => request);
      answers = drawn.map(([, answer]) => answer);
      const got = await client.issueFrontChannelTokens(requests);
      deepStrictEqual(asked, requests);
      expect(got).toEqual(answers);
    }),
    { numRuns: 50 },
  );
});

test('single calls of one turn are one call, and one that fails fails alone', async () => {
  const batches: number[] = [];
  const tokens = sampleOf(issuedTokens);
  const api = {
    async issueFrontChannelTokens(requests: readonly FrontChannelTokensToIssue[]) {
      batches.push(requests.length);
      return requests.map(({ grantId }) => (grantId === 'bad' ? failed(new Error('no')) : succeeded(tokens)));
    },
  };
  await using loopback = await startLoopback([tokenBinding(api)]);
  const issuer = createTokenIssuerClient(tokenClient(loopback.as('authorize'), DEADLINE_MS));
  const request = sampleOf(tokensToIssue);
  const calls = ['a', 'bad', 'c'].map((grantId) => issuer.issueFrontChannelTokens({ ...request, grantId }));
  expect(await Promise.allSettled(calls)).toMatchObject([
    { value: tokens },
    { reason: { kind: 'internal' } },
    { value: tokens },
  ]);
  expect(batches).toEqual([3]);
});

test('a request that says not what was authorized is refused, and those around it are answered', async () => {
  const api = {
    issueFrontChannelTokens: async (requests: readonly FrontChannelTokensToIssue[]) =>
      requests.map(() => succeeded({ expiresInSeconds: 0, idToken: 't', scopes: [] })),
  };
  await using loopback = await startLoopback([tokenBinding(api)]);
  const client = createRpcClient({
    definition: TokenServiceService,
    channel: loopback.as('authorize'),
    idempotent: [],
    deadlineMs: DEADLINE_MS,
  });
  const asked = sampleOf(tokensToIssue);
  const good = { ...asked, authorization: authorizationToWire(asked.authorization), code: '', state: '' };
  const broken = { ...good, authorization: undefined };
  const { outcomes } = await client.issueFrontChannelTokens({ requests: [good, broken, good] });
  expect(outcomes.map(({ outcome }) => outcome?.$case)).toEqual(['tokens', 'error', 'tokens']);
  expect(outcomes[1]).toMatchObject({ outcome: { value: { code: 'contracts.malformed_message' } } });
});

test('N93: tokens of the front channel are issued to the service that answers there, and to no other', async () => {
  const api = { issueFrontChannelTokens: async () => [] };
  await using loopback = await startLoopback([tokenBinding(api)]);
  expect(await tokenClient(loopback.as('authorize'), DEADLINE_MS).issueFrontChannelTokens([])).toEqual([]);
  for (const caller of ['token', 'keys', 'federation', 'storage', 'admin', '']) {
    const call = tokenClient(loopback.as(caller), DEADLINE_MS).issueFrontChannelTokens([]);
    await expect(call).rejects.toMatchObject({ kind: 'permission_denied' });
  }
});
