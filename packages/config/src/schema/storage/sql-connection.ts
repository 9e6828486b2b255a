import { splitHostPort } from '../addresses.ts';
import { checkedText, ignored, optionalText, requiredText, text, wholeNumber } from '../fields.ts';

/** Keys that PostgreSQL and MySQL share, as in Dex. */
export const sqlConnectionKeys = (defaultPort: number) => ({
  host: checkedText('Host name, address, `host:port`, or the path of a Unix socket.', (value) =>
    value.startsWith('/') || (value !== '' && splitHostPort(value)?.host)
      ? undefined
      : 'must be a host name, host:port or the path of a Unix socket',
  ),
  port: wholeNumber(`TCP port; ${defaultPort} when neither this nor \`host\` says one.`, 1, 65535).exactOptional(),
  database: requiredText('Name of the database.'),
  user: requiredText('Role to connect as.'),
  password: text('Password of the role.').default(''),
  passwordFile: optionalText('File that holds the password; instead of `password`. Read again when it changes.'),
  connectionTimeout: wholeNumber('Seconds to wait for a connection.', 0, 3600).default(5),
  maxOpenConns: wholeNumber('Most connections of one process; 0 is the default as well.', 0, 1000).default(10),
  maxIdleConns: ignored('Most idle connections.', 'idle connections are closed after a while by themselves'),
  connMaxLifetime: ignored('Longest life of a connection in seconds.', 'broken connections are replaced by themselves'),
});

/** Keys of the client's side of TLS. */
export const clientTlsKeys = {
  caFile: optionalText(
    'PEM file of the authorities that may sign the server certificate; the system store without it.',
  ),
  keyFile: optionalText('PEM file of the client key; together with `certFile`.'),
  certFile: optionalText('PEM file of the client certificate; together with `keyFile`.'),
};

/** The server of a SQL database. */
export interface SqlAddress {
  readonly host: string;
  readonly port: number;
}

/** Where `host` and `port` lead. */
export function sqlAddress(
  config: { readonly host: string; readonly port?: number | undefined },
  defaultPort: number,
): SqlAddress {
  const parts = config.host.startsWith('/') ? undefined : splitHostPort(config.host);
  return { host: parts?.host ?? config.host, port: parts?.port ?? config.port ?? defaultPort };
}
