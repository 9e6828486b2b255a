import { expect, test } from 'vitest';
import { type StatefulPod, statefulStep } from './stateful-step.ts';

const pod = (ordinal: number, more: Partial<StatefulPod> = {}): StatefulPod => ({
  ordinal,
  isNew: true,
  isAvailable: true,
  isTerminating: false,
  ...more,
});

test('pods are made in their order, each when the one before is available', () => {
  expect(statefulStep(3, false, [])).toEqual({ create: [0], remove: undefined });
  expect(statefulStep(3, false, [pod(0, { isAvailable: false })])).toEqual({ create: [], remove: undefined });
  expect(statefulStep(3, false, [pod(0)])).toEqual({ create: [1], remove: undefined });
  expect(statefulStep(3, true, [pod(1)])).toEqual({ create: [0, 2], remove: undefined });
});

test('an update begins with the last pod, and goes on when it is available again', () => {
  const old = [pod(0, { isNew: false }), pod(1, { isNew: false })];
  expect(statefulStep(2, false, old).remove).toBe(old[1]);
  expect(statefulStep(2, false, [pod(0, { isNew: false }), pod(1, { isTerminating: true })]).remove).toBeUndefined();
  expect(statefulStep(2, false, [pod(0, { isNew: false }), pod(1, { isAvailable: false })]).remove).toBeUndefined();
  const first = pod(0, { isNew: false });
  expect(statefulStep(2, false, [first, pod(1)]).remove).toBe(first);
});
