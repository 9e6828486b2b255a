import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import { sampleAuthorization } from '../conformance/samples.ts';
import { createAuthorizationRequests } from './authorization-requests.ts';

test('a request begins with version 1 and needs a lifetime', async () => {
  const requests = createAuthorizationRequests(createMemoryEphemeralStore({ clock: createFakeClock() }));
  const request = { id: 'a', version: 7, payload: Uint8Array.of(1) };
  const invalid = { kind: 'invalid_argument', code: 'storage.invalid_ttl' };
  for (const ttlSeconds of [0, -1, 1.5, Number.NaN]) {
    await expect(requests.putAuthorizationRequest(request, ttlSeconds)).rejects.toMatchObject(invalid);
  }
  await requests.putAuthorizationRequest(request, 60);
  expect(await requests.getAuthorizationRequest('a')).toMatchObject({ type: 'pending', request: { version: 1 } });
  const completion = { id: 'a', version: 1, codeTtlSeconds: 0, attemptId: 'x' };
  await expect(
    requests.completeAuthorizationRequest({ ...completion, authorization: sampleAuthorization() }),
  ).rejects.toMatchObject(invalid);
  expect(await requests.completeAuthorizationRequest(completion)).toBe(true);
});
