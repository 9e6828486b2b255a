import { TesseraError } from '@tessera/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authentication, connector, identity, someText, text } from '../testing/arbitraries.ts';
import { startLoopback } from '../testing/loopback.ts';
import { sampleOf } from '../testing/sample.ts';
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
    exchangeToken: never,
    beginLogout: never,
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
    exchange: fc.record({ connectorId: text, token: text, tokenType: text }),
    logout: fc.record({ connectorId: text, connectorData: bytes, returnUrl: text, state: text }),
    logoutUrl: fc.option(someText, { nil: undefined }),
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
    exchangeToken: keep(() => now.answer),
    beginLogout: keep(() => now.logoutUrl),
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
      expect(await token.login(next.login)).toEqual(next.answer);
      expect(await token.exchangeToken(next.exchange)).toEqual(next.answer);
      expect(await authorize.beginLogout(next.logout)).toEqual(next.logoutUrl);
      const { login, begin, complete, refresh, exchange, logout } = next;
      expect(seen).toEqual([login, begin, complete, refresh, login, exchange, logout]);
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

test('N93: each method is open to the services that need it, and to no other', async () => {
  const answer = { identity: sampleOf(identity), connectorData: Buffer.alloc(0) };
  const federation = fakeFederation({
    login: async () => answer,
    beginCallback: async () => ({ redirectUrl: '', connectorData: Buffer.alloc(0) }),
    completeCallback: async () => answer,
    refresh: async () => answer,
    exchangeToken: async () => answer,
    beginLogout: async () => undefined,
  });
  await using loopback = await startLoopback([federationBinding(federation)]);
  const at = { connectorId: 'ldap', connectorData: Buffer.alloc(0), state: 's', scopes: [] };
  const calls: Readonly<Record<keyof Federation, (client: Federation) => Promise<unknown>>> = {
    listConnectors: (client) => client.listConnectors(),
    login: (client) => client.login({ connectorId: 'ldap', username: 'a', password: 'b', scopes: [] }),
    beginCallback: (client) => client.beginCallback(at),
    completeCallback: (client) => client.completeCallback({ ...at, parameters: '' }),
    refresh: (client) => client.refresh({ ...at, identity: answer.identity }),
    exchangeToken: (client) => client.exchangeToken({ connectorId: 'ldap', token: 't', tokenType: 'id_token' }),
    beginLogout: (client) => client.beginLogout({ ...at, returnUrl: 'https://issuer.example/' }),
  };
  const open: Record<string, string[]> = {};
  for (const caller of ['authorize', 'token', 'keys', 'storage', '']) {
    const client = federationClient(loopback.as(caller), DEADLINE_MS);
    for (const [name, call] of Object.entries(calls)) {
      const refusal = await call(client).then(
        () => undefined,
        (error: { kind: string }) => error.kind,
      );
      if (refusal === undefined) open[name] = [...(open[name] ?? []), caller];
      else expect(refusal).toBe('permission_denied');
    }
  }
  expect(open).toEqual({
    listConnectors: ['authorize', 'token'],
    login: ['authorize', 'token'],
    beginCallback: ['authorize'],
    completeCallback: ['authorize'],
    refresh: ['authorize', 'token'],
    exchangeToken: ['token'],
    beginLogout: ['authorize'],
  });
});
