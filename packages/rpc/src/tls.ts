import { createSecureContext } from 'node:tls';
import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import { type Clock, systemClock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import { type FileWatch, type WatchSharing, watchFiles } from '@tessera/watched-files';

/** Certificate files of mutual TLS between the services; `{service}` in a name is replaced by the service's own name. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** How a service proves who it is: certificates, or, said out loud in the configuration, its bare word. */
export type RpcSecurity = MutualTls | { readonly type: 'plaintext' };

/** Certificates that are read again when their files change; new connections are made with what is good then. */
export interface MutualTls {
  readonly type: 'mtls';
  readonly files: TlsFiles;
  /** Told when certificates change, and when they cannot be used. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's. */
  readonly clock?: Pick<Clock, 'schedule'>;
  /** Where several servers and channels of a process look after the same files together. Default: each by itself. */
  readonly sharing?: WatchSharing;
}

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

/** Credentials, and the end of looking after their files. */
interface Credentials<C> {
  readonly credentials: C;
  readonly close: () => void;
}

/** Credentials to listen with; clients without a certificate of the same authority are refused in the handshake. */
export function serverCredentials(security: RpcSecurity, service: string): Credentials<ServerCredentials> {
  if (security.type === 'plaintext') return { credentials: ServerCredentials.createInsecure(), close() {} };
  const watch = watchCertificates(security, service);
  const provider = createCertificateProvider(watch);
  const credentials = experimental.createCertificateProviderServerCredentials(provider, provider, true);
  return { credentials, close: () => watch.close() };
}

/** Credentials to dial with. */
export function channelCredentials(security: RpcSecurity, service: string): Credentials<ChannelCredentials> {
  if (security.type === 'plaintext') return { credentials: ChannelCredentials.createInsecure(), close() {} };
  const watch = watchCertificates(security, service);
  const provider = createCertificateProvider(watch);
  return {
    credentials: experimental.createCertificateProviderChannelCredentials(provider, provider),
    close: () => watch.close(),
  };
}

interface Certificates {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function watchCertificates(security: MutualTls, service: string): FileWatch<Certificates> {
  const { caFile, certFile, keyFile } = security.files;
  const files = [caFile, certFile, keyFile].map((file) => file.replaceAll('{service}', service));
  const watch = (): FileWatch<Certificates> => watchOne(security, files, service);
  return security.sharing?.open(files.join(), watch) ?? watch();
}

function watchOne(security: MutualTls, files: readonly string[], service: string): FileWatch<Certificates> {
  return watchFiles({
    files,
    load([ca = Buffer.alloc(0), cert = Buffer.alloc(0), key = Buffer.alloc(0)]) {
      createSecureContext({ ca, cert, key });
      return { ca, cert, key };
    },
    what: `the certificate of ${service}`,
    clock: security.clock ?? systemClock,
    logger: security.logger ?? silent,
  });
}

type CertificateProvider = Parameters<typeof experimental.createCertificateProviderServerCredentials>[0];

/** Tells listeners what is good now, in a turn of their own, and again with every change. */
function createCertificateProvider(watch: FileWatch<Certificates>): CertificateProvider {
  const endings = new Map<unknown, () => void>();
  const add = <U>(listener: (update: U) => void, updateOf: (certificates: Certificates) => U): void => {
    process.nextTick(() => listener(updateOf(watch.current())));
    endings.set(
      listener,
      watch.onChange((certificates) => listener(updateOf(certificates))),
    );
  };
  const remove = (listener: unknown): void => {
    endings.get(listener)?.();
    endings.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) => add(listener, ({ ca }) => ({ caCertificate: ca })),
    removeCaCertificateListener: remove,
    addIdentityCertificateListener: (listener) =>
      add(listener, ({ cert, key }) => ({ certificate: cert, privateKey: key })),
    removeIdentityCertificateListener: remove,
  };
}
