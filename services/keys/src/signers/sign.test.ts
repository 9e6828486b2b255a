import { importVerificationKey, SIGNING_ALGORITHMS, type VerificationKey, verifyCompactJws } from '@tessera/oauth';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import {
  accessToken,
  idToken,
  signOne,
  startTestService,
  testIssuer,
  verificationKeys,
} from '../testing/test-service.ts';
import { generateSigningKeyPair } from './generate-key-pair.ts';
import { createKeyVault } from './key-vault.ts';
import { signBundle } from './sign-bundle.ts';
import type { SigningKey } from './signing-key.ts';

async function readyService(algorithm: 'RS256' | 'ES256' = 'ES256') {
  const service = await startTestService({ algorithm });
  await service.ready();
  return service;
}

async function makeKey(alg: (typeof SIGNING_ALGORITHMS)[number]): Promise<SigningKey> {
  const vault = createKeyVault(createKeyEncryptionRing(), generateSigningKeyPair);
  const life = { createdAt: new Date(0), activeAt: new Date(0) };
  const key = vault.open(new Map([[alg, [await vault.create(alg, life)]]])).get(alg)?.[0];
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
    const claims = { iss: testIssuer, client_id: 'app', exp: 4_000_000_000 };
    const context = {
      rules: { issuer: testIssuer, maxLifetimeSeconds: 600 },
      nowSeconds: 4_000_000_000,
      findKey: () => key,
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

  it('RFC 9068 §2.1: an access token says at+jwt, an ID token says only alg and kid', async () => {
    const service = await readyService();
    const [access = '', id = ''] = await signOne(service, accessToken(service.clock), idToken(service.clock));
    const [key] = await verificationKeys(service);
    expect(decodeProtectedHeader(access)).toEqual({ alg: 'ES256', kid: key?.kid, typ: 'at+jwt' });
    expect(decodeProtectedHeader(id)).toEqual({ alg: 'ES256', kid: key?.kid });
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
    const refused = [
      accessToken(clock, { iss: `${testIssuer}/` }),
      accessToken(clock, { iss: undefined }),
      accessToken(clock, { client_id: undefined }),
      accessToken(clock, { client_id: '' }),
      idToken(clock, { client_id: 'app' }),
      idToken(clock, { iss: 'https://evil.example' }),
    ];
    const outcomes = await service.api.sign(refused.map((token) => [token]));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ error: { code: 'keys.claims_refused' } });
    expect(outcomes).toHaveLength(refused.length);
    await service.close();
  });

  it('no token outlives the publication of its key', async () => {
    const service = await readyService();
    const nowSeconds = service.clock.now().getTime() / 1000;
    const withExp = (exp: unknown) => [accessToken(service.clock, { exp })];
    const bundles = [nowSeconds + 86_400, nowSeconds + 86_701, '1', undefined, Number.NaN].map(withExp);
    const outcomes = await service.api.sign(bundles);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, false, false]);
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
