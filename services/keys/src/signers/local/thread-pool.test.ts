import { generateKeyPairSync, verify } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { getPriority, platform } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSigner } from './signer.ts';
import type { ThreadKey } from './signing-queue.ts';
import { createSigningThreads, type SigningThreads, type SigningThreadsOptions } from './thread-pool.ts';
import { KEY_SLOTS } from './thread-protocol.ts';

const OUT_OF_REACH = { kind: 'unavailable', code: 'keys.signer_unavailable' };
const THREAD = new URL('./signing-thread.ts', import.meta.url);
const opened: SigningThreads[] = [];

function open(options: Partial<SigningThreadsOptions> = {}): SigningThreads {
  const threads = createSigningThreads({ maxThreads: 2, ...options });
  opened.push(threads);
  return threads;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((threads) => threads.close()));
});

function makeKey(): ThreadKey & { readonly isGenuine: (input: string, signature: string) => boolean } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const isGenuine = (input: string, signature: string) =>
    verify(null, Buffer.from(input), publicKey, Buffer.from(signature, 'base64url'));
  return { alg: 'EdDSA', key: privateKey, costMicroseconds: 40, isGenuine };
}

function signed(threads: SigningThreads, key: ThreadKey, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    threads.sign(key, { input, resolve, reject });
  });
}

/** Starts threads as usual, and counts them. */
function counting(): { readonly startWorker: () => Worker; readonly workers: readonly Worker[] } {
  const workers: Worker[] = [];
  const startWorker = () => {
    const worker = new Worker(THREAD, { execArgv: [] });
    workers.push(worker);
    return worker;
  };
  return { startWorker, workers };
}

describe('threads that sign', () => {
  it('are started when there is work, each when the others are busy, and no more than are allowed', async () => {
    const { startWorker, workers } = counting();
    const threads = open({ startWorker });
    expect(workers.length).toBe(0);
    const key = makeKey();
    await signed(threads, key, 'alone');
    await signed(threads, key, 'alone again');
    expect(workers.length).toBe(1);
    await Promise.all(Array.from({ length: 500 }, (_, index) => signed(threads, key, `${index}`)));
    expect(workers.length).toBe(2);
  });

  it('remember a bounded number of keys, and sign by every one of them in any order', async () => {
    const threads = open({ maxThreads: 1 });
    const keys = Array.from({ length: KEY_SLOTS * 2 + 1 }, makeKey);
    for (const round of [keys, keys.toReversed(), keys.filter((_, index) => index % 3 === 0)]) {
      const outcomes = await Promise.all(
        round.map(async (key, index) => key.isGenuine(`${index}`, await signed(threads, key, `${index}`))),
      );
      expect(outcomes).toEqual(round.map(() => true));
    }
  });

  it('one that ends loses what it was asked for, as unavailable; another takes its place', async () => {
    const { startWorker, workers } = counting();
    let isFirst = true;
    const crashing = () => {
      if (!isFirst) return startWorker();
      isFirst = false;
      return new Worker(`require('node:worker_threads').parentPort.once('message', () => process.exit(1))`, {
        eval: true,
      });
    };
    const threads = open({ maxThreads: 1, startWorker: crashing });
    const key = makeKey();
    await expect(signed(threads, key, 'lost')).rejects.toMatchObject(OUT_OF_REACH);
    expect(key.isGenuine('kept', await signed(threads, key, 'kept'))).toBe(true);
    expect(workers.length).toBe(1);
  });

  it('one that cannot even start fails what was asked, and does not try without end', async () => {
    let started = 0;
    const threads = open({
      startWorker() {
        started += 1;
        return new Worker('throw new Error("never")', { eval: true });
      },
    });
    const key = makeKey();
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((input) => signed(threads, key, input)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: OUT_OF_REACH });
    expect(started).toBeLessThanOrEqual(3);
  });

  it('an input that cannot be signed fails alone with its portion, and the thread goes on', async () => {
    const { startWorker, workers } = counting();
    const threads = open({ maxThreads: 1, startWorker });
    const { privateKey } = generateKeyPairSync('x25519');
    const unfit: ThreadKey = { alg: 'EdDSA', key: privateKey, costMicroseconds: 40 };
    await expect(signed(threads, unfit, 'x')).rejects.toMatchObject(OUT_OF_REACH);
    const key = makeKey();
    expect(key.isGenuine('y', await signed(threads, key, 'y'))).toBe(true);
    expect(workers.length).toBe(1);
  });

  it('N91: no more than a bounded number of signatures wait', async () => {
    const threads = open({ maxThreads: 1, maxWaiting: 3 });
    const key = makeKey();
    const inputs = Array.from({ length: 5 }, (_, index) => `${index}`);
    const outcomes = await Promise.allSettled(inputs.map((input) => signed(threads, key, input)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[4]).toMatchObject({ reason: OUT_OF_REACH });
  });

  it('on Linux give way to the event loop, whose own priority stays as it is', async () => {
    const before = getPriority();
    const threads = open({ maxThreads: 1 });
    await signed(threads, makeKey(), 'x');
    expect(getPriority()).toBe(before);
    const tasks = platform() === 'linux' ? readdirSync('/proc/self/task').map(Number) : [];
    expect(tasks.some((task) => getPriority(task) === 5)).toBe(platform() === 'linux');
  });

  it('once closed refuse what waits and what is under way', async () => {
    const threads = open({ maxThreads: 1 });
    const key = makeKey();
    const underWay = Promise.allSettled([signed(threads, key, 'a'), signed(threads, key, 'b')]);
    await threads.close();
    for (const outcome of await underWay) expect(outcome).toMatchObject({ reason: OUT_OF_REACH });
    await expect(signed(threads, key, 'c')).rejects.toMatchObject(OUT_OF_REACH);
  });
});

describe('a signer', () => {
  it('makes the few quick signatures of a turn itself, and leaves all of a turn with many to the threads', async () => {
    const { startWorker, workers } = counting();
    const threads = open({ startWorker });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const how = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const sign = createSigner('ES256', privateKey, threads);
    const threaded = vi.spyOn(threads, 'sign');
    for (const [size, byThreads] of [
      [1, 0],
      [5, 0],
      [6, 6],
      [32, 32],
      [5, 0],
    ] as const) {
      threaded.mockClear();
      const inputs = Array.from({ length: size }, (_, index) => `${size}.${index}`);
      const signatures = await Promise.all(inputs.map(sign));
      expect(threaded).toHaveBeenCalledTimes(byThreads);
      const isGenuine = inputs.map((input, index) =>
        verify('sha256', Buffer.from(input), how, Buffer.from(signatures[index] ?? '', 'base64url')),
      );
      expect(isGenuine).toEqual(inputs.map(() => true));
    }
    expect(workers.length).toBeGreaterThan(0);
  });

  it.each([
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
  ] as const)('never makes a slow %s signature on the event loop', async (alg, key) => {
    const { startWorker, workers } = counting();
    await createSigner(alg, key, open({ startWorker }))('x');
    expect(workers.length).toBe(1);
  });
});
