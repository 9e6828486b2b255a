import { createFakeClock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createFailureLog } from './failure-log.ts';

function setUp() {
  const clock = createFakeClock();
  const lines: string[] = [];
  const warn: Logger['warn'] = ({ err }) => void lines.push(String(err));
  const info: Logger['info'] = ({ seconds }) => void lines.push(`again after ${String(seconds)} s`);
  const log = createFailureLog(clock, { debug() {}, info, warn, error() {} });
  return { clock, lines, log };
}

const down = (broker: number): Error => new Error(`broker ${broker} refuses`);

test('A failure is told when it begins, once a minute, and when it ends', () => {
  const { clock, lines, log } = setUp();
  for (let second = 0; second < 130; second += 1) {
    log.failed(down(1));
    clock.advance(1);
  }
  log.worked();
  log.worked();
  expect(lines).toEqual([...Array.from({ length: 3 }, () => 'Error: broker 1 refuses'), 'again after 130 s']);
});

test('Reasons that take turns, as those of several brokers do, are each told once a minute', () => {
  const { clock, lines, log } = setUp();
  for (let second = 0; second < 59; second += 1) {
    log.failed(down(second % 3));
    clock.advance(1);
  }
  expect(lines).toEqual([0, 1, 2].map((broker) => `Error: broker ${broker} refuses`));
});

test('However many reasons there are, ten lines a minute are the most', () => {
  const { clock, lines, log } = setUp();
  for (let number = 0; number < 59; number += 1) {
    log.failed(down(number));
    clock.advance(1);
  }
  expect(lines).toHaveLength(10);
  clock.advance(60);
  log.failed(down(0));
  expect(lines).toHaveLength(11);
});
