import { StorageUsersServiceService } from '@tessera/proto/tessera/storage/v1/storage';
import { bindRpc, createRpcClient, type RpcBinding, type RpcChannel } from '@tessera/rpc';
import { idempotentMethods } from './idempotent-methods.ts';
import { userFromWire, userToWire } from './records-wire.ts';
import type { StorageUsersApi } from './storage.ts';

/** The password database of a storage in another process. */
export function usersClient(channel: RpcChannel, deadlineMs: number): StorageUsersApi {
  const client = createRpcClient({
    definition: StorageUsersServiceService,
    channel,
    idempotent: idempotentMethods.StorageUsersService,
    deadlineMs,
  });
  return {
    async findUser(email) {
      const { user } = await client.findUser({ email });
      return user === undefined ? undefined : userFromWire(user);
    },
  };
}

/** Offers the password database to the service that checks passwords. */
export function usersBinding(api: StorageUsersApi): RpcBinding {
  return bindRpc({
    definition: StorageUsersServiceService,
    allowedCallers: ['federation'],
    methods: {
      async findUser({ email }) {
        const user = await api.findUser(email);
        return { user: user === undefined ? undefined : userToWire(user) };
      },
    },
  });
}
