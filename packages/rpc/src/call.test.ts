import { TesseraError } from '@tessera/errors';
import { currentContext, runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { fakeKeys } from './testing/fake-keys.ts';
import { dialKeys, plaintext, startKeys } from './testing/rpc-bench.ts';

test('a call brings its request over and its answer back', async () => {
  await using server = await startKeys(fakeKeys());
  using keys = dialKeys([server.address]);
  expect(await keys.client.getPublicKeys({ knownVersion: '7' })).toEqual({ version: 'after 7', jwksJson: [] });
});

test('an error of the far side is restored with kind, code, message and when to try again', async () => {
  const refuse = async () => {
    const cause = new Error('only for the log of the far side');
    throw new TesseraError({ kind: 'conflict', code: 'keys.taken', message: 'Schlüssel', retryAfterSeconds: 7, cause });
  };
  await using server = await startKeys(fakeKeys({ getSecrets: refuse }));
  using keys = dialKeys([server.address]);
  const error = await keys.client.getSecrets({ purpose: 'SECRET_PURPOSE_BROWSER' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TesseraError);
  const expected = {
    kind: 'conflict',
    code: 'keys.taken',
    message: 'Schlüssel',
    retryAfterSeconds: 7,
  };
  expect(error).toMatchObject(expected);
  expect((error as TesseraError).cause).toBeUndefined();
});

test('N96: an error that is not ours arrives as internal without its text, which stays in the log of the far side', async () => {
  const fail = () => Promise.reject(new Error('password=hunter2'));
  await using server = await startKeys(fakeKeys({ getSecrets: fail }));
  using keys = dialKeys([server.address]);
  const error = await keys.client
    .getSecrets({ purpose: 'SECRET_PURPOSE_BROWSER' })
    .catch((thrown: TesseraError) => thrown);
  expect(error).toMatchObject({ kind: 'internal', code: 'internal.unexpected' });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
  expect(server.logger.records).toMatchObject([{ level: 'error', fields: { err: { message: 'password=hunter2' } } }]);
});

test('what the far side itself says is its answer: an idempotent call is not sent again for it', async () => {
  let calls = 0;
  const refuse = async () => {
    calls += 1;
    throw new TesseraError({ kind: 'unavailable', code: 'storage.down', message: 'down' });
  };
  await using server = await startKeys(fakeKeys({ sign: refuse }));
  using keys = dialKeys([server.address]);
  await expect(keys.client.sign({ bundles: [] })).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.down' });
  expect(calls).toBe(1);
});

test('an answer that cannot be sent is an internal error, and is logged', async () => {
  const wrong = async () => ({ versions: [], currentVersion: 0.5, refreshAt: new Date(0) });
  await using server = await startKeys(fakeKeys({ getSecrets: wrong }));
  using keys = dialKeys([server.address]);
  await expect(keys.client.getSecrets({ purpose: 'SECRET_PURPOSE_BROWSER' })).rejects.toMatchObject({
    kind: 'internal',
  });
  expect(server.logger.records).toMatchObject([{ level: 'error', message: 'call failed' }]);
});

test('an error too long for the trailing metadata still arrives, shortened', async () => {
  const refuse = async () => {
    throw new TesseraError({
      kind: 'conflict',
      code: 'c'.repeat(500),
      message: 'm'.repeat(100_000),
      retryAfterSeconds: 0.2,
    });
  };
  await using server = await startKeys(fakeKeys({ getSecrets: refuse }));
  using keys = dialKeys([server.address]);
  const error = (await keys.client
    .getSecrets({ purpose: 'SECRET_PURPOSE_BROWSER' })
    .catch((thrown: unknown) => thrown)) as TesseraError;
  expect([error.kind, error.code.length, error.message.length, error.retryAfterSeconds]).toEqual([
    'conflict',
    100,
    1000,
    1,
  ]);
});

test('a list of several megabytes is an answer like any other', async () => {
  const jwksJson = Array.from({ length: 6 }, () => 'x'.repeat(1024 * 1024));
  await using server = await startKeys(fakeKeys({ getPublicKeys: async () => ({ version: '1', jwksJson }) }));
  using keys = dialKeys([server.address]);
  expect((await keys.client.getPublicKeys({ knownVersion: '' })).jwksJson).toHaveLength(6);
});

test('the request id, the caller and a little less than the remaining time cross', async () => {
  const seen: { requestId?: string | undefined; caller?: string | undefined; leftMs?: number }[] = [];
  const look = async () => {
    const { requestId, caller, deadlineMs = Number.NaN } = currentContext() ?? {};
    seen.push({ requestId, caller, leftMs: deadlineMs - performance.now() });
    return { version: '1', jwksJson: [] };
  };
  await using server = await startKeys(fakeKeys({ getPublicKeys: look }));
  using keys = dialKeys([server.address]);
  const deadlineMs = performance.now() + 1_000;
  await runInContext({ requestId: 'request-0001', deadlineMs }, () => keys.client.getPublicKeys({ knownVersion: '' }));
  expect(seen).toMatchObject([{ requestId: 'request-0001', caller: 'token' }]);
  expect(seen[0]?.leftMs).toBeGreaterThan(500);
  expect(seen[0]?.leftMs).toBeLessThan(1_000);
});

test('a call whose answer is late fails with deadline_exceeded when its time is over, not later', async () => {
  const never = () => new Promise<never>(() => undefined);
  await using server = await startKeys(fakeKeys({ getPublicKeys: never }));
  using keys = dialKeys([server.address], { deadlineMs: 150 });
  const startedMs = performance.now();
  await expect(keys.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject({ kind: 'deadline_exceeded' });
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('work for a caller whose time is over is not begun', async () => {
  let calls = 0;
  const count = async () => {
    calls += 1;
    return { version: '1', jwksJson: [] };
  };
  await using server = await startKeys(fakeKeys({ getPublicKeys: count }));
  using keys = dialKeys([server.address]);
  const late = { requestId: 'request-0001', deadlineMs: performance.now() - 1 };
  const call = runInContext(late, () => keys.client.getPublicKeys({ knownVersion: '' }));
  await expect(call).rejects.toMatchObject({ kind: 'deadline_exceeded' });
  expect(calls).toBe(0);
});

test('N93: on a plaintext listener a service that is not named, or another one, is refused', async () => {
  await using server = await startKeys(fakeKeys());
  using storage = dialKeys([server.address], { caller: 'storage', security: plaintext });
  using nobody = dialKeys([server.address], { caller: '', security: plaintext });
  for (const { client } of [storage, nobody]) {
    const refusal = { kind: 'permission_denied', code: 'rpc.caller_not_allowed' };
    await expect(client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject(refusal);
  }
  expect(server.logger.records).toMatchObject([{ message: 'caller refused' }, { message: 'caller refused' }]);
});

test('N93: a method with callers of its own is closed to the other callers of its service', async () => {
  await using server = await startKeys(fakeKeys({}, { methodCallers: { sign: ['token', 'storage'] } }));
  using token = dialKeys([server.address]);
  using authorize = dialKeys([server.address], { caller: 'authorize' });
  using storage = dialKeys([server.address], { caller: 'storage' });
  expect(await token.client.sign({ bundles: [] })).toEqual({ outcomes: [] });
  expect(await authorize.client.getPublicKeys({ knownVersion: '' })).toMatchObject({ jwksJson: [] });
  for (const { client } of [authorize, storage]) {
    await expect(client.sign({ bundles: [] })).rejects.toMatchObject({ kind: 'permission_denied' });
  }
});
