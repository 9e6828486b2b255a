import { accessSync, constants } from 'node:fs';
import { systemClock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import { type Access, openAccess, type TlsFileNames } from '@tessera/watched-files';
import { cannotOpen } from './store-errors.ts';

/** The part of a store's configuration that says how one gets in. */
export interface StoreAccessConfig {
  /** For the log, e.g. `PostgreSQL`. */
  readonly store: string;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tls?: TlsFileNames | undefined;
}

/**
 * Looks after the password and the TLS files of a store.
 *
 * @throws TesseraError `storage.cannot_open` when a file cannot be read or used.
 */
export function openStoreAccess(config: StoreAccessConfig, logger: Logger): Access {
  const { store, password, passwordFile, tls = {} } = config;
  const files = [tls.caFile, tls.certFile, tls.keyFile].filter((file) => file !== undefined);
  for (const file of files) assertReadable('TLS', file);
  if (passwordFile !== undefined) assertReadable('password', passwordFile);
  try {
    return openAccess({ server: store, password, passwordFile, tls, clock: systemClock, logger });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw cannotOpen(`cannot use the files ${[...files, passwordFile ?? ''].join(' ').trim()}: ${reason}`, thrown);
  }
}

function assertReadable(kind: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (thrown) {
    const { code } = thrown as { readonly code?: unknown };
    const reason = code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${String(code)})`;
    throw cannotOpen(`cannot use the ${kind} file ${file}: ${reason}`, thrown);
  }
}
