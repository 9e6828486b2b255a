import * as z from 'zod';
import type { EtcdStorageConfig } from '../../types.ts';
import { parseHttpUrl } from '../addresses.ts';
import { optionalText, text } from '../fields.ts';
import { clientTlsKeys } from './sql-connection.ts';

const DEFAULT_PORT = 2379;

/** `storage.type: etcd`. */
export const etcdSchema = z
  .strictObject({
    type: z.literal('etcd').describe('Any number of processes.'),
    config: z
      .strictObject({
        endpoints: z
          .array(z.string())
          .min(1)
          .superRefine((values, context) => {
            const kinds = values.map(endpointKind);
            if (kinds.includes(undefined)) context.addIssue('must be URLs such as https://etcd-0:2379');
            else if (new Set(kinds).size > 1) context.addIssue('must be all http or all https');
          })
          .describe('`http://` or `https://` URLs of the members, all of one kind.'),
        namespace: text('Prefix of every key.').default(''),
        username: optionalText('User.'),
        password: optionalText('Password.'),
        passwordFile: optionalText('File that holds the password; instead of `password`. Read again when it changes.'),
        ssl: z
          .strictObject({
            serverName: optionalText('Name to expect in the server certificate; that of the endpoint without it.'),
            ...clientTlsKeys,
          })
          .prefault({})
          .describe('TLS towards the members; it is used when the endpoints say https.'),
      })
      .describe('The etcd connection.'),
  })
  .describe('Durable state in etcd.');

/** The protocol of an endpoint; one without is http, as in Dex. Undefined = no endpoint. */
function endpointKind(value: string): string | undefined {
  const url = parseHttpUrl(withProtocol(value));
  return url === undefined || url.pathname !== '/' || url.search !== '' ? undefined : url.protocol;
}

function withProtocol(value: string): string {
  return value.includes('://') ? value : `http://${value}`;
}

/** The effective block. */
export function toEtcd(config: z.output<typeof etcdSchema>['config']): EtcdStorageConfig {
  const { endpoints, namespace, username, password, passwordFile, ssl } = config;
  return {
    type: 'etcd',
    endpoints: endpoints.map((value) => {
      const url = new URL(withProtocol(value));
      // A URL keeps no port that is its protocol's own, so what was written decides.
      const port = /:(\d+)\/?$/.exec(value)?.[1] ?? DEFAULT_PORT;
      return `${url.protocol}//${url.hostname}:${port}`;
    }),
    namespace,
    ssl,
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
    ...(passwordFile ? { passwordFile } : {}),
  };
}
