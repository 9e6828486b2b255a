import { addSeconds } from '@tessera/clock';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testConfig } from '../testing/test-service.ts';
import { findActiveKey } from './key-life.ts';
import { type OrderableKey, planOrder } from './orders.ts';
import { planRotation, type RotatingKey } from './plan.ts';
import { createRotationPolicy } from './policy.ts';

const start = new Date('2026-01-01T00:00:00Z');
const policy = createRotationPolicy(testConfig());
const inUse = { isInUse: true, hasOtherSigner: false };
const at = (seconds: number) => addSeconds(start, seconds);
const first: RotatingKey = { createdAt: start, activeAt: start, privateKey: 1 };

/** The set after a plan was carried out. */
function carryOut(keys: readonly RotatingKey[], now: Date, situation = inUse): readonly RotatingKey[] {
  const plan = planRotation(keys, now, policy, situation);
  return plan.create === undefined ? plan.keys : [...plan.keys, { ...plan.create, privateKey: 1 }];
}

describe('planning a rotation', () => {
  it('the first key of all is active at once', () => {
    expect(carryOut([], start)).toEqual([first]);
  });

  it('the first key of another algorithm is published before it signs', () => {
    expect(carryOut([], start, { isInUse: true, hasOtherSigner: true })).toEqual([
      { createdAt: start, activeAt: at(1260), privateKey: 1 },
    ]);
  });

  it('a successor is made one pre-publication ahead, and fixes the end of its predecessor', () => {
    expect(planRotation([first], at(20_339), policy, inUse)).toEqual({ keys: [first], isChanged: false });
    expect(carryOut([first], at(20_340))).toEqual([
      { ...first, retiredAt: at(21_600), goneAt: at(21_600 + 86_700) },
      { createdAt: at(20_340), activeAt: at(21_600), privateKey: 1 },
    ]);
  });

  it('after a long pause a successor is still published before it signs', () => {
    const [old, next] = carryOut([first], at(1_000_000));
    expect(next?.activeAt).toEqual(at(1_001_260));
    expect(old?.retiredAt).toEqual(next?.activeAt);
    expect(findActiveKey([first, ...(next ? [next] : [])], at(1_000_000))).toBe(first);
  });

  it('a retired key gives up its private half, and goes when its last token has expired', () => {
    const keys = carryOut([first], at(20_340));
    expect(carryOut(keys, at(21_899))[0]).toHaveProperty('privateKey');
    expect(carryOut(keys, at(21_900))[0]).not.toHaveProperty('privateKey');
    expect(carryOut(keys, at(21_600 + 86_699))[0]?.activeAt).toEqual(start);
    expect(carryOut(keys, at(21_600 + 86_700))[0]?.activeAt).toEqual(at(21_600));
  });

  it('longer token lifetimes hold for a key that still signs, and not for one that was retired before', () => {
    const keys = carryOut([first], at(20_340));
    const longer = { ...policy, retentionSeconds: 200_000 };
    expect(planRotation(keys, at(20_400), longer, inUse).keys[0]?.goneAt).toEqual(at(221_600));
    expect(planRotation(keys, at(21_700), longer, inUse).isChanged).toBe(false);
    const shorter = { ...policy, retentionSeconds: 1 };
    expect(planRotation(keys, at(20_400), shorter, inUse).isChanged).toBe(false);
  });

  it('no key goes before the last token that is known has expired, and the tolerance of clocks', () => {
    const keys = carryOut([first], at(20_340));
    const end = 21_600 + 86_700;
    const known = { ...inUse, latestExpiry: (key: RotatingKey) => (key === keys[0] ? at(end + 1000) : undefined) };
    expect(planRotation(keys, at(30_000), policy, known).keys[0]?.goneAt).toEqual(at(end + 1300));
    expect(planRotation(keys, at(end), policy, known).keys[0]?.activeAt).toEqual(start);
    expect(planRotation(keys, at(end), policy, inUse).keys[0]?.activeAt).toEqual(at(21_600));
    const earlier = { ...inUse, latestExpiry: () => at(end - 301) };
    expect(planRotation(keys, at(20_400), policy, earlier).isChanged).toBe(false);
  });

  it('lifetimes made shorter concern the keys of later: a key notes the longest under which it may have signed', () => {
    const key = { ...first, retentionSeconds: policy.retentionSeconds };
    const longer = { ...policy, retentionSeconds: policy.retentionSeconds + 1000 };
    const noted = planRotation([key], at(100), longer, inUse);
    expect(noted).toMatchObject({ isChanged: true, keys: [{ retentionSeconds: longer.retentionSeconds }] });
    expect(planRotation(noted.keys, at(200), policy, inUse).isChanged).toBe(false);
    const [retired] = planRotation(noted.keys, at(20_340), { ...policy, retentionSeconds: 1 }, inUse).keys;
    expect(retired?.goneAt).toEqual(at(21_600 + longer.retentionSeconds));
  });

  it('for orders at any times: one key signs always, and no token outlives its key', () => {
    const order = fc.constantFrom('none', 'planned', 'now', 'revoke active', 'revoke waiting');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), order), { maxLength: 40 }), (steps) => {
        let now = start;
        let made = 0;
        const name = (key: RotatingKey) => ('kid' in key ? (key as OrderableKey) : named(key));
        const named = (key: RotatingKey): OrderableKey => {
          made += 1;
          return { ...key, kid: `k${made}`, alg: 'ES256' };
        };
        let keys: readonly OrderableKey[] = carryOut([], now).map(name);
        for (const [pause, what] of steps) {
          now = addSeconds(now, pause);
          keys = carryOut(keys, now).map(name);
          const active = findActiveKey(keys, now);
          const waiting = keys.find((key) => key.activeAt > now);
          const revoked = what === 'revoke active' ? active : what === 'revoke waiting' ? waiting : undefined;
          const given =
            what === 'planned' || what === 'now'
              ? ({ type: 'rotate', urgency: what } as const)
              : ({ type: 'revoke', kids: revoked === undefined ? [] : [revoked.kid] } as const);
          const plan = planOrder(new Map([['ES256', keys]]), given, { configured: ['ES256'], policy, now }).get(
            'ES256',
          );
          if (plan !== undefined)
            keys = [...plan.keys, ...(plan.create ? [{ ...plan.create, privateKey: 1 }] : [])].map(name);
          expect(findActiveKey(keys, now)?.privateKey).toBe(1);
          expect(keys.filter((key) => key.activeAt > now).length).toBeLessThanOrEqual(1);
          if (revoked !== undefined) expect(keys.map(({ kid }) => kid)).not.toContain(revoked.kid);
          for (const { retiredAt, goneAt } of keys.slice(0, -1)) {
            expect(addSeconds(retiredAt ?? now, policy.retentionSeconds) <= (goneAt ?? now)).toBe(true);
          }
        }
      }),
    );
  });

  it('a set out of use retires its last key when its successor would have signed, if another set signs', () => {
    const outOfUse = { isInUse: false, hasOtherSigner: true };
    expect(planRotation([first], at(20_339), policy, outOfUse).isChanged).toBe(false);
    expect(planRotation([first], at(90_000), policy, { ...outOfUse, hasOtherSigner: false }).isChanged).toBe(false);
    const retired = carryOut([first], at(20_340), outOfUse);
    expect(findActiveKey(retired, at(21_599))).toMatchObject(first);
    expect(retired).toEqual([{ ...first, retiredAt: at(21_600), goneAt: at(21_600 + 86_700) }]);
    expect(findActiveKey(retired, at(21_600))).toBeUndefined();
    const [, again] = carryOut(retired, at(21_700), { isInUse: true, hasOtherSigner: true });
    expect(again?.activeAt).toEqual(at(21_700 + 1260));
  });

  it('a set that is used again while its last key signs still goes on without a break, and publishes before it signs', () => {
    const ending = carryOut([first], at(20_340), { isInUse: false, hasOtherSigner: true });
    for (const hasOtherSigner of [true, false]) {
      const again = (now: Date) => carryOut(ending, now, { isInUse: true, hasOtherSigner })[1]?.activeAt;
      expect(again(at(20_340))).toEqual(at(21_600));
      expect(again(at(21_000))).toEqual(at(21_000 + 1260));
    }
  });

  it('a full set waits with its rotation', () => {
    const full = Array.from({ length: policy.maxKeysPerSet }, (_, position) => {
      const isLast = position === policy.maxKeysPerSet - 1;
      return { ...first, ...(isLast ? {} : { retiredAt: start, goneAt: at(10_000_000) }) };
    });
    expect(planRotation(full, at(30_000), policy, inUse).create).toBeUndefined();
  });

  it('at any times: one key signs, one successor waits at most, and what was fixed stays', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 40 }), (steps) => {
        let now = start;
        let keys = carryOut([], now);
        for (const step of steps) {
          now = addSeconds(now, step);
          const before = keys;
          keys = carryOut(keys, now);
          expect(findActiveKey(keys, now)?.privateKey).toBe(1);
          expect(keys.filter((key) => key.activeAt > now).length).toBeLessThanOrEqual(1);
          for (const [position, key] of keys.entries()) expect(key.retiredAt).toEqual(keys[position + 1]?.activeAt);
          for (const key of before.filter((one) => one.retiredAt !== undefined)) {
            const after = keys.find((one) => one.activeAt.getTime() === key.activeAt.getTime());
            if (after !== undefined) expect(after).toMatchObject({ retiredAt: key.retiredAt, goneAt: key.goneAt });
          }
          expect(planRotation(keys, now, policy, inUse).isChanged).toBe(false);
        }
      }),
    );
  });
});
