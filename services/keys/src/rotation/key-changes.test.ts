import { addSeconds } from '@tessera/clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../testing/test-service.ts';
import { type KeyStep, tellChanges } from './key-changes.ts';
import { planRotation } from './plan.ts';
import { createRotationPolicy } from './policy.ts';

interface TestKey {
  readonly kid: string;
  readonly createdAt: Date;
  readonly activeAt: Date;
  readonly retiredAt?: Date;
  readonly goneAt?: Date;
  readonly told?: KeyStep;
}

const start = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => addSeconds(start, seconds);
const key: TestKey = { kid: 'k', createdAt: start, activeAt: at(10), retiredAt: at(20), goneAt: at(30) };

function steps(stored: readonly TestKey[], next: readonly TestKey[], now: Date) {
  return tellChanges(stored, next, now).changes.map(({ step, at: moment }) => [step, moment]);
}

describe('the changes of a key that are told', () => {
  it('come each when its moment comes, and are noted in the key', () => {
    expect(tellChanges([], [key], start)).toMatchObject({ keys: [{ told: 'created' }], changes: [{ at: start }] });
    const told = (step: KeyStep): TestKey => ({ ...key, told: step });
    expect(tellChanges([told('created')], [told('created')], at(9))).toEqual({ keys: [told('created')], changes: [] });
    expect(steps([told('created')], [told('created')], at(10))).toEqual([['activated', at(10)]]);
    expect(steps([told('activated')], [told('activated')], at(20))).toEqual([['retired', at(20)]]);
    expect(steps([told('retired')], [], at(30))).toEqual([['removed', at(30)]]);
  });

  it('are all told, late and with their own times, when nobody looked meanwhile', () => {
    expect(steps([{ ...key, told: 'created' }], [], at(1000))).toEqual([
      ['activated', at(10)],
      ['retired', at(20)],
      ['removed', at(30)],
    ]);
  });

  it('are never taken back by a clock that is behind', () => {
    expect(steps([], [{ ...key, told: 'retired' }], start)).toEqual([]);
  });

  it('for any rotation, at any times: each key has each step once and in order', () => {
    const policy = createRotationPolicy(testConfig());
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 30 }), (pauses) => {
        const told = new Map<string, KeyStep[]>();
        let now = start;
        let keys: readonly TestKey[] = [];
        for (const [position, pause] of [0, ...pauses].entries()) {
          now = addSeconds(now, pause);
          const plan = planRotation(keys, now, policy, { isInUse: true, hasOtherSigner: false });
          const created = plan.create === undefined ? [] : [{ kid: `k${position}`, ...plan.create }];
          const result = tellChanges(keys, [...plan.keys, ...created], now);
          for (const change of result.changes) {
            expect(change.at <= now).toBe(true);
            told.set(change.key.kid, [...(told.get(change.key.kid) ?? []), change.step]);
          }
          keys = result.keys;
          expect(tellChanges(keys, keys, now).changes).toEqual([]);
        }
        const all: readonly KeyStep[] = ['created', 'activated', 'retired', 'removed'];
        for (const [kid, list] of told) {
          expect(list).toEqual(all.slice(0, list.length));
          expect(list.includes('removed')).toBe(keys.every((one) => one.kid !== kid));
        }
      }),
    );
  });
});
