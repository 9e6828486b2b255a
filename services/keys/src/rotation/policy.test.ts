import { type ClientSettings, SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../testing/test-service.ts';
import { createRotationPolicy, jwksMaxAgeSeconds } from './policy.ts';

describe('the rotation policy', () => {
  it('with the default of six hours publishes 21 minutes ahead what may be cached for ten', () => {
    expect(createRotationPolicy(testConfig())).toEqual({
      rotationSeconds: 21_600,
      maxAgeSeconds: 600,
      prePublicationSeconds: 1260,
      reloadSeconds: 30,
      staleAfterSeconds: 630,
      skewSeconds: 264,
      retentionSeconds: 86_700,
      maxKeysPerSet: 100,
    });
  });

  it('keys stay published for the longest lifetime of a signed token that the configuration gives to any client', () => {
    const retention = (...settings: readonly ClientSettings[]) =>
      createRotationPolicy(testConfig({ staticClients: settings.map((one) => ({ settings: one })) })).retentionSeconds;
    expect(retention({})).toBe(86_700);
    expect(retention({ idTokenLifetimeSeconds: 60, accessTokenLifetimeSeconds: 60 })).toBe(86_700);
    expect(retention({}, { idTokenLifetimeSeconds: 100_000 }, { accessTokenLifetimeSeconds: 90_000 })).toBe(100_300);
    expect(retention({ accessTokenLifetimeSeconds: 200_000 })).toBe(200_300);
    expect(retention({ accessTokenLifetimeSeconds: 200_000, accessTokenType: 'reference' })).toBe(86_700);
    expect(retention({ idTokenLifetimeSeconds: 200_000, idTokenSignedResponseAlg: 'HS256' })).toBe(86_700);
    expect(retention({ idTokenLifetimeSeconds: 200_000, idTokenSignedResponseAlg: 'PS256' })).toBe(200_300);
  });

  it('the keys of all algorithms together fit into one document', () => {
    const perSet = (algorithms: readonly SigningAlgorithm[]) =>
      createRotationPolicy(testConfig({ algorithm: 'RS256', algorithms })).maxKeysPerSet;
    expect(perSet(['RS256', 'ES256'])).toBe(75);
    expect(perSet(SIGNING_ALGORITHMS)).toBe(15);
    const config = testConfig({ algorithm: 'RS256' });
    const large = { ...config.signer, type: 'local', rsaKeyBits: 4096, selfSignedCertificates: true } as const;
    expect(createRotationPolicy({ ...config, signer: large }).maxKeysPerSet).toBe(54);
  });

  it('at any rotation period no cached JWKS is in use when a key it lacks signs first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.double({ min: 0, max: 5000, noNaN: true }),
        (rotationSeconds, age) => {
          const policy = createRotationPolicy(testConfig({ rotationSeconds }));
          const { reloadSeconds, maxAgeSeconds, skewSeconds, prePublicationSeconds } = policy;
          expect(maxAgeSeconds).toBeGreaterThanOrEqual(1);
          expect(reloadSeconds + maxAgeSeconds + skewSeconds).toBeLessThan(prePublicationSeconds);
          expect(jwksMaxAgeSeconds(policy, reloadSeconds)).toBe(maxAgeSeconds);
          const maxAge = jwksMaxAgeSeconds(policy, age);
          expect(maxAge === 0 || age + maxAge + skewSeconds <= prePublicationSeconds).toBe(true);
        },
      ),
    );
  });
});
