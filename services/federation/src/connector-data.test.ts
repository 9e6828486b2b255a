import { createSecretRing } from '@tessera/credentials';
import { expect, test } from 'vitest';
import { createConnectorDataSealer } from './connector-data.ts';

const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(7)]]), 1);
const sealer = createConnectorDataSealer(() => ring);
const begin = { phase: 'begin', connectorId: 'upstream', state: 'state-1' } as const;
const refresh = { phase: 'refresh', connectorId: 'upstream' } as const;

test('What a connector wants back comes back, and cannot be read in between', () => {
  const sealed = sealer.seal('an upstream refresh token', refresh);
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('refresh token');
  expect(sealer.open(sealed, refresh)).toBe('an upstream refresh token');
});

test('N26: data of one visit opens neither for another state, another connector nor another phase', () => {
  const sealed = sealer.seal('nonce and verifier', begin);
  expect(sealer.open(sealed, begin)).toBe('nonce and verifier');
  expect(sealer.open(sealed, { ...begin, state: 'state-2' })).toBeUndefined();
  expect(sealer.open(sealed, { ...begin, connectorId: 'other' })).toBeUndefined();
  expect(sealer.open(sealed, refresh)).toBeUndefined();
});

test('N20: connector and state are told apart, however they are cut', () => {
  const sealed = sealer.seal('x', { phase: 'begin', connectorId: 'a', state: 'b","c' });
  expect(sealer.open(sealed, { phase: 'begin', connectorId: 'a","b', state: 'c' })).toBeUndefined();
});

test('A changed byte is refused, and nothing stays nothing', () => {
  const sealed = sealer.seal('x', refresh);
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  expect(sealer.open(sealed, refresh)).toBeUndefined();
  expect(sealer.seal('', refresh)).toHaveLength(0);
  expect(sealer.open(new Uint8Array(), refresh)).toBe('');
});
