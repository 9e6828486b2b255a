import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { WebConfig } from '@tessera/config';
import type { HttpServerOptions } from '@tessera/http';
import { CommandFailure } from '../command-line/failure.ts';
import { fileFault } from '../command-line/file-fault.ts';

/** Reads the certificate of the public HTTPS listener. Throws CommandFailure when it cannot be read or used. */
export function readWebTls(web: WebConfig): NonNullable<HttpServerOptions['tls']> {
  const cert = readPem('web.tlsCert', web.tlsCert);
  const key = readPem('web.tlsKey', web.tlsKey);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new CommandFailure(`web.tlsCert and web.tlsKey cannot be used together: ${reason}.`, { cause: error });
  }
  return {
    cert,
    key,
    minVersion: `TLSv${web.tlsMinVersion}`,
    ...(web.tlsMaxVersion === undefined ? {} : { maxVersion: `TLSv${web.tlsMaxVersion}` as const }),
  };
}

function readPem(key: string, file = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${key}: ${file} ${fileFault(error)}.`, { cause: error });
  }
}
