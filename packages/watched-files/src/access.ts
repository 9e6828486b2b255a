import { type AccessOptions, openSecret, type Secret } from './secret.ts';
import { type TlsFileNames, type TlsMaterial, watchTlsFiles } from './tls-files.ts';
import type { FileWatch } from './watch-files.ts';

/** What lets us into a server, each as it is now. */
export interface Access {
  readonly password: Secret;
  readonly tls: FileWatch<TlsMaterial>;
  /**
   * Makes a connection. When the server refuses the password, or the handshake of TLS fails, the files are read at once, and
   * what they say now is tried; while the server does not take a new password yet, so is the former.
   *
   * @param isRefusal whether an error says that the password is wrong.
   * @param options as of {@link Secret.use}
   */
  connect<T>(
    make: (password: string) => Promise<T>,
    isRefusal: (error: unknown) => boolean,
    options?: { readonly isProof?: boolean },
  ): Promise<T>;
  close(): void;
}

/** What an access is made of. */
export interface AccessSources extends AccessOptions {
  /** For the log, e.g. `PostgreSQL`. */
  readonly server: string;
  readonly password?: string | undefined;
  /** Where the password came from; undefined = nowhere, it never changes. */
  readonly passwordFile?: string | undefined;
  readonly tls?: TlsFileNames | undefined;
}

/** Looks after a password and TLS files. Throws what reading or using them throws at first. */
export function openAccess({
  server,
  password: value = '',
  passwordFile,
  tls: names = {},
  ...around
}: AccessSources): Access {
  const tls = watchTlsFiles(names, `the TLS files of ${server}`, around);
  const password = openSecretOrClose(tls, () =>
    openSecret({ value, file: passwordFile, what: `the password of ${server}`, ...around }),
  );
  return {
    password,
    tls,
    async connect(make, isRefusal, options) {
      const before = tls.current();
      try {
        return await password.use(make, isRefusal, options);
      } catch (error) {
        if (!isTlsFailure(error)) throw error;
        await tls.check();
        if (tls.current() === before) throw error;
        return password.use(make, isRefusal, options);
      }
    },
    close() {
      password.close();
      tls.close();
    },
  };
}

function openSecretOrClose(tls: { close(): void }, open: () => Secret): Secret {
  try {
    return open();
  } catch (error) {
    tls.close();
    throw error;
  }
}

const TLS_CODES = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HANDSHAKE_)/;

/** Whether an error is, or was caused by, one of a certificate, ours or theirs; by the codes of `node:tls` and OpenSSL. */
export function isTlsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return (typeof code === 'string' && TLS_CODES.test(code)) || isTlsFailure(error.cause);
}
