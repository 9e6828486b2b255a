import { createHash } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { StaticClientConfig } from '@tessera/config';
import type { StorageReadApi } from '@tessera/contracts';
import { hashClientSecret } from '@tessera/credentials';
import { type Client, type ClientId, HMAC_ALGORITHMS } from '@tessera/oauth';
import { clientFromJson, clientToJson } from '../codec/client-json.ts';
import type { RecordStore } from '../ports.ts';
import type { RevisionWatch } from './revision-watch.ts';
import { createWatchedList } from './watched-list.ts';

/** The clients of the configuration file, and a word that changes whenever they do; replicas with one file agree on it. */
export interface StaticClients {
  readonly clients: ReadonlyMap<string, Client>;
  readonly version: string;
}

/** The clients of the configuration file, their secrets hashed. */
export function staticClientsOf(configured: readonly StaticClientConfig[]): StaticClients {
  const version = createHash('sha256').update(JSON.stringify(configured)).digest('base64url').slice(0, 16);
  return { version, clients: new Map(configured.map((client) => [client.id, staticClient(client)])) };
}

/** Member by member: no secret in clear gets into a client, whatever the configuration learns to say. */
function staticClient(configured: StaticClientConfig): Client {
  const { id, secret, furtherSecrets, logoUrl } = configured;
  const hmacSecret = hmacSecretOf(configured);
  return {
    id: id as ClientId,
    name: configured.name,
    secrets: [
      ...(secret === undefined ? [] : [hashClientSecret(secret)]),
      ...furtherSecrets.map(({ value, expiresAt }) => ({
        ...hashClientSecret(value),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      })),
    ],
    isPublic: configured.isPublic,
    isEnabled: configured.isEnabled,
    redirectUris: configured.redirectUris,
    postLogoutRedirectUris: configured.postLogoutRedirectUris,
    trustedPeers: configured.trustedPeers,
    allowedConnectors: configured.allowedConnectors,
    ...(logoUrl === undefined ? {} : { logoUrl }),
    ...(hmacSecret === undefined ? {} : { hmacSecret }),
    settings: configured.settings,
  };
}

/** The secret in clear, for confidential clients whose assertions or ID tokens are keyed by it (OIDC Core §10.1). */
function hmacSecretOf({ secret, isPublic, settings }: StaticClientConfig): string | undefined {
  const { authMethod, idTokenSignedResponseAlg: algorithm } = settings;
  const isKey = authMethod === 'client_secret_jwt' || HMAC_ALGORITHMS.some((hmac) => hmac === algorithm);
  return isKey && !isPublic ? secret : undefined;
}

/** What listing clients needs. */
export interface ListClientsOptions {
  readonly clock: Clock;
  readonly staticClients: StaticClients;
  readonly store: RecordStore;
  readonly watch: RevisionWatch;
}

const CLIENTS_ON_PAGE = 500;

/** Lists the configuration's clients, then the stored ones they do not shadow. */
export function createListClients(options: ListClientsOptions): StorageReadApi['listClients'] {
  const { clock, staticClients, store, watch } = options;
  const list = createWatchedList<Client>({
    kind: 'client',
    clock,
    store,
    watch,
    prefixVersion: staticClients.version,
    prefix: [...staticClients.clients.values()].map((value) => ({
      value,
      bytes: Buffer.byteLength(clientToJson(value)),
    })),
    recordsOnPage: CLIENTS_ON_PAGE,
    read: ({ id, body }) => (staticClients.clients.has(id) ? undefined : clientFromJson(body)),
  });
  return async (request) => {
    const { items, ...page } = await list(request);
    return items === undefined ? page : { ...page, clients: items };
  };
}
