import { createFakeClock } from '@tessera/clock';
import type { RotationToReopen } from '@tessera/contracts';
import { TesseraError, unavailable } from '@tessera/errors';
import { currentContext, runInContext, silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import { createHarness, type Harness, refreshForm } from '../testing/harness.ts';
import type { TestAnswer } from '../testing/request.ts';
import { createRotationReopener } from './rotation-reopener.ts';

const REUSE_INTERVAL_SECONDS = 30;
const rules = {
  disableRotation: false,
  reuseIntervalSeconds: REUSE_INTERVAL_SECONDS,
  validIfNotUsedForSeconds: 0,
  absoluteLifetimeSeconds: 0,
};
const down = unavailable('storage.unavailable', 'down');
const late = new TesseraError({ kind: 'deadline_exceeded', code: 'rpc.deadline_exceeded', message: 'late' });

function refresh(harness: Harness, from: TestAnswer): Promise<TestAnswer> {
  return harness.post('token', refreshForm(from));
}

/** Lets what is under way come to its next pause. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

describe('a rotation whose answer cannot be given', () => {
  it('N19, RFC 9700 §4.14.2: is reopened when signing fails, so that the client’s next try is no reuse', async () => {
    const harness = await createHarness({ refreshTokens: rules });
    const first = await harness.signIn();
    const { sign } = harness.signer;
    // By the time the signer gives up, the reuse interval of the rotation is over.
    harness.signer.sign = () => {
      harness.clock.advance(REUSE_INTERVAL_SECONDS + 1);
      return Promise.reject(unavailable('keys.unavailable', 'down'));
    };
    expect((await refresh(harness, first)).status).toBe(503);
    harness.signer.sign = sign;
    expect(harness.storage.calls.slice(-2)).toEqual(['rotateRefreshToken', 'reopenRotation']);
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('N19, RFC 9700 §4.14.2: is reopened under a deadline of its own when the request’s time ran out', async () => {
    const harness = await createHarness({ refreshTokens: rules });
    const first = await harness.signIn();
    let leftMs = 0;
    const { reopenRotation } = harness.storage;
    harness.storage.reopenRotation = (rotation) => {
      leftMs = (currentContext()?.deadlineMs ?? 0) - performance.now();
      return reopenRotation(rotation);
    };
    harness.signer.failure = late;
    const context = { requestId: 'request-0001', deadlineMs: performance.now() - 1 };
    expect((await runInContext(context, () => refresh(harness, first))).status).toBeGreaterThanOrEqual(500);
    expect(leftMs).toBeGreaterThan(0);
    harness.signer.failure = undefined;
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('N19, RFC 9700 §4.14.2: is reopened in the background when storage rotated and its answer was lost', async () => {
    for (const failure of [down, late]) {
      const harness = await createHarness({ refreshTokens: rules });
      const first = await harness.signIn();
      harness.storage.lateFailures.set('rotateRefreshToken', failure);
      harness.storage.lateFailures.set('reopenRotation', failure);
      expect((await refresh(harness, first)).status).toBeGreaterThanOrEqual(500);
      await settled();
      harness.storage.lateFailures.clear();
      harness.forget();
      harness.clock.advance(0.1);
      await settled();
      expect(harness.storage.calls).toEqual(['reopenRotation']);
      // Past the interval of the rotation, within that of its reopening.
      harness.clock.advance(REUSE_INTERVAL_SECONDS - 0.05);
      expect((await refresh(harness, first)).status).toBe(200);
    }
  });

  it('a refusal, another failure and a token that is not replaced are not reopened', async () => {
    const harness = await createHarness({ refreshTokens: rules });
    const first = await harness.signIn();
    harness.storage.failure = new TesseraError({ kind: 'resource_exhausted', code: 'rpc.queue_full', message: 'full' });
    await refresh(harness, first);
    harness.storage.failure = undefined;
    const second = await refresh(harness, first);
    await refresh(harness, second);
    harness.clock.advance(REUSE_INTERVAL_SECONDS);
    expect((await refresh(harness, first)).status).toBe(400);
    expect(harness.storage.calls).not.toContain('reopenRotation');

    const steady = await createHarness({ refreshTokens: { ...rules, disableRotation: true } });
    const only = await steady.signIn();
    steady.signer.failure = unavailable('keys.unavailable', 'down');
    expect((await refresh(steady, only)).status).toBe(503);
    expect(steady.storage.calls).not.toContain('reopenRotation');
  });

  it('N19, RFC 9700 §4.14.2: is reopened after an outage of half a minute, before its client is let in again', async () => {
    const harness = await createHarness({ refreshTokens: { ...rules, reuseIntervalSeconds: 3 } });
    const first = await harness.signIn();
    harness.storage.lateFailures.set('rotateRefreshToken', down);
    expect((await refresh(harness, first)).status).toBe(503);
    harness.storage.lateFailures.clear();
    harness.storage.failure = down;
    for (let second = 0; second < 30; second += 1) {
      expect((await refresh(harness, first)).status).toBe(503);
      await settled();
      harness.clock.advance(1);
      await settled();
    }
    harness.storage.failure = undefined;
    harness.forget();
    const second = await refresh(harness, first);
    expect([second.status, harness.storage.calls]).toEqual([200, ['reopenRotation', 'rotateRefreshToken']]);
    harness.clock.advance(3);
    await settled();
    expect((await refresh(harness, second)).status).toBe(200);
    harness.clock.advance(3);
    await settled();
    expect((await refresh(harness, first)).status).toBe(400);
  });

  it('one that did not come about costs its client no more than one call, and is let be once it is answered', async () => {
    const harness = await createHarness({ refreshTokens: { ...rules, reuseIntervalSeconds: 0 } });
    const first = await harness.signIn();
    harness.storage.failure = down;
    expect((await refresh(harness, first)).status).toBe(503);
    await settled();
    harness.storage.failure = undefined;
    harness.forget();
    expect((await refresh(harness, first)).status).toBe(200);
    expect(harness.storage.calls).toEqual(['reopenRotation', 'rotateRefreshToken']);
    harness.forget();
    harness.clock.advance(60);
    await settled();
    expect(harness.storage.calls).toEqual([]);
    expect((await refresh(harness, first)).status).toBe(400);
  });

  it('is given up when the service closes', async () => {
    const harness = await createHarness({ refreshTokens: rules });
    const first = await harness.signIn();
    harness.storage.failure = down;
    await refresh(harness, first);
    await settled();
    await harness.service.close();
    harness.forget();
    harness.clock.advance(60);
    await settled();
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('reopening', () => {
  const rotation = { grantId: 'g', generation: 1 };

  function setUp(answer: (rotation: RotationToReopen) => Promise<boolean>, maxUnderWay?: number) {
    const clock = createFakeClock();
    const moments: number[] = [];
    const warnings: unknown[] = [];
    const reopener = createRotationReopener({
      storage: {
        reopenRotation(asked) {
          moments.push(clock.monotonicMs());
          return answer(asked);
        },
      },
      clock,
      logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
      ...(maxUnderWay === undefined ? {} : { maxUnderWay }),
    });
    const pass = async (seconds: number) => {
      for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
        await settled();
        clock.advance(0.1);
      }
      await settled();
    };
    return { reopener, moments, warnings, pass };
  }

  it('is tried again with growing pauses while storage is away, for ten minutes, and then is a warning', async () => {
    const { reopener, moments, warnings, pass } = setUp(() => Promise.reject(down));
    await reopener.reopen(rotation, 'rotated');
    await pass(590);
    const inTenths = moments.map((moment) => Math.round(moment / 100));
    expect(inTenths.slice(0, 7)).toEqual([0, 1, 3, 7, 10, 15, 20]);
    expect(warnings).toEqual([]);
    await pass(11);
    const before = moments.length;
    expect(warnings).toEqual([{ grant_id: 'g' }]);
    await pass(20);
    expect(moments).toHaveLength(before);
  });

  it('goes on for ten seconds from the first answer of storage, for what was on its way before an outage', async () => {
    const answers = [Promise.reject(down), Promise.reject(down)];
    for (const answer of answers) answer.catch(() => undefined);
    const { reopener, moments, warnings, pass } = setUp(() => answers.shift() ?? Promise.resolve(false));
    await reopener.reopen(rotation, 'unknown');
    await pass(60);
    const inTenths = moments.map((moment) => Math.round(moment / 100));
    expect([inTenths.slice(0, 6), inTenths.at(-1)]).toEqual([[0, 1, 3, 7, 10, 15], 100]);
    expect(warnings).toEqual([]);
  });

  it('of what may be done is seen to once, however often its client asks', async () => {
    const { reopener, moments, pass } = setUp(() => Promise.reject(down));
    for (let attempt = 0; attempt < 50; attempt += 1) await reopener.reopen(rotation, 'unknown');
    expect(moments).toHaveLength(1);
    await reopener.reopen({ ...rotation, generation: 2 }, 'unknown');
    // What is known to be done has to be open by the time the client is told.
    await reopener.reopen(rotation, 'rotated');
    expect(moments).toHaveLength(3);
    await pass(1);
    reopener.close();
  });

  it('ends with the first success', async () => {
    const answers = [Promise.reject(down), Promise.resolve(true)];
    answers[0]?.catch(() => undefined);
    const { reopener, moments, warnings, pass } = setUp(() => answers.shift() ?? Promise.resolve(true));
    await reopener.reopen(rotation, 'rotated');
    await pass(60);
    expect([moments.length, warnings]).toEqual([2, []]);
  });

  it('takes a no for an answer only where the rotation is done: one on its way may still come about', async () => {
    const done = setUp(() => Promise.resolve(false));
    await done.reopener.reopen(rotation, 'rotated');
    await done.pass(60);
    expect([done.moments.length, done.warnings]).toEqual([1, []]);
    const onItsWay = setUp(() => Promise.resolve(onItsWay.moments.length > 3));
    await onItsWay.reopener.reopen(rotation, 'unknown');
    await onItsWay.pass(60);
    expect([onItsWay.moments.length, onItsWay.warnings]).toEqual([4, []]);
  });

  it('is bounded in number: those beyond are left as they are', async () => {
    const { reopener, moments, warnings, pass } = setUp(() => Promise.reject(down), 2);
    await Promise.all(['g', 'h', 'i'].map((grantId) => reopener.reopen({ ...rotation, grantId }, 'unknown')));
    expect([moments.length, warnings]).toEqual([2, [{ grant_id: 'i' }]]);
    await pass(610);
    const before = moments.length;
    await reopener.reopen(rotation, 'unknown');
    expect(moments.length).toBe(before + 1);
  });

  it('ends at once when it is closed, also for what comes after', async () => {
    const { reopener, moments, pass } = setUp(() => Promise.reject(down));
    await reopener.reopen(rotation, 'unknown');
    reopener.close();
    await pass(20);
    await reopener.reopen(rotation, 'unknown');
    expect(moments).toHaveLength(1);
  });
});
