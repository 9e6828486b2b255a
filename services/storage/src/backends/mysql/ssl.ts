import { isIP } from 'node:net';
import type { StorageConfig } from '@tessera/config';
import type { TlsMaterial } from '@tessera/watched-files';
import type { SslOptions } from 'mysql2';
import { cannotOpen } from '../../rules/store-errors.ts';

/** The configuration of a MySQL store. */
export type MysqlConfig = Extract<StorageConfig, { readonly type: 'mysql' }>;

/**
 * TLS as Dex's `ssl.mode` says it: `true` verifies the certificate, by `caFile` or else by the authorities the system trusts,
 * and the name; `skip-verify` encrypts and verifies nothing. A server without TLS is refused in both. Unix sockets have none.
 *
 * @throws TesseraError `storage.cannot_open` when the host is an address, against which the client cannot verify a certificate.
 */
export function sslOptions({ host, ssl }: MysqlConfig, { ca, cert, key }: TlsMaterial): SslOptions | undefined {
  if (ssl.mode === 'false' || host.startsWith('/')) return undefined;
  const isVerified = ssl.mode === 'true';
  if (isVerified && isIP(host) !== 0) {
    throw cannotOpen(`cannot verify the MySQL server ${host}: with ssl.mode true, host is the name in its certificate`);
  }
  return {
    ...(cert === undefined ? {} : { cert: cert.toString() }),
    ...(key === undefined ? {} : { key: key.toString() }),
    ...(ca === undefined ? {} : { ca: ca.toString() }),
    rejectUnauthorized: isVerified,
    verifyIdentity: isVerified,
    minVersion: 'TLSv1.2',
  };
}
