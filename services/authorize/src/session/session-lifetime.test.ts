import { describe, expect, it } from 'vitest';
import { absoluteEnd, isAlive, isUseWorthNoting, sessionEnd } from './session-lifetime.ts';

const at = (seconds: number): Date => new Date(1_800_000_000_000 + seconds * 1000);
const lifetimes = { absoluteLifetimeSeconds: 10_000, validIfNotUsedForSeconds: 3_600 };
const session = { authTime: at(0), lastSeenAt: at(1_000), expiresAt: at(4_600) };

describe('a session', () => {
  it('Dex: ends when it was not used for the idle lifetime, and at its absolute end in any case', () => {
    expect(sessionEnd(session, lifetimes)).toEqual(at(4_600));
    expect(sessionEnd({ ...session, lastSeenAt: at(9_000) }, lifetimes)).toEqual(at(10_000));
    expect(absoluteEnd(session, lifetimes)).toEqual(at(10_000));
    expect([isAlive(session, lifetimes, at(4_599)), isAlive(session, lifetimes, at(4_600))]).toEqual([true, false]);
  });

  it('ends at once where a lifetime was made shorter', () => {
    expect(isAlive(session, { ...lifetimes, absoluteLifetimeSeconds: 1_500 }, at(1_501))).toBe(false);
    expect(isAlive(session, { ...lifetimes, validIfNotUsedForSeconds: 100 }, at(1_101))).toBe(false);
  });

  it('is written once a minute at most while it is used, and once a tenth of a short idle lifetime', () => {
    expect([1_059, 1_060].map((now) => isUseWorthNoting(session, lifetimes, at(now)))).toEqual([false, true]);
    const short = { ...lifetimes, validIfNotUsedForSeconds: 100 };
    expect([1_009, 1_010].map((now) => isUseWorthNoting(session, short, at(now)))).toEqual([false, true]);
  });
});
