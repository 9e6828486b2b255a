import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { AccessOptions } from './secret.ts';
import { type FileWatch, watchFiles } from './watch-files.ts';

/** PEM files of a client's side of TLS. */
export interface TlsFileNames {
  /** Authorities that may sign the server certificate; undefined = those of the system. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What the files hold, with the names that `node:tls` has for them. */
export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const PARTS = [
  ['ca', 'caFile'],
  ['cert', 'certFile'],
  ['key', 'keyFile'],
] as const;

/**
 * The files of a client's side of TLS, read again whenever they change. Files that do not go together, or hold no
 * certificate, change nothing. Throws the system's error when one cannot be read at first, and OpenSSL's when it cannot be used.
 *
 * @param what For the log, e.g. `the TLS files of PostgreSQL`.
 */
export function watchTlsFiles(names: TlsFileNames, what: string, access: AccessOptions): FileWatch<TlsMaterial> {
  const given = PARTS.flatMap(([part, key]) => (names[key] === undefined ? [] : [{ part, file: names[key] }]));
  if (given.length === 0) return fixedWatch({});
  const load = (contents: readonly Buffer[]): TlsMaterial => {
    const material: TlsMaterial = Object.fromEntries(given.map(({ part }, index) => [part, contents[index]]));
    // An empty list of authorities would be taken without a word.
    if (material.ca !== undefined) parseCertificate(material.ca);
    createSecureContext(material);
    return material;
  };
  return watchFiles({ files: given.map(({ file }) => file), load, what, ...access });
}

/** Throws OpenSSL's error when there is none in it. */
function parseCertificate(pem: Buffer): X509Certificate {
  return new X509Certificate(pem);
}

function fixedWatch<T>(value: T): FileWatch<T> {
  return { current: () => value, onChange: () => () => undefined, check: async () => undefined, close() {} };
}
