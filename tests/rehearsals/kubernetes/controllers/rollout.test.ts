import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RolloutPod, rolloutStep } from './rollout.ts';

const OLD: RolloutPod = { isNew: false, isAvailable: true };
const NEW: RolloutPod = { isNew: true, isAvailable: true };
const STARTING: RolloutPod = { isNew: true, isAvailable: false };
const strategy = { type: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 } as const;

test('of one replica that may not be missed, the old pod goes when the new one is available, and not before', () => {
  expect(rolloutStep({ replicas: 1, strategy }, [OLD], 0)).toEqual({ create: 1, remove: [] });
  expect(rolloutStep({ replicas: 1, strategy }, [OLD, STARTING], 0)).toEqual({ create: 0, remove: [] });
  expect(rolloutStep({ replicas: 1, strategy }, [OLD, NEW], 0)).toEqual({ create: 0, remove: [OLD] });
  expect(rolloutStep({ replicas: 1, strategy }, [NEW], 1)).toEqual({ create: 0, remove: [] });
});

test('Recreate makes no new pod while an old one lives', () => {
  const recreate = { replicas: 2, strategy: { type: 'Recreate' } } as const;
  expect(rolloutStep(recreate, [OLD, OLD], 0)).toEqual({ create: 0, remove: [OLD, OLD] });
  expect(rolloutStep(recreate, [], 2)).toEqual({ create: 0, remove: [] });
  expect(rolloutStep(recreate, [], 0)).toEqual({ create: 2, remove: [] });
});

test('no step leaves fewer available or more pods than the strategy allows, and it ends with the replicas asked for', () => {
  const pod = fc.record({ isNew: fc.boolean(), isAvailable: fc.boolean() });
  const limits = fc.record({
    replicas: fc.integer({ min: 0, max: 6 }),
    maxSurge: fc.integer({ min: 0, max: 3 }),
    maxUnavailable: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(limits, fc.array(pod, { maxLength: 10 }), ({ replicas, ...rest }, begin) => {
      const spec = { replicas, strategy: { type: 'RollingUpdate' as const, ...rest } };
      let pods = [...begin];
      for (let step = 0; step < 60; step += 1) {
        const { create, remove } = rolloutStep(spec, pods, 0);
        const left = pods.filter((one) => !remove.includes(one));
        const available = (all: readonly RolloutPod[]): number => all.filter((one) => one.isAvailable).length;
        const lost = available(pods) - available(left);
        if (lost > 0) expect(available(left)).toBeGreaterThanOrEqual(replicas - rest.maxUnavailable);
        if (create > 0) expect(left.length + create).toBeLessThanOrEqual(replicas + rest.maxSurge);
        // What is made becomes available, and so does what was not.
        pods = [...left, ...Array.from({ length: create }, () => ({ ...STARTING }))].map((one) => ({
          ...one,
          isAvailable: one.isNew || one.isAvailable,
        }));
      }
      expect(pods.filter((one) => one.isNew)).toHaveLength(replicas);
      expect(pods).toHaveLength(replicas);
    }),
  );
});
