import { createHash } from 'node:crypto';
import { importVerificationKey, SIGNING_ALGORITHMS, type VerificationKey, verifyCompactJws } from '@tessera/oauth';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import {
  accessToken,
  everyType,
  idToken,
  introspection,
  logoutToken,
  signOne,
  startTestService,
  testIssuer,
  userinfo,
  verificationKeys,
} from '../testing/test-service.ts';
import { createCustody } from './custody.ts';
import { createLocalCustodian } from './local/custodian.ts';
import { signBundle } from './sign-bundle.ts';
import type { SigningKey } from './signing-key.ts';

async function readyService(algorithm: 'RS256' | 'ES256' = 'ES256') {
  const service = await startTestService({ algorithm });
  await service.ready();
  return service;
}

async function makeKey(alg: (typeof SIGNING_ALGORITHMS)[number]): Promise<SigningKey> {
  const local = createLocalCustodian(createKeyEncryptionRing());
  const custody = createCustody(local, { local });
  const life = { createdAt: new Date(0), activeAt: new Date(0) };
  const key = (await custody.open(new Map([[alg, [await custody.create(alg, life, [])]]]))).get(alg)?.[0];
  if (key === undefined) throw new Error('no key');
  return key;
}

function imported(key: SigningKey): VerificationKey {
  const outcome = importVerificationKey(key.jwk);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.key;
}

describe('signing', () => {
  it.each(SIGNING_ALGORITHMS)('RFC 7518 §3.1: what %s signs verifies here and elsewhere', async (alg) => {
    const key = await makeKey(alg);
    const time = { iat: 4_000_000_000, exp: 4_000_000_000 };
    const claims = { iss: testIssuer, sub: 's', aud: 'api', client_id: 'app', jti: 'j', ...time };
    const context = {
      rules: { issuer: testIssuer, maxLifetimeSeconds: 600 },
      nowSeconds: 4_000_000_000,
      chooseKey: () => ({ outcome: 'found', key }) as const,
    };
    const [token = ''] = await signBundle([{ type: 'access_token', claims }], context);
    const outcome = verifyCompactJws(token, { keys: [imported(key)], algorithms: [alg], typ: 'at+jwt' });
    expect(outcome).toMatchObject({ ok: true, payload: claims });
    const elsewhere = await jwtVerify(token, createLocalJWKSet({ keys: [{ kty: '', ...key.jwk }] }), {
      typ: 'at+jwt',
      issuer: testIssuer,
      algorithms: [alg],
    });
    expect(elsewhere.payload).toEqual(claims);
  });

  it('RFC 9068 §2.1, Back-Channel Logout §2.4, RFC 9701 §5: each type of token says its typ, alg and kid, no more', async () => {
    const service = await readyService();
    const { clock } = service;
    const bundle = [accessToken(clock), idToken(clock), logoutToken(clock), userinfo(), introspection(clock)];
    const tokens = await signOne(service, ...bundle);
    const [key] = await verificationKeys(service);
    const typ = ['at+jwt', 'JWT', 'logout+jwt', 'JWT', 'token-introspection+jwt'];
    expect(tokens.map((token) => decodeProtectedHeader(token))).toEqual(
      typ.map((one) => ({ alg: 'ES256', kid: key?.kid, typ: one })),
    );
    await service.close();
  });

  it('claims keep their order', async () => {
    const service = await readyService();
    const [token = ''] = await signOne(service, idToken(service.clock, { zeta: 1, alpha: 2 }));
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).toMatch(/^\{"iss":.*"zeta":1,"alpha":2\}$/);
    await service.close();
  });

  it('OIDC Core §3.1.3.6 and §3.3.2.11: at_hash is over the signed access token and c_hash over the code', async () => {
    const service = await readyService('RS256');
    const bundle = [accessToken(service.clock), { ...idToken(service.clock), atHashOf: 0, cHashOver: 'the-code' }];
    const [access = '', id = ''] = await signOne(service, ...bundle);
    const keys = await verificationKeys(service);
    const outcome = verifyCompactJws(id, { keys, algorithms: ['RS256'], typ: 'JWT' });
    const half = async (text: string) =>
      Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text)))
        .subarray(0, 16)
        .toString('base64url');
    expect(outcome).toMatchObject({ payload: { at_hash: await half(access), c_hash: await half('the-code') } });
    await service.close();
  });

  it.each([
    ['ES256', 'sha256'],
    ['PS384', 'sha384'],
    ['EdDSA', 'sha512'],
  ] as const)('OIDC Core §3.1.3.6: hashes beside %s are halves of %s', async (algorithm, hash) => {
    const service = await startTestService({ algorithm: 'ES256', algorithms: ['ES256', 'PS384', 'EdDSA'] });
    await service.ready();
    const half = (text: string) => {
      const digest = createHash(hash).update(text).digest();
      return digest.subarray(0, digest.length / 2).toString('base64url');
    };
    const hashed = { atHashOver: 'reference-token', cHashOver: 'code', sHashOver: 'state' };
    const [id = '', beside = ''] = await signOne(
      service,
      { ...idToken(service.clock), algorithm, ...hashed },
      { ...idToken(service.clock), algorithm, atHashOf: 0 },
    );
    expect(decodeProtectedHeader(id).alg).toBe(algorithm);
    expect(decodeJwt(id)).toMatchObject({
      at_hash: half('reference-token'),
      c_hash: half('code'),
      s_hash: half('state'),
    });
    expect(decodeJwt(beside)).toMatchObject({ at_hash: half(id) });
    expect(decodeJwt(beside)).not.toHaveProperty('c_hash');
    await service.close();
  });

  it('OIDC Core §3.1.3.6: only ID tokens have hashes, and at_hash is over one access token', async () => {
    const service = await readyService();
    const [access, id] = [accessToken(service.clock), idToken(service.clock)];
    const outcomes = await service.api.sign([
      [{ ...access, atHashOver: 'x' }],
      [{ ...userinfo(), cHashOver: 'x' }],
      [{ ...logoutToken(service.clock), sHashOver: 'x' }],
      [access, { ...id, atHashOf: 0, atHashOver: 'x' }],
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ error: { code: 'keys.claims_refused' } });
    expect(outcomes).toHaveLength(4);
    await service.close();
  });

  it.each([0, 1, -1, 7])('at_hash over token %d, which does not come earlier, fails the bundle', async (atHashOf) => {
    const service = await readyService();
    const bundle = [{ ...idToken(service.clock), atHashOf }, accessToken(service.clock)];
    await expect(signOne(service, ...bundle)).rejects.toMatchObject({ code: 'keys.no_such_token' });
    await service.close();
  });

  it('a bundle that fails leaves the others of its batch alone', async () => {
    const service = await readyService();
    const good = [accessToken(service.clock)];
    const unknown = [{ ...accessToken(service.clock), algorithm: 'HS256' }];
    const unserved = [{ ...accessToken(service.clock), algorithm: 'ES512' }];
    const outcomes = await service.api.sign([good, unknown, unserved, good]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, true]);
    expect(outcomes[1]).toMatchObject({ error: { kind: 'invalid_argument', code: 'keys.unknown_algorithm' } });
    await service.close();
  });

  it('RFC 9068 §5: tokens that could be taken for the other type, or for another issuer’s, are not signed', async () => {
    const service = await readyService();
    const { clock } = service;
    const ofOthers = everyType(clock).flatMap(({ type, claims }) =>
      [`${testIssuer}/`, 'https://evil.example', undefined].map((iss) => ({ type, claims: { ...claims, iss } })),
    );
    const otherTypes = [accessToken(clock, { client_id: '' }), idToken(clock, { client_id: 'app' })];
    const outcomes = await service.api.sign([...ofOthers, ...otherTypes].map((token) => [token]));
    expect(outcomes).toHaveLength(17);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ error: { code: 'keys.claims_refused' } });
    await service.close();
  });

  it('no token outlives the publication of its key', async () => {
    const service = await readyService();
    const nowSeconds = service.clock.now().getTime() / 1000;
    const withExp = (exp: unknown) => [accessToken(service.clock, { exp })];
    const bundles = [nowSeconds + 86_400, nowSeconds + 86_701, '1', undefined, Number.NaN].map(withExp);
    const outcomes = await service.api.sign(bundles);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, false, false]);
    expect(outcomes[1]).toMatchObject({ error: { kind: 'invalid_argument', code: 'keys.lifetime_too_long' } });
    const [id, logout] = [idToken, logoutToken].map((make) => [make(service.clock, { exp: nowSeconds + 86_701 })]);
    for (const outcome of await service.api.sign([id ?? [], logout ?? []])) {
      expect(outcome).toMatchObject({ error: { code: 'keys.lifetime_too_long' } });
    }
    await service.close();
  });

  it('a static client’s longer lifetime is kept to, by its tokens and by the publication of keys', async () => {
    const service = await startTestService({ staticClients: [{ settings: { accessTokenLifetimeSeconds: 100_000 } }] });
    await service.ready();
    const nowSeconds = service.clock.now().getTime() / 1000;
    const bundles = [100_000, 100_301].map((lifetime) => [accessToken(service.clock, { exp: nowSeconds + lifetime })]);
    expect((await service.api.sign(bundles)).map(({ ok }) => ok)).toEqual([true, false]);
    await service.close();
  });

  it('a payload beyond 16 KiB, or an access token our endpoints would not take, is refused', async () => {
    const service = await readyService();
    const big = { groups: ['x'.repeat(14_000)] };
    const bigger = { groups: ['x'.repeat(16_384)] };
    const outcomes = await service.api.sign([
      [idToken(service.clock, big)],
      [idToken(service.clock, bigger)],
      [accessToken(service.clock, big)],
    ]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(outcomes[2]).toMatchObject({ error: { code: 'keys.payload_too_large' } });
    await service.close();
  });
});
