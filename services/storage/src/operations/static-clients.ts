import { createHash } from 'node:crypto';
import { addSeconds, type Clock } from '@tessera/clock';
import type { ClientSecretConfig, StaticClientConfig } from '@tessera/config';
import { hashClientSecret } from '@tessera/credentials';
import { type Client, type ClientId, HMAC_ALGORITHMS } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { openSecret, type Secret } from '@tessera/watched-files';

/** The clients of the configuration file, as they are now: secrets of files change with their files. */
export interface StaticClients {
  /** Their secrets are hashed. */
  readonly clients: ReadonlyMap<string, Client>;
  /** A word that changes whenever they do; replicas with the same files agree on it. */
  readonly version: string;
  /** Calls back after each change; what it returns ends that. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/**
 * How long a secret is still taken after its file has another, so that the replicas, which read it at different moments, and
 * the application can change over.
 */
const FORMER_SECRET_SECONDS = 120;

/** The clients of the configuration file. Throws the system's error when a secret file cannot be read at first. */
export function createStaticClients(
  configured: readonly StaticClientConfig[],
  around: { readonly clock: Clock; readonly logger: Logger },
): StaticClients {
  const { clock } = around;
  const listeners = new Set<() => void>();
  const secrets: Secret[] = [];
  let present = configured;
  let made = makeClients(present);

  /** Follows one secret of one client. */
  const follow = (index: number, source: ClientSecretConfig, replace: Replace): void => {
    if (source.valueFile === undefined) return;
    const what = `a secret of the client ${configured[index]?.id ?? ''}`;
    const secret = openSecret({ value: source.value, file: source.valueFile, what, ...around });
    secrets.push(secret);
    let former = source.value;
    secret.onChange(() => {
      const ending = { value: former, expiresAt: addSeconds(clock.now(), FORMER_SECRET_SECONDS) };
      former = secret.current();
      const value = former;
      present = present.map((client, at) => (at === index ? replace(client, value) : client));
      made = makeClients(present, { index, ending, before: made });
      for (const listener of listeners) listener();
    });
  };
  for (const [index, { secret: value = '', secretFile: valueFile, furtherSecrets }] of configured.entries()) {
    if (valueFile !== undefined) follow(index, { value, valueFile }, (client, secret) => ({ ...client, secret }));
    for (const [position, further] of furtherSecrets.entries()) follow(index, further, replaceFurther(position));
  }
  return {
    get clients() {
      return made.clients;
    },
    get version() {
      return made.version;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      for (const secret of secrets) secret.close();
    },
  };
}

type Replace = (client: StaticClientConfig, secret: string) => StaticClientConfig;

function replaceFurther(position: number): Replace {
  return (client, value) => ({
    ...client,
    furtherSecrets: client.furtherSecrets.map((further, at) => (at === position ? { ...further, value } : further)),
  });
}

type Made = Pick<StaticClients, 'clients' | 'version'>;

/** A secret that has just left a client. */
interface Left {
  readonly index: number;
  readonly ending: ClientSecretConfig;
  readonly before: Made;
}

/** What ends by itself is no part of the version: every replica reads a file at a moment of its own. */
function makeClients(configured: readonly StaticClientConfig[], left?: Left): Made {
  const version = createHash('sha256').update(JSON.stringify(configured)).digest('base64url').slice(0, 16);
  const clients = configured.map((client, index): [string, Client] => {
    const known = left?.before.clients.get(client.id);
    if (left === undefined || known === undefined) return [client.id, staticClient(client)];
    if (index !== left.index) return [client.id, known];
    const made = staticClient(client);
    return [client.id, { ...made, secrets: [...made.secrets, ...hashesOf([left.ending])] }];
  });
  return { version, clients: new Map(clients) };
}

/** Member by member: no secret in clear gets into a client, whatever the configuration learns to say. */
function staticClient(configured: StaticClientConfig): Client {
  const { id, secret, furtherSecrets, logoUrl } = configured;
  const hmacSecret = hmacSecretOf(configured);
  return {
    id: id as ClientId,
    name: configured.name,
    secrets: hashesOf([...(secret === undefined ? [] : [{ value: secret }]), ...furtherSecrets]),
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

function hashesOf(secrets: readonly ClientSecretConfig[]): Client['secrets'] {
  return secrets.map(({ value, expiresAt }) => ({
    ...hashClientSecret(value),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }));
}

/** The secret in clear, for confidential clients whose assertions or ID tokens are keyed by it (OIDC Core §10.1). */
function hmacSecretOf({ secret, isPublic, settings }: StaticClientConfig): string | undefined {
  const { authMethod, idTokenSignedResponseAlg: algorithm } = settings;
  const isKey = authMethod === 'client_secret_jwt' || HMAC_ALGORITHMS.some((hmac) => hmac === algorithm);
  return isKey && !isPublic ? secret : undefined;
}
