import type { Keys, StorageUsersApi } from '@tessera/contracts';

/** The password database, which the storage service keeps. */
export type Users = StorageUsersApi;

/** Where the keys come from that seal what connectors want back. */
export type SecretSource = Pick<Keys, 'getSecrets'>;
