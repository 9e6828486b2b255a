import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createBench, words } from '../conformance/bench-api.ts';
import { sampleCode, sampleToken, sampleUser } from '../conformance/samples.ts';
import type { DurableStore } from '../ports.ts';
import { storeUnavailable } from '../rules/store-errors.ts';

function failing(broken: () => Partial<DurableStore>) {
  const store = createMemoryDurableStore({ clock: createFakeClock(), hasOutbox: true });
  const proxy = new Proxy(store, { get: (target, key) => Reflect.get({ ...target, ...broken() }, key) as unknown });
  return createBench({ open: async () => proxy, isPersistent: false });
}

const down = () => Promise.reject(storeUnavailable('the store'));

test('N80: a revocation that is not durable is an error, never a yes', async () => {
  const bench = await failing(() => ({ revokeGrants: down }));
  const grant = await bench.putGrant();
  const [outcome] = await bench.api.revokeGrants([{ grantId: grant.id, reason: 'x' }]);
  expect(outcome).toMatchObject({ ok: false, error: { kind: 'unavailable', code: 'storage.unavailable' } });
});

test('when the durable store is down, what needs no store is still answered', async () => {
  const bench = await failing(() => ({ insertGrants: down, revokeByCode: down }));
  const codeId = await bench.putCode();
  const outcomes = await bench.api.redeemCodes([
    sampleCode(codeId),
    sampleCode(codeId),
    sampleCode(codeId, { clientId: 'other' }),
    sampleCode('absent'),
  ]);
  expect(words(outcomes)).toEqual([
    'storage.unavailable',
    'storage.unavailable',
    'other_client',
    'storage.unavailable',
  ]);
});

test('N38: a person who is gone gets no token, even when their grant cannot be revoked at once', async () => {
  let isDown = false;
  const bench = await failing(() => (isDown ? { revokeGrants: down } : {}));
  await bench.putUser(sampleUser());
  const grant = await bench.putGrant({ connectorId: 'local' });
  await bench.deleteUser('jane@example.org');
  isDown = true;
  const token = sampleToken(grant, { reuseIntervalSeconds: 30 });
  expect(words(await bench.api.rotateRefreshTokens([token]))).toEqual(['storage.unavailable']);
  isDown = false;
  expect(words(await bench.api.rotateRefreshTokens([token]))).toEqual(['user_gone']);
  expect(words(await bench.api.rotateRefreshTokens([token]))).toEqual(['revoked']);
});

test('N40: a code of a person who is gone gives no token, even when its grant cannot be revoked at once', async () => {
  let isDown = true;
  const bench = await failing(() => (isDown ? { revokeGrants: down } : {}));
  const code = sampleCode(await bench.putCode({ connectorId: 'local' }));
  expect(words(await bench.api.redeemCodes([code]))).toEqual(['storage.unavailable']);
  isDown = false;
  expect(words(await bench.api.redeemCodes([code]))).toEqual(['unknown']);
  expect(words(await bench.api.redeemCodes([code]))).toEqual(['replayed']);
});
