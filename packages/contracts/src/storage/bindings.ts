import type { RpcBinding } from '@tessera/rpc';
import { administrationBinding } from './administration-service.ts';
import { eventsBinding, outboxBinding } from './events-service.ts';
import { keySetsBinding } from './key-sets-service.ts';
import { readBinding } from './read-service.ts';
import { sessionsBinding } from './sessions-service.ts';
import { shortLivedBinding } from './short-lived-service.ts';
import type { StorageApi } from './storage.ts';
import { usersBinding } from './users-service.ts';
import { writeBinding } from './write-service.ts';

/** Offers a storage implementation to the other services, each method to those that need it (N93). */
export function storageBindings(api: StorageApi): readonly RpcBinding[] {
  return [
    readBinding(api),
    usersBinding(api),
    writeBinding(api),
    keySetsBinding(api),
    shortLivedBinding(api),
    sessionsBinding(api),
    administrationBinding(api),
    eventsBinding(api),
    outboxBinding(api),
  ];
}
