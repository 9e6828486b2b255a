import type { StorageApi } from '@tessera/contracts';
import type { FlowStore } from '../ports.ts';
import { assertDetails, assertId, assertPayload, assertTtl, isStorableId } from '../rules/accepted-input.ts';

/** Operations on sign-ins in progress. Each is one atomic command; who races whom says the store's port. */
export type AuthorizationRequestOperations = Pick<
  StorageApi,
  'putAuthorizationRequest' | 'getAuthorizationRequest' | 'updateAuthorizationRequest' | 'completeAuthorizationRequest'
>;

/** Sign-ins in progress on an ephemeral store. */
export function createAuthorizationRequests(ephemeral: FlowStore): AuthorizationRequestOperations {
  return {
    async putAuthorizationRequest(request, ttlSeconds) {
      assertId(request.id, 'the id of a request');
      assertPayload(request.payload);
      assertTtl(ttlSeconds);
      await ephemeral.putRequest({ ...request, version: 1 }, ttlSeconds);
    },
    getAuthorizationRequest: async (id) => (isStorableId(id) ? ephemeral.getRequest(id) : { type: 'absent' }),
    async updateAuthorizationRequest(request) {
      assertPayload(request.payload);
      return isStorableId(request.id) && ephemeral.updateRequest(request);
    },
    async completeAuthorizationRequest(completion) {
      if (completion.authorization !== undefined) assertTtl(completion.codeTtlSeconds);
      assertId(completion.attemptId, 'the id of an attempt');
      assertDetails(completion.authorization?.details);
      return isStorableId(completion.id) && ephemeral.completeRequest(completion);
    },
  };
}
