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
      skewSeconds: 220,
      retentionSeconds: 86_700,
    });
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
