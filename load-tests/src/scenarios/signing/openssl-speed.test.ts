import { expect, it } from 'vitest';
import { parseSpeed } from './openssl-speed.ts';

it.each([
  ['+F2:2:2048:3221.621622:61786.111111', 3221.621_622],
  ['+F4:3:256:46161.290323:15279.310345', 46_161.290_323],
  ['+F6:0:253:Ed25519:27861.764706:10378.787879', 27_861.764_706],
])('takes signatures a second from %s', (line, rate) => {
  expect(parseSpeed(`+DTP:2048:private:rsa:1\n+R1:3221:2048:1.00\n${line}\n`)).toBe(rate);
});

it('does not take an output without a rate', () => {
  expect(() => parseSpeed('+R1:3221:2048:1.00\n')).toThrow('no rate');
});
