import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sourceNetwork } from './source-network.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001::5', '2001:db8:1:0::/64'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['unknown', 'unknown'],
])('N63: attempts from %s are counted as those of %s', (address, network) => {
  expect(sourceNetwork(address)).toBe(network);
});

it('N63: whatever the last 64 bits of an address are, it is the same source', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(half, half, half, (network, one, other) => {
      const address = (rest: readonly string[]) => [...network, ...rest].join(':');
      expect(sourceNetwork(address(one))).toBe(sourceNetwork(address(other)));
      expect(sourceNetwork(address(one))).toBe(`${network.join(':')}::/64`);
    }),
  );
});
