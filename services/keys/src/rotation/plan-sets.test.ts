import { addSeconds } from '@tessera/clock';
import type { SigningAlgorithm } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../testing/test-service.ts';
import { type ConfiguredAlgorithms, configuredAlgorithms, groupByAlgorithm, type KeySets } from './key-sets.ts';
import type { RotatingKey } from './plan.ts';
import { planSets } from './plan-sets.ts';
import { createRotationPolicy } from './policy.ts';
import { chooseSigningKey, findDefaultKey, listPublishedKeys, listSigningAlgorithms } from './select-key.ts';

interface TestKey extends RotatingKey {
  readonly alg: SigningAlgorithm;
}

const start = new Date('2026-01-01T00:00:00Z');
const policy = createRotationPolicy(testConfig());
const at = (seconds: number) => addSeconds(start, seconds);

/** The sets after what was due was carried out. */
function carryOut(stored: KeySets<TestKey>, configured: ConfiguredAlgorithms, now: Date): KeySets<TestKey> {
  const keys = [...planSets(stored, configured, now, policy)].flatMap(([alg, { keys: kept, create }]) =>
    create === undefined ? kept : [...kept, { ...create, alg, privateKey: 1 }],
  );
  return groupByAlgorithm(keys);
}

function signer(sets: KeySets<TestKey>, configured: ConfiguredAlgorithms, now: Date, algorithm?: string) {
  const choice = chooseSigningKey(sets, configured, algorithm, now);
  return choice.outcome === 'found' ? choice.key.alg : choice.outcome;
}

describe('sets of several algorithms', () => {
  it('the configured ones are each there once, the default first', () => {
    expect(configuredAlgorithms({ algorithm: 'ES256', algorithms: ['RS256', 'ES256', 'RS256'] })).toEqual([
      'ES256',
      'RS256',
    ]);
    expect(configuredAlgorithms({ algorithm: 'ES256', algorithms: [] })).toEqual(['ES256']);
  });

  it('the first keys of a new installation all sign at once, each in its own set', () => {
    const configured: ConfiguredAlgorithms = ['RS256', 'PS256', 'EdDSA'];
    const sets = carryOut(new Map(), configured, start);
    expect([...sets.keys()]).toEqual(configured);
    for (const alg of configured) {
      expect(signer(sets, configured, start, alg)).toBe(alg);
      expect(signer(sets, configured, at(-60), alg)).toBe(alg);
    }
    expect(signer(sets, configured, start)).toBe('RS256');
    expect(listSigningAlgorithms(sets, configured, start)).toEqual(configured);
  });

  it('the first key of an algorithm that is added later is published before it signs, and none signs in its place', () => {
    const configured: ConfiguredAlgorithms = ['RS256', 'ES256'];
    const sets = carryOut(carryOut(new Map(), ['RS256'], start), configured, at(100));
    expect(signer(sets, configured, at(1359), 'ES256')).toBe('not_yet');
    expect(listPublishedKeys(sets, configured, at(100)).map(({ alg }) => alg)).toEqual(configured);
    expect(listSigningAlgorithms(sets, configured, at(1359))).toEqual(['RS256']);
    expect(signer(sets, configured, at(1360), 'ES256')).toBe('ES256');
    expect(listSigningAlgorithms(sets, configured, at(1360))).toEqual(configured);
  });

  it('an algorithm that is not configured, or not spoken here, is unknown, though its key is there still', () => {
    const sets = carryOut(new Map(), ['RS256', 'ES256'], start);
    expect(signer(sets, ['RS256'], start, 'ES256')).toBe('unknown');
    expect(signer(sets, ['RS256'], start, 'PS256')).toBe('unknown');
    expect(signer(sets, ['RS256'], start, 'HS256')).toBe('unknown');
    expect(signer(sets, ['RS256'], start, 'none')).toBe('unknown');
  });

  it('a new default waits for its pre-publication, and the one before it signs until then', () => {
    const sets = carryOut(carryOut(new Map(), ['PS256', 'RS256'], start), ['ES256', 'RS256'], at(100));
    expect(signer(sets, ['ES256', 'RS256'], at(101))).toBe('RS256');
    expect(signer(sets, ['ES256', 'RS256'], at(1360))).toBe('ES256');
  });

  it('for any changes of the configuration at any times: somebody signs by default, and with what was asked for', () => {
    const algorithms = fc.uniqueArray(fc.constantFrom<SigningAlgorithm>('RS256', 'PS256', 'ES256', 'EdDSA'), {
      minLength: 1,
      maxLength: 4,
    });
    const step = fc.tuple(fc.integer({ min: 0, max: 60_000 }), algorithms);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        let now = start;
        let sets: KeySets<TestKey> = new Map();
        for (const [pause, [first = 'RS256', ...others]] of steps) {
          const configured: ConfiguredAlgorithms = [first, ...others];
          now = addSeconds(now, pause);
          const before = [...sets.values()].flat();
          sets = carryOut(sets, configured, now);
          expect(findDefaultKey(sets, configured, now)?.privateKey).toBe(1);
          for (const alg of configured) {
            expect([alg, 'not_yet']).toContain(signer(sets, configured, now, alg));
            expect(signer(sets, configured, addSeconds(now, policy.prePublicationSeconds), alg)).toBe(alg);
          }
          for (const key of [...sets.values()].flat()) {
            const isNew = !before.some(
              (one) => one.alg === key.alg && one.activeAt.getTime() === key.activeAt.getTime(),
            );
            const isPrePublished = key.activeAt >= addSeconds(key.createdAt, policy.prePublicationSeconds);
            expect(!isNew || before.length === 0 || isPrePublished).toBe(true);
          }
          const again = planSets(sets, configured, now, policy);
          expect([...again.values()].some(({ isChanged }) => isChanged)).toBe(false);
        }
      }),
    );
  });
});
