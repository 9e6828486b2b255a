import { describe, expect, it } from 'vitest';
import { simulate } from '../testing/simulation.ts';
import { testConfig } from '../testing/test-service.ts';
import { createRotationPolicy } from './policy.ts';
import type { ConfiguredAlgorithms } from './select-key.ts';

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

  it('no relying party meets a token it cannot verify, with several algorithms', async () => {
    const algorithms: ConfiguredAlgorithms = ['ES256', 'EdDSA', 'ES384'];
    const policy = policyFor(6 * hours, 24 * hours, algorithms);
    const result = await simulate({ seed: 8, days: 2, lifetimeSeconds: 24 * hours, policy, algorithms });
    expect(result.unverifiable).toBe(0);
    expect(result.verified).toBeGreaterThan(10_000);
    expect(result.keysSeen).toBeGreaterThan(20);
    for (const alg of algorithms) expect(result.signed[alg]).toBeGreaterThan(3000);
  });

  it.each<{ seed: number; before: ConfiguredAlgorithms; after: ConfiguredAlgorithms }>([
    { seed: 9, before: ['ES256'], after: ['ES256', 'EdDSA', 'ES384'] },
    { seed: 10, before: ['ES256', 'EdDSA', 'ES384'], after: ['ES256'] },
    { seed: 11, before: ['ES256', 'EdDSA'], after: ['ES384', 'ES256'] },
    { seed: 12, before: ['ES256'], after: ['ES384'] },
  ])('no relying party meets one while replicas go from $before to $after one by one', async (run) => {
    const policy = policyFor(2 * hours, 6 * hours, run.before);
    const change = { atDay: 0.5, algorithms: run.after };
    const simulation = { seed: run.seed, days: 1.5, lifetimeSeconds: 6 * hours, policy, algorithms: run.before };
    const result = await simulate({ ...simulation, change });
    expect(result.unverifiable).toBe(0);
    expect(result.verified).toBeGreaterThan(10_000);
    for (const alg of [...run.before, ...run.after]) expect(result.signed[alg]).toBeGreaterThan(1000);
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

function policyFor(rotationSeconds: number, lifetimeSeconds: number, algorithms: ConfiguredAlgorithms = ['ES256']) {
  const config = testConfig({ rotationSeconds, algorithm: algorithms[0], algorithms });
  const expiry = { ...config.expiry, idTokensSeconds: lifetimeSeconds, accessTokensSeconds: lifetimeSeconds };
  return createRotationPolicy({ ...config, expiry });
}
