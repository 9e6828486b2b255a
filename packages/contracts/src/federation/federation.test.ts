import { TesseraError } from '@tessera/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authentication, connector, identity, someText, text } from '../testing/arbitraries.ts';
import { startLoopback } from '../testing/loopback.ts';
import { type Federation, federationErrors } from './federation.ts';
import { federationBinding, federationClient } from './wire.ts';

const DEADLINE_MS = 5_000;

function fakeFederation(methods: Partial<Federation> = {}): Federation {
  const never = () => Promise.reject(new Error('not asked for'));
  return {
    listConnectors: async () => [],
    login: never,
    beginCallback: never,
    completeCallback: never,
    refresh: never,
    ...methods,
  };
}

test('every method of federation says over the wire what it says in process', async () => {
  const seen: unknown[] = [];
  const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
  const scopes = fc.array(text, { maxLength: 3 });
  const begin = { connectorId: text, state: text, scopes };
  const cases = fc.record({
    connectors: fc.array(connector, { maxLength: 3 }),
    answer: authentication,
    login: fc.record({ connectorId: text, username: text, password: text, scopes }),
    begin: fc.oneof(
      fc.record(begin),
      fc.record({ ...begin, loginHint: someText, needsFreshSignIn: fc.constant(true as const) }),
    ),
    begun: fc.record({ redirectUrl: text, connectorData: bytes }),
    complete: fc.record({ connectorId: text, state: text, parameters: text, connectorData: bytes, scopes }),
    refresh: fc.record({ connectorId: text, identity, connectorData: bytes, scopes }),
  });
  let now = fc.sample(cases, 1)[0] as typeof cases extends fc.Arbitrary<infer T> ? T : never;
  const keep =
    <T>(answer: () => T) =>
    async (request: unknown): Promise<T> => {
      seen.push(request);
      return answer();
    };
  const federation = fakeFederation({
    listConnectors: async () => now.connectors,
    login: keep(() => now.answer),
    beginCallback: keep(() => now.begun),
    completeCallback: keep(() => now.answer),
    refresh: keep(() => now.answer),
  });
  await using loopback = await startLoopback([federationBinding(federation)]);
  const authorize = federationClient(loopback.as('authorize'), DEADLINE_MS);
  const token = federationClient(loopback.as('token'), DEADLINE_MS);
  await fc.assert(
    fc.asyncProperty(cases, async (next) => {
      now = next;
      seen.length = 0;
      expect(await authorize.listConnectors()).toEqual(next.connectors);
      expect(await authorize.login(next.login)).toEqual(next.answer);
      expect(await authorize.beginCallback(next.begin)).toEqual(next.begun);
      expect(await authorize.completeCallback(next.complete)).toEqual(next.answer);
      expect(await token.refresh(next.refresh)).toEqual(next.answer);
      expect(seen).toEqual([next.login, next.begin, next.complete, next.refresh]);
    }),
    { numRuns: 30 },
  );
});

test('a refusal keeps the code that callers tell it by, and a login is never sent twice', async () => {
  let calls = 0;
  const login = async () => {
    calls += 1;
    throw new TesseraError({
      kind: 'unavailable',
      code: federationErrors.upstreamUnavailable,
      message: 'ldap is down',
    });
  };
  await using loopback = await startLoopback([federationBinding(fakeFederation({ login }))]);
  const authorize = federationClient(loopback.as('authorize'), DEADLINE_MS);
  const request = { connectorId: 'ldap', username: 'a', password: 'b', scopes: [] };
  await expect(authorize.login(request)).rejects.toMatchObject({
    kind: 'unavailable',
    code: federationErrors.upstreamUnavailable,
  });
  expect(calls).toBe(1);
});

test('N93: only the service that signs people in may try passwords', async () => {
  await using loopback = await startLoopback([federationBinding(fakeFederation())]);
  const request = { connectorId: 'ldap', username: 'a', password: 'b', scopes: [] };
  for (const caller of ['token', 'keys', 'storage', '']) {
    const call = federationClient(loopback.as(caller), DEADLINE_MS).login(request);
    await expect(call).rejects.toMatchObject({ kind: 'permission_denied' });
  }
});
