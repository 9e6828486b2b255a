import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { StorageConfig } from '@tessera/config';
import { readTlsFile } from '../../rules/read-tls-file.ts';

/** The configuration of a PostgreSQL store. */
export type PostgresConfig = Extract<StorageConfig, { readonly type: 'postgres' }>;

/**
 * TLS as libpq's `sslmode` says it: `require` encrypts and verifies nothing, `verify-ca` verifies the certificate,
 * `verify-full` also the name. Unix sockets have none.
 *
 * @throws TesseraError `storage.cannot_open` with the file that cannot be read.
 */
export function sslOptions({ host, ssl }: PostgresConfig): ConnectionOptions | false {
  if (ssl.mode === 'disable' || host.startsWith('/')) return false;
  const own = {
    ...(ssl.certFile === undefined ? {} : { cert: readTlsFile(ssl.certFile) }),
    ...(ssl.keyFile === undefined ? {} : { key: readTlsFile(ssl.keyFile) }),
    ...(ssl.caFile === undefined ? {} : { ca: readTlsFile(ssl.caFile) }),
  };
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
