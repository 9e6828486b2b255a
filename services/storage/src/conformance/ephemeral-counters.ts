import { expect, test } from 'vitest';
import type { EphemeralHarness } from './ephemeral.ts';
import { AWKWARD_TEXT, freshId, LONG_ID } from './samples.ts';

const once = (scope: string, value: string, ttlSeconds = 60) => ({ scope, value, ttlSeconds });

/** Values that may be used once. */
export function usedValuesSuite(harness: EphemeralHarness): void {
  test('N16: a value is used once, also within a batch, and a batch is one command', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const [a, b] = [freshId(), freshId()];
    expect(await store.consumeOnce([once('s', a), once('s', b), once('s', a)])).toEqual([true, true, false]);
    expect(await store.consumeOnce([once('s', b), once('other', b)])).toEqual([false, true]);
    expect(commands).toEqual(['consume_once', 'consume_once']);
    await store.close();
  });

  test('N16: of 100 who use one value at once, one gets true', async () => {
    const store = await harness.open(() => undefined);
    const value = freshId();
    const answers = await Promise.all(Array.from({ length: 100 }, () => store.consumeOnce([once('s', value)])));
    expect(answers.filter(([isFirst]) => isFirst)).toHaveLength(1);
    await store.close();
  });

  test('N16: scopes and values of any text are kept apart', async () => {
    const store = await harness.open(() => undefined);
    const mark = freshId();
    const values = [
      once(mark, 'b:c'),
      once(`${mark}:b`, 'c'),
      once(`${mark}:b:c`, ''),
      once(mark, ''),
      once(`${mark}}`, '{'),
      once(`${mark}{`, '}'),
      once(mark, AWKWARD_TEXT),
      once(mark, `${AWKWARD_TEXT}\ud801`),
      once(mark, 'A'),
      once(mark, 'a'),
      once(mark, LONG_ID),
      once(mark, `${LONG_ID}x`),
    ];
    expect(await store.consumeOnce(values)).toEqual(values.map(() => true));
    expect(await store.consumeOnce(values)).toEqual(values.map(() => false));
    await store.close();
  });
}

/** Counted attempts. */
export function attemptsSuite(harness: EphemeralHarness): void {
  test('attempts are counted in order, a batch in one command, and refused from the limit on', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const [a, b] = [freshId(), freshId()];
    const attempt = (key: string, limit = 2) => ({ key, limit, windowSeconds: 600 });
    const counts = await store.countAttempts([attempt(a), attempt(b, 0), attempt(a), attempt(a)]);
    expect(counts).toEqual([
      { count: 1, isAllowed: true, retryAfterSeconds: 0 },
      { count: 1, isAllowed: false, retryAfterSeconds: expect.any(Number) },
      { count: 2, isAllowed: true, retryAfterSeconds: 0 },
      { count: 3, isAllowed: false, retryAfterSeconds: expect.any(Number) },
    ]);
    for (const count of [counts[1], counts[3]]) {
      expect(count?.retryAfterSeconds).toBeGreaterThan(590);
      expect(count?.retryAfterSeconds).toBeLessThanOrEqual(600);
    }
    // The limit belongs to the attempt, not to the window.
    expect(await store.countAttempts([attempt(a, 4)])).toMatchObject([{ count: 4, isAllowed: true }]);
    expect(commands).toEqual(['count_attempts', 'count_attempts']);
    await store.close();
  });

  test('of 100 attempts at once with a limit of 10, ten are allowed', async () => {
    const store = await harness.open(() => undefined);
    const attempt = { key: freshId(), limit: 10, windowSeconds: 600 };
    const counts = (await Promise.all(Array.from({ length: 100 }, () => store.countAttempts([attempt])))).flat();
    expect(counts.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
    expect(counts.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual(counts.map((_, index) => index + 1));
    await store.close();
  });

  test('a window that is forgotten begins anew, in one command for all, and others stay', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const attempts = [freshId(), freshId(), freshId()].map((key) => ({ key, limit: 1, windowSeconds: 600 }));
    await store.countAttempts(attempts);
    commands.length = 0;
    await store.forgetAttempts([...attempts.slice(0, 2).map(({ key }) => key), freshId()]);
    expect(commands).toEqual(['forget_attempts']);
    expect((await store.countAttempts(attempts)).map(({ count }) => count)).toEqual([1, 1, 2]);
    await store.close();
  });

  test('keys of any text are counted apart, and apart from used values', async () => {
    const store = await harness.open(() => undefined);
    const mark = freshId();
    const keys = ['', ':', '{}', `${AWKWARD_TEXT}`, `${AWKWARD_TEXT}\ud801`, LONG_ID].map((text) => `${mark}${text}`);
    const attempts = keys.map((key) => ({ key, limit: 1, windowSeconds: 60 }));
    await store.consumeOnce(keys.map((key) => once('', key)));
    expect((await store.countAttempts(attempts)).map(({ count }) => count)).toEqual(keys.map(() => 1));
    await store.forgetAttempts(keys);
    expect(await store.consumeOnce(keys.map((key) => once('', key)))).toEqual(keys.map(() => false));
    await store.close();
  });
}

/** Values used once and counted attempts, as time passes. */
export function countersInTime(harness: EphemeralHarness): void {
  test('N16: a value is forgotten after its lifetime, which a second use does not lengthen', async () => {
    const store = await harness.open(() => undefined);
    const [short, long] = [freshId(), freshId()];
    const ttl = harness.shortTtlSeconds;
    expect(await store.consumeOnce([once('s', short, ttl), once('s', long, ttl * 60)])).toEqual([true, true]);
    await store.consumeOnce([once('s', short, ttl * 60)]);
    await harness.pass(ttl);
    expect(await store.consumeOnce([once('s', short), once('s', long)])).toEqual([true, false]);
    await store.close();
  });

  test('a window begins with its first attempt, and no other one moves its end', async () => {
    const store = await harness.open(() => undefined);
    const half = harness.shortTtlSeconds;
    const attempt = { key: freshId(), limit: 1, windowSeconds: half * 2 };
    await store.countAttempts([attempt]);
    await harness.pass(half);
    const [late] = await store.countAttempts([{ ...attempt, windowSeconds: half * 60 }]);
    expect(late).toMatchObject({ count: 2, isAllowed: false });
    expect(late?.retryAfterSeconds).toBeGreaterThan(0);
    expect(late?.retryAfterSeconds).toBeLessThanOrEqual(half);
    await harness.pass(half);
    expect(await store.countAttempts([attempt])).toMatchObject([{ count: 1, isAllowed: true }]);
    await store.close();
  });
}
