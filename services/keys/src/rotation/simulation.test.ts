import { describe, expect, it } from 'vitest';
import type { SimulationOptions } from '../testing/simulation/options.ts';
import { chooseScenario, policyOf } from '../testing/simulation/scenario.ts';
import { simulate } from '../testing/simulation/simulate.ts';
import type { ConfiguredAlgorithms } from './key-sets.ts';
import type { RotationPolicy } from './policy.ts';

const hour = 3600;

/** A week with nothing special, and what a test changes of it. */
function week(seed: number, changes: Partial<SimulationOptions> = {}, broken: Partial<RotationPolicy> = {}) {
  return simulate({
    seed,
    days: 7,
    policyFor: (algorithms, lifetime) => ({ ...policyOf(6 * hour, algorithms, lifetime), ...broken }),
    lifetimesSeconds: [hour],
    algorithms: [['ES256']],
    plannedRotations: 0,
    ...changes,
  });
}

/** Failures of some seeds together, so that what is likely to fail does. */
async function failures(changes: Partial<SimulationOptions>, broken: Partial<RotationPolicy> = {}) {
  const results = [];
  for (const seed of [1, 2, 3]) results.push(await week(seed, changes, broken));
  return results.flatMap((result) => result.unverifiable);
}

describe('three replicas with clocks two minutes ahead and behind, pauses, restarts and storage failures', () => {
  it.each([1, 2, 3, 4])('no relying party meets a token it cannot verify in 90 days (seed %i)', async (seed) => {
    const result = await simulate({ ...chooseScenario(seed), days: 90 });
    expect(result.unverifiable).toEqual([]);
    expect(result.verified).toBeGreaterThan(5000);
    expect(result.keys).toBeGreaterThan(30);
    expect(Math.min(...Object.values(result.troubles))).toBeGreaterThan(10);
  });

  it('the same seed gives the same run', async () => {
    expect(await week(9)).toEqual(await week(9));
    expect(await week(9)).not.toEqual(await week(10));
  });

  it('no relying party meets one through planned emergency rotations, at any moments', async () => {
    const result = await week(5, { plannedRotations: 100, algorithms: [['RS256', 'ES256']] });
    expect(result.unverifiable).toEqual([]);
    expect(result.keys).toBeGreaterThan(100);
  });

  it.each<{ before: ConfiguredAlgorithms; after: ConfiguredAlgorithms }>([
    { before: ['ES256'], after: ['ES256', 'EdDSA', 'ES384'] },
    { before: ['ES256', 'EdDSA', 'ES384'], after: ['ES256'] },
    { before: ['ES256', 'EdDSA'], after: ['ES384', 'ES256'] },
    { before: ['ES256'], after: ['ES384'] },
  ])('no relying party meets one while replicas go from $before to $after one by one', async ({ before, after }) => {
    const result = await week(6, { algorithms: [before, after] });
    expect(result.unverifiable).toEqual([]);
  });

  it('no relying party meets one when lifetimes are made shorter, as the journal knows how long tokens are valid', async () => {
    expect(await failures({ lifetimesSeconds: [24 * hour, 600] })).toEqual([]);
  });

  it('a rotation at once breaks what its preview says, and for no longer', async () => {
    const results = [];
    for (const seed of [1, 2, 3]) results.push(await week(seed, { atOnceOnDay: 3.4 }));
    expect(results.flatMap(({ unverifiable }) => unverifiable).length).toBeGreaterThan(0);
    for (const { unverifiable, atOnceSeconds = 0, mayFailUntilSeconds = 0 } of results) {
      for (const { kind, atSeconds } of unverifiable) {
        expect(kind).toBe('unknown');
        expect(atSeconds).toBeGreaterThan(atOnceSeconds - 1);
        // A replica that is cut off from storage may give a JWKS without the key for so much longer.
        expect(atSeconds).toBeLessThan(mayFailUntilSeconds + 1260 - 894);
      }
    }
  });
});

describe('the simulation notices', () => {
  it('keys that sign without having been published before', async () => {
    const found = await failures({}, { prePublicationSeconds: 1 });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ kind }) => kind === 'unknown')).toBe(true);
  });

  it('relying parties that keep a JWKS too long', async () => {
    expect((await failures({ keepsSeconds: 2 * hour })).length).toBeGreaterThan(0);
  });

  it.each([
    {
      what: 'keys that go before their tokens expire',
      lifetimesSeconds: [24 * hour],
      broken: { retentionSeconds: 1200 },
    },
    { what: 'lifetimes made shorter that nobody remembers', lifetimesSeconds: [24 * hour, 600], broken: {} },
  ])('$what', async ({ lifetimesSeconds, broken }) => {
    const found = await failures({ lifetimesSeconds, keepsNoJournal: true, notesNoLifetimes: true }, broken);
    expect(found.some(({ kind }) => kind === 'gone')).toBe(true);
    expect(await failures({ lifetimesSeconds }, broken)).toEqual([]);
  });

  it('no lifetime that was made shorter, as keys note the longest one, though nobody keeps a journal', async () => {
    expect(await failures({ lifetimesSeconds: [24 * hour, 600], keepsNoJournal: true })).toEqual([]);
  });

  it('replicas that sign by old state', async () => {
    expect((await failures({ days: 30 }, { staleAfterSeconds: 1e9 })).length).toBeGreaterThan(0);
  });

  it('clocks that are further apart than the policy allows for', async () => {
    expect((await failures({ days: 30, skewSeconds: 600 })).length).toBeGreaterThan(0);
  });
});
