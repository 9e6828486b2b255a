import { succeeded } from '@tessera/rpc';
import type { StorageApi } from '../storage/storage.ts';

/** A storage of which a test implements what it needs; everything else is empty and refuses. */
export function fakeStorageApi(methods: Partial<StorageApi> = {}): StorageApi {
  return {
    listClients: async () => ({ version: '1', clients: [] }),
    getAuthorizationRequest: async () => ({ type: 'absent' }),
    findGrants: async (ids) => ids.map(() => succeeded(undefined)),
    findUser: async () => undefined,
    putAuthorizationRequest: async () => undefined,
    updateAuthorizationRequest: async () => false,
    completeAuthorizationRequest: async () => false,
    redeemCodes: async (codes) => codes.map(() => succeeded({ type: 'refused', refusal: 'unknown' })),
    rotateRefreshTokens: async (tokens) => tokens.map(() => succeeded({ type: 'refused', refusal: 'unknown' })),
    revokeGrants: async (grants) => grants.map(() => succeeded(false)),
    getKeySet: async () => ({ version: 0, payload: new Uint8Array() }),
    compareAndSetKeySet: async () => false,
    ...methods,
  };
}
