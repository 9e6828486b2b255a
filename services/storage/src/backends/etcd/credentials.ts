import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { EtcdStorageConfig } from '@tessera/config';
import type { TlsMaterial } from '@tessera/watched-files';

/**
 * TLS as the endpoints' protocol says it: `https` verifies the certificate against `caFile`, or the well-known authorities
 * without one, and the name; `http` encrypts nothing.
 */
export function channelCredentials(
  config: Pick<EtcdStorageConfig, 'endpoints'>,
  { ca, cert, key }: TlsMaterial,
): ChannelCredentials {
  if (!isEncrypted(config)) return credentials.createInsecure();
  return credentials.createSsl(ca ?? null, key ?? null, cert ?? null);
}

/** Whether the endpoints speak TLS; all of them do or none. */
export function isEncrypted({ endpoints }: Pick<EtcdStorageConfig, 'endpoints'>): boolean {
  return endpoints.some((url) => url.startsWith('https:'));
}
