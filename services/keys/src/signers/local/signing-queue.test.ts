import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSigningQueue, type SigningPortion, type ThreadKey } from './signing-queue.ts';

const { privateKey } = generateKeyPairSync('ed25519');

function keyOf(costMicroseconds: number): ThreadKey {
  return { alg: 'EdDSA', key: privateKey, costMicroseconds };
}

function waiting(name: string) {
  return { input: name, resolve: () => undefined, reject: () => undefined };
}

function inputsOf(portion: SigningPortion | undefined): readonly string[] {
  return (portion?.waiting ?? []).map(({ input }) => input);
}

describe('the queue of signatures', () => {
  it('shares what waits among the threads, in the order it came', () => {
    const queue = createSigningQueue(100);
    const dear = keyOf(600);
    for (const name of 'abcde') queue.add(dear, waiting(name));
    expect(inputsOf(queue.take(2))).toEqual(['a', 'b', 'c']);
    expect(inputsOf(queue.take(2))).toEqual(['d']);
    expect(inputsOf(queue.take(2))).toEqual(['e']);
    expect(queue.take(2)).toBeUndefined();
    expect(queue.size()).toBe(0);
  });

  it('gives a thread a millisecond of work at least, where there is as much', () => {
    const queue = createSigningQueue(100);
    const cheap = keyOf(100);
    for (const name of 'abcdefghijklm') queue.add(cheap, waiting(name));
    expect([queue.take(8), queue.take(8)].map(inputsOf)).toEqual(
      ['abcdefghij', 'klm'].map((names) => Array.from(names)),
    );
  });

  it('gives a thread no more than ten milliseconds of work at once, and never less than one signature', () => {
    const queue = createSigningQueue(1000);
    const [cheap, dear, dearest] = [keyOf(30), keyOf(900), keyOf(9000)];
    for (let count = 0; count < 100; count += 1) for (const key of [cheap, dear, dearest]) queue.add(key, waiting('x'));
    const sizes = [1, 2, 3].map(() => {
      const portion = queue.take(1);
      return [portion?.key, portion?.waiting.length];
    });
    expect(sizes).toEqual([
      [cheap, 100],
      [dear, 11],
      [dearest, 1],
    ]);
  });

  it('serves keys in turn: what one has left waits behind the others', () => {
    const queue = createSigningQueue(100);
    const [dear, other] = [keyOf(5000), keyOf(30)];
    for (const name of ['a', 'b']) queue.add(dear, waiting(name));
    queue.add(other, waiting('c'));
    expect([queue.take(2), queue.take(2), queue.take(2)].map(inputsOf)).toEqual([['a'], ['c'], ['b']]);
  });

  it('N91: is bounded', () => {
    const queue = createSigningQueue(2);
    const key = keyOf(1000);
    expect(['a', 'b', 'c'].map((name) => queue.add(key, waiting(name)))).toEqual([true, true, false]);
    queue.take(2);
    expect(queue.add(key, waiting('d'))).toBe(true);
    expect(queue.takeAll().length).toBe(2);
    expect(queue.size()).toBe(0);
  });
});
