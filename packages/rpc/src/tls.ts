import { readFileSync } from 'node:fs';
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';

/** Certificate files of mutual TLS between the services; `{service}` in a name is replaced by the service's own name. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** How a service proves who it is: certificates, or, said out loud in the configuration, its bare word. */
export type RpcSecurity = { readonly type: 'mtls'; readonly files: TlsFiles } | { readonly type: 'plaintext' };

const SUFFIX = '.tessera.internal';

/** The name in a service's certificate: `token` is `token.tessera.internal`. */
export function certificateName(service: string): string {
  return `${service}${SUFFIX}`;
}

/**
 * The service a certificate's subject alternative names (as Node prints them) belong to; undefined for anything else.
 * Node puts quotes around a name that could be taken for several; such a certificate is nobody's.
 */
export function serviceOfCertificate(subjectAltName = ''): string | undefined {
  if (subjectAltName.includes('"')) return undefined;
  const names = subjectAltName.split(', ').filter((name) => name.startsWith('DNS:') && name.endsWith(SUFFIX));
  const [only] = names;
  return names.length === 1 && only !== undefined ? only.slice('DNS:'.length, -SUFFIX.length) : undefined;
}

function readFiles(files: TlsFiles, service: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (name: string): Buffer => readFileSync(name.replaceAll('{service}', service));
  return { ca: read(files.caFile), cert: read(files.certFile), key: read(files.keyFile) };
}

/** Credentials to listen with; clients without a certificate of the same authority are refused in the handshake. */
export function serverCredentials(security: RpcSecurity, service: string): ServerCredentials {
  if (security.type === 'plaintext') return ServerCredentials.createInsecure();
  const { ca, cert, key } = readFiles(security.files, service);
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
}

/** Credentials to dial with. */
export function channelCredentials(security: RpcSecurity, service: string): ChannelCredentials {
  if (security.type === 'plaintext') return ChannelCredentials.createInsecure();
  const { ca, cert, key } = readFiles(security.files, service);
  return ChannelCredentials.createSsl(ca, key, cert);
}
