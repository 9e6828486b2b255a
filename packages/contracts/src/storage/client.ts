import { createBatcher, type RpcChannel } from '@tessera/rpc';
import { administrationClient } from './administration-service.ts';
import { eventsClient, outboxClient } from './events-service.ts';
import { keySetsClient } from './key-sets-service.ts';
import { readClient } from './read-service.ts';
import { sessionsClient } from './sessions-service.ts';
import { shortLivedClient } from './short-lived-service.ts';
import type { Storage, StorageApi } from './storage.ts';
import { usersClient } from './users-service.ts';
import { writeClient } from './write-service.ts';

/** The storage service of another process. What a caller may use of it, the far side decides. */
export function storageClient(channel: RpcChannel, deadlineMs: number): StorageApi {
  return {
    ...readClient(channel, deadlineMs),
    ...usersClient(channel, deadlineMs),
    ...writeClient(channel, deadlineMs),
    ...keySetsClient(channel, deadlineMs),
    ...shortLivedClient(channel, deadlineMs),
    ...sessionsClient(channel, deadlineMs),
    ...administrationClient(channel, deadlineMs),
    ...eventsClient(channel, deadlineMs),
    ...outboxClient(channel, deadlineMs),
  };
}

/** Single calls over a storage API near or far, joined into batches. */
export function createStorage(api: StorageApi): Storage {
  return {
    ...api,
    findGrant: createBatcher({ name: 'storage.findGrant', send: (ids) => api.findGrants(ids) }),
    redeemCode: createBatcher({ name: 'storage.redeemCode', send: (codes) => api.redeemCodes(codes) }),
    createGrant: createBatcher({ name: 'storage.createGrant', send: (grants) => api.createGrants(grants) }),
    rotateRefreshToken: createBatcher({
      name: 'storage.rotateRefreshToken',
      send: (tokens) => api.rotateRefreshTokens(tokens),
    }),
    revokeGrant: createBatcher({ name: 'storage.revokeGrant', send: (grants) => api.revokeGrants(grants) }),
    reopenRotation: createBatcher({
      name: 'storage.reopenRotation',
      send: (rotations) => api.reopenRotations(rotations),
    }),
    consumeOnce: createBatcher({ name: 'storage.consumeOnce', send: (values) => api.consumeOnce(values) }),
    countAttempt: createBatcher({ name: 'storage.countAttempt', send: (attempts) => api.countAttempts(attempts) }),
    findSession: createBatcher({ name: 'storage.findSession', send: (ids) => api.findSessions(ids) }),
    appendEvent: createBatcher({ name: 'storage.appendEvent', send: (events) => api.appendEvents(events) }),
  };
}
