import { expect, test } from 'vitest';
import type { EphemeralHarness } from './ephemeral.ts';
import { AWKWARD_TEXT, freshId, sampleAuthorization } from './samples.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Sign-ins in progress and their codes. */
export function flowsSuite(harness: EphemeralHarness): void {
  requestsSuite(harness);
  completionSuite(harness);
}

function requestsSuite(harness: EphemeralHarness): void {
  test('a request comes back as it was, byte for byte, with one command each way', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const request = { id: freshId(), version: 1, payload };
    await store.putRequest(request, 60);
    expect(await store.getRequest(request.id)).toEqual({ type: 'pending', request });
    expect(commands).toEqual(['put_request', 'get_request']);
    expect(await store.getRequest(freshId())).toEqual({ type: 'absent' });
    await store.close();
  });

  test('a put repeated late undoes neither an update nor an end', async () => {
    const store = await harness.open(() => undefined);
    const request = { id: freshId(), version: 1, payload: bytes('a') };
    await store.putRequest(request, 60);
    expect(await store.updateRequest({ ...request, payload: bytes('b') })).toBe(true);
    await store.putRequest(request, 60);
    const updated = { id: request.id, version: 2, payload: bytes('b') };
    expect(await store.getRequest(request.id)).toEqual({ type: 'pending', request: updated });
    const completion = { id: request.id, version: 2, codeTtlSeconds: 60, attemptId: 'a' };
    expect(await store.completeRequest(completion)).toBe(true);
    await store.putRequest(request, 60);
    expect(await store.getRequest(request.id)).toEqual({ type: 'completed' });
    await store.close();
  });

  test('an update needs the present version, and a version is no prefix of another', async () => {
    const store = await harness.open(() => undefined);
    const request = { id: freshId(), version: 1, payload: bytes('1') };
    await store.putRequest(request, 60);
    for (let version = 1; version < 11; version += 1) {
      expect(await store.updateRequest({ ...request, version, payload: bytes('x') })).toBe(true);
    }
    for (const version of [1, 10, 12, 0]) {
      expect(await store.updateRequest({ ...request, version, payload: bytes('y') })).toBe(false);
    }
    expect(await store.updateRequest({ id: freshId(), version: 1, payload: bytes('y') })).toBe(false);
    expect(await store.getRequest(request.id)).toMatchObject({ type: 'pending', request: { version: 11 } });
    await store.close();
  });

  test('of 100 who update one version at once, one gets true', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putRequest({ id, version: 1, payload: bytes('') }, 60);
    const calls = Array.from({ length: 100 }, (_, index) =>
      store.updateRequest({ id, version: 1, payload: Uint8Array.of(index) }),
    );
    const wins = (await Promise.all(calls)).flatMap((isUpdated, index) => (isUpdated ? [index] : []));
    expect(wins).toHaveLength(1);
    const state = await store.getRequest(id);
    expect(state).toEqual({ type: 'pending', request: { id, version: 2, payload: Uint8Array.of(wins[0] ?? -1) } });
    await store.close();
  });
}

function completionSuite(harness: EphemeralHarness): void {
  test('an end replaces the request by its code; codes are read in one command', async () => {
    const commands: string[] = [];
    const store = await harness.open((command) => commands.push(command));
    const [withCode, without] = [freshId(), freshId()];
    const identity = { ...sampleAuthorization().identity, username: AWKWARD_TEXT };
    const authorization = sampleAuthorization({ identity });
    for (const id of [withCode, without]) await store.putRequest({ id, version: 1, payload: bytes('p') }, 60);
    commands.length = 0;
    const completion = { version: 1, codeTtlSeconds: 60, attemptId: 'a' };
    expect(await store.completeRequest({ ...completion, id: withCode, authorization })).toBe(true);
    expect(await store.completeRequest({ ...completion, id: without })).toBe(true);
    expect(await store.findCodes([without, withCode, freshId(), withCode])).toMatchObject([
      undefined,
      { ...authorization, connectorData: expect.anything() },
      undefined,
      { clientId: 'app' },
    ]);
    const [code] = await store.findCodes([withCode]);
    expect([...(code?.connectorData ?? [])]).toEqual([...authorization.connectorData]);
    expect(commands).toEqual(['complete_request', 'complete_request', 'find_codes', 'find_codes']);
    expect(await store.getRequest(withCode)).toEqual({ type: 'completed' });
    expect(await store.updateRequest({ id: withCode, version: 1, payload: bytes('q') })).toBe(false);
    await store.close();
  });

  test('N20: a request is no code and a code is no request', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putRequest({ id, version: 1, payload: bytes('code:{}') }, 60);
    expect(await store.findCodes([id])).toEqual([undefined]);
    await store.close();
  });

  test('of 100 who end one request at once, one gets true, and its code stands', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putRequest({ id, version: 1, payload: bytes('') }, 60);
    const calls = Array.from({ length: 100 }, (_, index) =>
      store.completeRequest({
        id,
        version: 1,
        authorization: sampleAuthorization({ nonce: String(index) }),
        codeTtlSeconds: 60,
        attemptId: `attempt-${index}`,
      }),
    );
    const wins = (await Promise.all(calls)).flatMap((isCompleted, index) => (isCompleted ? [index] : []));
    expect(wins).toHaveLength(1);
    expect((await store.findCodes([id]))[0]?.nonce).toBe(String(wins[0]));
    await store.close();
  });

  test('the same attempt repeated succeeds again and changes nothing; another one does not', async () => {
    const store = await harness.open(() => undefined);
    const id = freshId();
    await store.putRequest({ id, version: 1, payload: bytes('') }, 60);
    const completion = { id, version: 1, codeTtlSeconds: 60, attemptId: 'first' };
    const authorization = sampleAuthorization({ nonce: 'first' });
    expect(await store.completeRequest({ ...completion, version: 2, authorization })).toBe(false);
    expect(await store.completeRequest({ ...completion, authorization })).toBe(true);
    const repeated = sampleAuthorization({ nonce: 'second' });
    expect(await store.completeRequest({ ...completion, authorization: repeated })).toBe(true);
    expect(await store.completeRequest({ ...completion, attemptId: 'firs', authorization: repeated })).toBe(false);
    expect((await store.findCodes([id]))[0]?.nonce).toBe('first');
    expect(await store.completeRequest({ ...completion, id: freshId(), authorization })).toBe(false);
    await store.close();
  });
}

/** Sign-ins in progress and their codes, as time passes. */
export function flowsInTime(harness: EphemeralHarness): void {
  test('requests and codes end with their lifetime, an update does not lengthen it, and the tombstone outlives the code', async () => {
    const store = await harness.open(() => undefined);
    const ttl = harness.shortTtlSeconds;
    const [left, updated, ended] = [freshId(), freshId(), freshId()];
    for (const id of [left, updated, ended]) await store.putRequest({ id, version: 1, payload: bytes('') }, ttl);
    await store.updateRequest({ id: updated, version: 1, payload: bytes('u') });
    const completion = { id: ended, version: 1, codeTtlSeconds: ttl, attemptId: 'a' };
    const authorization = sampleAuthorization();
    expect(await store.completeRequest({ ...completion, authorization })).toBe(true);
    expect(await store.findCodes([ended])).toHaveLength(1);
    await harness.pass(ttl);
    expect(await store.getRequest(left)).toEqual({ type: 'absent' });
    expect(await store.getRequest(updated)).toEqual({ type: 'absent' });
    expect(await store.updateRequest({ id: left, version: 1, payload: bytes('') })).toBe(false);
    expect(await store.completeRequest({ ...completion, id: updated, version: 2 })).toBe(false);
    expect(await store.findCodes([ended])).toEqual([undefined]);
    expect(await store.getRequest(ended)).toEqual({ type: 'completed' });
    expect(await store.completeRequest({ ...completion, authorization })).toBe(true);
    await store.close();
  });
}
