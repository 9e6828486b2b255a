import { describe, expect, test } from 'vitest';
import { type Call, isLinearizable } from './checker.ts';
import type { Operation } from './model.ts';

const call = (client: number, operation: Operation, calledMs: number, atMs?: number, answer = ''): Call => ({
  client,
  operation,
  calledMs,
  ...(atMs === undefined ? {} : { answered: { answer, atMs } }),
});
const redeem = (grantId: string): Operation => ({ type: 'redeem', grantId });
const rotate = (generation: number, attemptId: string, isTolerant = false): Operation => ({
  type: 'rotate',
  generation,
  attemptId,
  isTolerant,
});
const begun = call(0, redeem('g'), 0, 1, 'redeemed');

describe('the checker of histories', () => {
  test.each([
    ['nothing happened', []],
    ['a code redeemed once and replayed', [begun, call(1, redeem('h'), 2, 3, 'replayed')]],
    [
      'the loser of a race answered first',
      [call(0, redeem('h'), 0, 1, 'replayed'), call(1, redeem('g'), 0, 9, 'redeemed')],
    ],
    [
      'a redemption without an answer that did happen',
      [call(0, redeem('g'), 0), call(1, redeem('h'), 5, 6, 'replayed')],
    ],
    ['one that did not', [call(0, redeem('g'), 0), call(1, redeem('h'), 5, 6, 'redeemed')]],
    [
      'one that happened much later',
      [call(0, redeem('g'), 0), call(1, redeem('h'), 5, 6, 'unknown'), call(1, redeem('h'), 7, 8, 'replayed')],
    ],
    [
      'the same successor for both',
      [begun, call(0, rotate(0, 'a', true), 2, 5, 'rotated 1'), call(1, rotate(0, 'b', true), 2, 5, 'rotated 1')],
    ],
    ['an attempt repeated', [begun, call(0, rotate(0, 'a'), 2), call(0, rotate(0, 'a'), 4, 5, 'rotated 1')]],
    [
      'a call sent twice by its connection, with somebody else between',
      [begun, call(0, rotate(0, 'a'), 2, 9, 'revoked'), call(1, rotate(0, 'b'), 3, 4, 'reused')],
    ],
  ] as const)('explains %s', (_, history) => {
    expect(isLinearizable(history)).toBe(true);
  });

  test.each([
    ['a code honoured twice', [begun, call(1, redeem('h'), 2, 3, 'redeemed')]],
    [
      'a code honoured twice at the same time',
      [call(0, redeem('g'), 0, 9, 'redeemed'), call(1, redeem('h'), 0, 9, 'redeemed')],
    ],
    ['a redemption that was answered and is lost', [begun, call(1, redeem('h'), 2, 3, 'unknown')]],
    ['a grant that was answered and is lost', [begun, call(1, { type: 'find' }, 2, 3, 'absent')]],
    [
      'a refresh token honoured twice',
      [begun, call(0, rotate(0, 'a'), 2, 3, 'rotated 1'), call(1, rotate(0, 'b'), 4, 5, 'rotated 1')],
    ],
    [
      'one honoured twice at the same time',
      [begun, call(0, rotate(0, 'a'), 2, 9, 'rotated 1'), call(1, rotate(0, 'b'), 2, 9, 'rotated 1')],
    ],
    [
      'a successor that was answered and is refused',
      [begun, call(0, rotate(0, 'a'), 2, 3, 'rotated 1'), call(0, rotate(1, 'b'), 4, 5, 'unknown')],
    ],
    [
      'a successor that was answered and counts as reuse',
      [begun, call(0, rotate(0, 'a'), 2, 3, 'rotated 1'), call(0, rotate(1, 'b'), 4, 5, 'reused')],
    ],
    [
      'a revoked grant that is honoured',
      [begun, call(1, { type: 'revoke' }, 2, 3, 'revoked by this'), call(0, rotate(0, 'a'), 4, 5, 'rotated 1')],
    ],
    [
      'a revocation that is forgotten',
      [begun, call(1, { type: 'revoke' }, 2, 3, 'revoked by this'), call(0, { type: 'find' }, 4, 5, 'generation 0')],
    ],
    [
      'a read that goes back in time',
      [begun, call(0, rotate(0, 'a'), 2, 3, 'rotated 1'), call(1, { type: 'find' }, 4, 5, 'generation 0')],
    ],
    ['reuse without a reason', [begun, call(0, rotate(0, 'a'), 2, 3, 'reused')]],
  ] as const)('refuses %s', (_, history) => {
    expect(isLinearizable(history)).toBe(false);
  });
});
