import { accessSync, constants } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Clock, systemClock } from '@tessera/clock';
import type { WebConfig } from '@tessera/config';
import type { HttpTls } from '@tessera/http';
import type { Logger } from '@tessera/telemetry';
import { type FileWatch, watchFiles } from '@tessera/watched-files';
import { CommandFailure } from '../command-line/failure.ts';
import { fileFault } from '../command-line/file-fault.ts';

/**
 * The certificate of the public HTTPS listener, read again whenever its files change; the versions of TLS stay those of the
 * configuration (N94). Throws CommandFailure when it cannot be read or used at first.
 */
export function watchWebTls(
  web: WebConfig,
  logger: Logger,
  clock: Pick<Clock, 'schedule'> = systemClock,
): FileWatch<HttpTls> {
  const files = [readableFile('web.tlsCert', web.tlsCert), readableFile('web.tlsKey', web.tlsKey)];
  const load = ([cert, key]: readonly Buffer[]): HttpTls => {
    createSecureContext({ cert, key });
    return {
      cert: String(cert),
      key: String(key),
      minVersion: `TLSv${web.tlsMinVersion}`,
      ...(web.tlsMaxVersion === undefined ? {} : { maxVersion: `TLSv${web.tlsMaxVersion}` as const }),
    };
  };
  try {
    return watchFiles({ files, load, what: 'the certificate of the public listener', clock, logger });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new CommandFailure(`web.tlsCert and web.tlsKey cannot be used together: ${reason}.`, { cause: error });
  }
}

function readableFile(key: string, file = ''): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch (error) {
    throw new CommandFailure(`${key}: ${file} ${fileFault(error)}.`, { cause: error });
  }
}
