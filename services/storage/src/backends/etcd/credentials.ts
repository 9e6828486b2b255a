import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { EtcdStorageConfig } from '@tessera/config';
import { readTlsFile } from '../../rules/read-tls-file.ts';

/**
 * TLS as the endpoints' protocol says it: `https` verifies the certificate against `caFile`, or the well-known authorities
 * without one, and the name; `http` encrypts nothing.
 *
 * @throws TesseraError `storage.cannot_open` with the file that cannot be read.
 */
export function channelCredentials({ endpoints, ssl }: EtcdStorageConfig): ChannelCredentials {
  if (!endpoints.some((url) => url.startsWith('https:'))) return credentials.createInsecure();
  const read = (path: string | undefined): Buffer | null => (path === undefined ? null : readTlsFile(path));
  return credentials.createSsl(read(ssl.caFile), read(ssl.keyFile), read(ssl.certFile));
}
