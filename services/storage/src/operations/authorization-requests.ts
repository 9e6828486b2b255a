import type { StorageApi } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { EphemeralStore } from '../ports.ts';

/** Operations on sign-ins in progress. Each is one atomic command; who races whom says the store's port. */
export type AuthorizationRequestOperations = Pick<
  StorageApi,
  'putAuthorizationRequest' | 'getAuthorizationRequest' | 'updateAuthorizationRequest' | 'completeAuthorizationRequest'
>;

/** Sign-ins in progress on an ephemeral store. */
export function createAuthorizationRequests(ephemeral: EphemeralStore): AuthorizationRequestOperations {
  return {
    async putAuthorizationRequest(request, ttlSeconds) {
      assertTtl(ttlSeconds);
      await ephemeral.putRequest({ ...request, version: 1 }, ttlSeconds);
    },
    getAuthorizationRequest: (id) => ephemeral.getRequest(id),
    updateAuthorizationRequest: (request) => ephemeral.updateRequest(request),
    async completeAuthorizationRequest(completion) {
      if (completion.authorization !== undefined) assertTtl(completion.codeTtlSeconds);
      return ephemeral.completeRequest(completion);
    },
  };
}

function assertTtl(ttlSeconds: number): void {
  if (Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0) return;
  throw new TesseraError({
    kind: 'invalid_argument',
    code: 'storage.invalid_ttl',
    message: 'a lifetime is a positive whole number of seconds',
  });
}
