import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { StorageConfig } from '@tessera/config';
import type { TlsMaterial } from '@tessera/watched-files';

/** The configuration of a PostgreSQL store. */
export type PostgresConfig = Extract<StorageConfig, { readonly type: 'postgres' }>;

/**
 * TLS as libpq's `sslmode` says it: `require` encrypts and verifies nothing, `verify-ca` verifies the certificate,
 * `verify-full` also the name. Unix sockets have none.
 */
export function sslOptions({ host, ssl }: PostgresConfig, own: TlsMaterial): ConnectionOptions | false {
  if (ssl.mode === 'disable' || host.startsWith('/')) return false;
  switch (ssl.mode) {
    case 'require':
      return { ...own, rejectUnauthorized: false };
    case 'verify-ca':
      return { ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      // The name is checked against the configured host, also when that is an address.
      return { ...own, rejectUnauthorized: true, checkServerIdentity: (_, cert) => checkServerIdentity(host, cert) };
  }
}
