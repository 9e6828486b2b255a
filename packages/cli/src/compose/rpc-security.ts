import { accessSync, constants } from 'node:fs';
import type { TesseraConfig } from '@tessera/config';
import type { ServiceName } from '@tessera/contracts';
import type { RpcSecurity } from '@tessera/rpc';
import { CommandFailure } from '../command-line/failure.ts';
import { fileFault } from '../command-line/file-fault.ts';
import { isLoopbackAddress } from './listen-address.ts';

/**
 * How calls between services are protected: by the certificates of `rpc.tls`; without them in plaintext, but only when
 * every address is on this machine or `rpc.insecurePlaintext` says so.
 * Throws CommandFailure when neither holds, or a certificate cannot be read.
 *
 * @param services the services of this process, whose certificates are needed.
 * @param addresses what this process listens on and dials.
 */
export function resolveRpcSecurity(
  { rpc }: Pick<TesseraConfig, 'rpc'>,
  services: readonly ServiceName[],
  addresses: readonly string[],
): RpcSecurity {
  if (rpc.tls !== undefined) {
    for (const service of services) assertReadable(rpc.tls, service);
    return { type: 'mtls', files: rpc.tls };
  }
  const remote = addresses.find((address) => !isLoopbackAddress(address));
  if (rpc.insecurePlaintext || remote === undefined) return { type: 'plaintext' };
  throw new CommandFailure(
    `Calls between services would be readable on the way: ${remote} is not on this machine and rpc.tls is not set. ` +
      'Configure certificates in rpc.tls, or allow plaintext with rpc.insecurePlaintext: true.',
  );
}

function assertReadable(files: NonNullable<TesseraConfig['rpc']['tls']>, service: ServiceName): void {
  for (const key of ['caFile', 'certFile', 'keyFile'] as const) {
    const file = files[key].replaceAll('{service}', service);
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      throw new CommandFailure(`rpc.tls.${key}: ${file} ${fileFault(error)}.`, { cause: error });
    }
  }
}
