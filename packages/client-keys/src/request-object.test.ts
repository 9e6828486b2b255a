import { createFakeClock, epochSeconds } from '@tessera/clock';
import { type ClientId, type ClientSettings, signHmacJws } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClientKeys } from './client-keys.ts';
import { verifyRequestObject } from './request-object.ts';
import { parametersOfClaims } from './request-object-parameters.ts';
import { createFakeEgress } from './testing/fake-egress.ts';
import { createTestKey, encode, signTestJwt } from './testing/test-key.ts';

const issuer = 'https://id.example';
const clock = createFakeClock();
const keys = createClientKeys({ egress: createFakeEgress(), clock, logger: silentLogger });
const key = createTestKey('ES256');
const jwks = { keys: [{ ...key.jwk, kid: 'k1' }] };
const usual = { client_id: 'app', response_type: 'code', scope: 'openid profile' };

function sign(claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) {
  return signTestJwt(key, { alg: 'ES256', kid: 'k1', ...header }, { ...usual, ...claims });
}

function verify(requestObject: string, settings: ClientSettings = {}) {
  const client = { id: 'app' as ClientId, settings: { jwks, ...settings } };
  return verifyRequestObject({ requestObject, client, issuer, now: clock.now() }, keys);
}

async function reasonOf(...parameters: Parameters<typeof verify>): Promise<string | undefined> {
  const outcome = await verify(...parameters);
  return outcome.ok ? undefined : outcome.reason;
}

test('RFC 9101 §4: the claims are the parameters, and those about the object itself are not', async () => {
  const exp = epochSeconds(clock.now()) + 60;
  const about = { iss: 'app', aud: issuer, exp, nbf: exp - 60, iat: exp - 60, jti: 'j' };
  const claims = { userinfo: { given_name: { essential: true }, picture: null } };
  const outcome = await verify(
    sign({ ...about, max_age: 3600, claims, resource: ['https://a.example', 'https://b.example'], state: '' }),
  );
  expect(outcome.ok && outcome.parameters.entries).toEqual([
    ['client_id', 'app'],
    ['response_type', 'code'],
    ['scope', 'openid profile'],
    ['max_age', '3600'],
    ['claims', JSON.stringify(claims)],
    ['resource', 'https://a.example'],
    ['resource', 'https://b.example'],
  ]);
  expect(outcome.ok && outcome.parameters.repeated).toEqual(['resource']);
});

test('OIDC Core §6.1: iss, aud, exp and client_id may be left out', async () => {
  expect(await reasonOf(sign({ client_id: undefined }))).toBeUndefined();
});

test.each([
  ['wrong-issuer', { iss: 'other' }],
  ['wrong-client', { client_id: 'other' }],
  ['wrong-client', { client_id: ['app'] }],
  ['wrong-audience', { aud: 'https://other.example' }],
  ['wrong-audience', { aud: [] }],
  ['expired', { exp: epochSeconds(clock.now()) - 60 }],
  ['not-yet-valid', { nbf: epochSeconds(clock.now()) + 65 }],
  ['nested', { request: 'x' }],
  ['nested', { request_uri: 'https://app.example/r' }],
  ['is-client-assertion', { sub: 'app' }],
  ['bad-parameter', { state: null }],
  ['bad-parameter', { state: ['a', 7] }],
  ['bad-parameter', { state: 'a\0b' }],
] as const)('RFC 9101 §6: refused for %s: %o', async (reason, claims) => {
  expect(await reasonOf(sign(claims))).toBe(reason);
});

test('RFC 9101 §4: an audience among others is ours', async () => {
  expect(await reasonOf(sign({ aud: ['https://other.example', issuer] }))).toBeUndefined();
});

test('N34: none, the secret of a client and another key are refused', async () => {
  const none = `${encode({ alg: 'none' })}.${encode(usual)}`;
  expect(await reasonOf(`${none}.`)).toBe('malformed');
  expect(await reasonOf(`${none}.AAAA`)).toBe('algorithm-not-allowed');
  const secret = 'a secret of the client, long enough for HS256';
  expect(await reasonOf(signHmacJws(usual, { alg: 'HS256', secret, typ: 'JWT' }))).toBe('algorithm-not-allowed');
  expect(await reasonOf(signTestJwt(createTestKey('ES256'), { alg: 'ES256', kid: 'k1' }, usual))).toBe('bad-signature');
  expect(await reasonOf(sign(), { jwks: { keys: [] } })).toBe('unknown-key');
});

test('OIDC Registration §2: request_object_signing_alg is the only algorithm that counts', async () => {
  expect(await reasonOf(sign(), { requestObjectSigningAlg: 'ES256' })).toBeUndefined();
  expect(await reasonOf(sign(), { requestObjectSigningAlg: 'PS256' })).toBe('algorithm-not-allowed');
});

test('RFC 9101 §6.1: encryption is told from what cannot be read, and neither is taken', async () => {
  expect(await reasonOf(`${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`)).toBe('encrypted');
  expect(await reasonOf('AAAA.AAAA')).toBe('malformed');
  expect(await reasonOf(sign({ state: 'x'.repeat(16_384) }))).toBe('too-large');
});

test('N81: the type is none, JWT or that of a request object', async () => {
  for (const typ of [undefined, 'JWT', 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt']) {
    expect(await reasonOf(sign({}, { typ }))).toBeUndefined();
  }
  for (const typ of ['client-authentication+jwt', 'at+jwt', 'dpop+jwt']) {
    expect(await reasonOf(sign({}, { typ }))).toBe('wrong-type');
  }
});

test('N78: a critical header is refused', async () => {
  expect(await reasonOf(sign({}, { crit: ['b64'] }))).toBe('critical-header');
});

test('N91: no more and no longer parameters come out of it than a form may have', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x']));
  expect(parametersOfClaims(many(100))?.entries).toHaveLength(100);
  expect(parametersOfClaims(many(101))).toBeUndefined();
  expect(parametersOfClaims({ ['n'.repeat(129)]: 'x' })).toBeUndefined();
  expect(parametersOfClaims({ '': 'x' })).toBeUndefined();
  expect(parametersOfClaims({ state: 'x'.repeat(16_385) })).toBeUndefined();
  expect(parametersOfClaims({ state: '\ud800' })).toBeUndefined();
});

test('RFC 9396 §2: a list of objects stays one JSON text', () => {
  const details = [{ type: 'payment' }, { type: 'account' }];
  expect(parametersOfClaims({ authorization_details: details })?.get('authorization_details')).toBe(
    JSON.stringify(details),
  );
  expect(parametersOfClaims({ resource: [], flag: true })?.entries).toEqual([['flag', 'true']]);
});

test('N91: whatever JSON the claims are, parameters or nothing come out', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
      const parameters = parametersOfClaims(claims);
      for (const [name, value] of parameters?.entries ?? []) {
        expect(Object.hasOwn(claims, name)).toBe(true);
        expect(value.length).toBeGreaterThan(0);
      }
    }),
  );
});
