import { createFakeClock } from '@tessera/clock';
import { createRequestId, currentContext, runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { createTokenRenewal } from './token-renewal.ts';
import { vaultRefused, vaultUnavailable } from './vault-errors.ts';
import type { VaultAnswer } from './vault-http.ts';

const TTL_SECONDS = 3600;
const CANARY = 'hvs.canary';

/** A server that knows one token, and counts what it is asked. */
function startTest(isReplaced = false) {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const start = clock.monotonicMs();
  const server = {
    lookUps: 0,
    renewals: [] as number[],
    deadlines: [] as (number | undefined)[],
    answer: (path: string): VaultAnswer => {
      const members = { ttl: TTL_SECONDS, lease_duration: TTL_SECONDS, renewable: true };
      return path.endsWith('lookup-self') ? { data: members, auth: {} } : { data: {}, auth: members };
    },
  };
  const renewal = createTokenRenewal({
    clock,
    logger,
    isReplaced,
    async ask(_, path, body) {
      expect(body === undefined).toBe(path === 'auth/token/lookup-self');
      if (body === undefined) server.lookUps += 1;
      else server.renewals.push((clock.monotonicMs() - start) / 1000);
      server.deadlines.push(currentContext()?.deadlineMs);
      return server.answer(path);
    },
  });
  /** Lets time pass in steps, each with all that follows from it. */
  const pass = async (seconds: number, step = 1): Promise<void> => {
    await turnOfTheLoop();
    for (let passed = 0; passed < seconds; passed += step) {
      clock.advance(step);
      await turnOfTheLoop();
    }
  };
  return { clock, logger, server, renewal, pass };
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test('a token is looked up once and renewed at half of its life', async () => {
  const { logger, server, renewal, pass } = startTest();
  renewal.keep(CANARY);
  renewal.keep(CANARY);
  await pass(2 * TTL_SECONDS, 60);
  renewal.keep(CANARY);
  expect([server.lookUps, server.renewals]).toEqual([1, [1800, 3600, 5400, 7200]]);
  expect(logger.records).toEqual([]);
});

test('neither look-up nor renewal ends with the time of the request that came first', async () => {
  const { server, renewal, pass } = startTest();
  runInContext({ requestId: createRequestId(), deadlineMs: 1 }, () => renewal.keep(CANARY));
  await pass(TTL_SECONDS, 60);
  expect(server.deadlines).toEqual([undefined, undefined, undefined]);
});

test('while it cannot be renewed it is tried again at half of the rest, and logged once', async () => {
  const { logger, server, renewal, pass } = startTest();
  renewal.keep(CANARY);
  await pass(60);
  const answer = server.answer;
  server.answer = () => {
    throw vaultUnavailable('sealed');
  };
  await pass(1740 + 900);
  expect(server.renewals).toEqual([1800, 2700]);
  server.answer = answer;
  await pass(450);
  expect(server.renewals).toEqual([1800, 2700, 3150]);
  await pass(TTL_SECONDS / 2);
  expect(server.renewals.at(-1)).toBe(3150 + TTL_SECONDS / 2);
  expect(logger.records.map(({ message }) => message)).toEqual(['the Vault token cannot be renewed']);
});

test('a token that cannot be renewed until it has expired is given up, and never stands in the log', async () => {
  const { logger, server, renewal, pass } = startTest();
  renewal.keep(CANARY);
  await pass(1);
  server.answer = () => {
    throw vaultRefused('permission denied');
  };
  await pass(3 * TTL_SECONDS, 5);
  expect(logger.records.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'the Vault token cannot be renewed'],
    ['error', 'the Vault token has expired'],
  ]);
  expect(server.renewals.length).toBeLessThan(15);
  expect(server.renewals.at(-1)).toBeLessThan(TTL_SECONDS);
  expect(JSON.stringify(logger.records)).not.toContain(CANARY);
});

test('a token that lives no longer by being renewed is left alone, and that is logged once', async () => {
  const { clock, logger, server, renewal, pass } = startTest();
  renewal.keep(CANARY);
  const lastMs = clock.monotonicMs() + 1.2 * TTL_SECONDS * 1000;
  const answer = server.answer;
  server.answer = (path) => {
    const left = Math.floor((lastMs - clock.monotonicMs()) / 1000);
    return path.endsWith('lookup-self')
      ? answer(path)
      : { data: {}, auth: { lease_duration: Math.min(TTL_SECONDS, left), renewable: true } };
  };
  await pass(3 * TTL_SECONDS, 5);
  expect(server.renewals.length).toBeLessThan(5);
  expect(logger.records.map(({ message }) => message)).toEqual(['the Vault token lives no longer by being renewed']);
});

test.each<[string, () => VaultAnswer, readonly string[]]>([
  ['never expires', () => ({ data: { ttl: 0, renewable: false }, auth: {} }), []],
  [
    'is not renewable',
    () => ({ data: { ttl: TTL_SECONDS, renewable: false }, auth: {} }),
    ['the Vault token expires and is not renewable'],
  ],
  [
    'may not look itself up',
    () => {
      throw vaultRefused('permission denied');
    },
    ['the life of the Vault token is not known, so it is not renewed'],
  ],
])('a token that %s is not renewed', async (_, answer, messages) => {
  const { logger, server, renewal, pass } = startTest();
  server.answer = answer;
  renewal.keep(CANARY);
  await pass(2 * TTL_SECONDS, 60);
  expect([server.lookUps, server.renewals]).toEqual([1, []]);
  expect(logger.records.map(({ message }) => message)).toEqual(messages);
});

test('the end of a token that an agent replaces is no trouble', async () => {
  const { logger, server, renewal, pass } = startTest(true);
  server.answer = () => ({ data: { ttl: TTL_SECONDS, renewable: false }, auth: {} });
  renewal.keep(CANARY);
  await pass(2 * TTL_SECONDS, 60);
  expect([server.renewals, logger.records]).toEqual([[], []]);
});

test('a look-up that finds no server is made again, and logged once', async () => {
  const { logger, server, renewal, pass } = startTest();
  const answer = server.answer;
  server.answer = () => {
    throw vaultUnavailable('sealed');
  };
  renewal.keep(CANARY);
  await pass(11);
  server.answer = answer;
  await pass(TTL_SECONDS / 2 + 5);
  expect([server.lookUps, server.renewals.length]).toEqual([4, 1]);
  expect(logger.records).toHaveLength(1);
});

test('another token takes the place of the first, and nothing is asked once it is closed', async () => {
  const { server, renewal, pass } = startTest();
  renewal.keep('hvs.first');
  await pass(1000, 10);
  renewal.keep('hvs.second');
  await pass(1790, 10);
  expect([server.lookUps, server.renewals]).toEqual([2, []]);
  await pass(10);
  expect(server.renewals).toEqual([2800]);
  renewal.close();
  renewal.keep('hvs.third');
  await pass(2 * TTL_SECONDS, 60);
  expect([server.lookUps, server.renewals]).toEqual([2, [2800]]);
});
