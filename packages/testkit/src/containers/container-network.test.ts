import { expect, test } from 'vitest';
import { gatewayOf, networkArguments } from './container-network.ts';

test('The gateway has the first address of a network', () => {
  expect(gatewayOf('10.77.0.0/24')).toBe('10.77.0.1');
  expect(gatewayOf('10.77.3.16/28')).toBe('10.77.3.17');
});

test('A network has no server of names unless it is asked for', () => {
  const base = { name: 'pods', subnet: '10.77.0.0/24' };
  expect(networkArguments(base)).toEqual(['network', 'create', '--subnet', '10.77.0.0/24', '--disable-dns', 'pods']);
  expect(networkArguments({ ...base, dns: true, internal: true })).toEqual([
    ...['network', 'create', '--subnet', '10.77.0.0/24', '--internal', 'pods'],
  ]);
});
