import { describe, expect, it } from 'vitest';
import { simulate } from '../testing/simulation.ts';
import { testConfig } from '../testing/test-service.ts';
import { createRotationPolicy } from './policy.ts';

const hours = 3600;

describe('days of three replicas with clocks apart, pauses and storage failures', () => {
  it.each([
    { seed: 1, rotationSeconds: 6 * hours, lifetimeSeconds: 24 * hours, days: 4 },
    { seed: 2, rotationSeconds: 6 * hours, lifetimeSeconds: 1 * hours, days: 4 },
    { seed: 3, rotationSeconds: 2400, lifetimeSeconds: 1 * hours, days: 2 },
    { seed: 4, rotationSeconds: 900, lifetimeSeconds: 600, days: 1 },
  ])('no relying party meets a token it cannot verify (rotation every $rotationSeconds s)', async (run) => {
    const policy = policyFor(run.rotationSeconds, run.lifetimeSeconds);
    const result = await simulate({ ...run, policy });
    expect(result.unverifiable).toBe(0);
    expect(result.verified).toBeGreaterThan(10_000);
    expect(result.keysSeen).toBeGreaterThan(10);
    expect(result.refused).toBeGreaterThan(0);
  });

  it('the simulation notices relying parties that keep a JWKS too long', async () => {
    const policy = policyFor(6 * hours, 1 * hours);
    const result = await simulate({ seed: 5, days: 1, lifetimeSeconds: 1 * hours, policy, keepsSeconds: 2 * hours });
    expect(result.unverifiable).toBeGreaterThan(0);
  });

  it('the simulation notices keys that go before their tokens expire', async () => {
    const policy = { ...policyFor(6 * hours, 1 * hours), retentionSeconds: 1200 };
    const result = await simulate({ seed: 6, days: 1, lifetimeSeconds: 1 * hours, policy });
    expect(result.unverifiable).toBeGreaterThan(0);
  });

  it('the simulation notices replicas that sign by old state', async () => {
    const policy = { ...policyFor(6 * hours, 1 * hours), staleAfterSeconds: 1e9 };
    const result = await simulate({ seed: 7, days: 4, lifetimeSeconds: 1 * hours, policy });
    expect(result.unverifiable).toBeGreaterThan(0);
  });
});

function policyFor(rotationSeconds: number, lifetimeSeconds: number) {
  const config = testConfig({ rotationSeconds });
  const expiry = { ...config.expiry, idTokensSeconds: lifetimeSeconds, accessTokensSeconds: lifetimeSeconds };
  return createRotationPolicy({ signer: config.signer, expiry });
}
