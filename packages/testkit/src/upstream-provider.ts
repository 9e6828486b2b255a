import { generateKeyPair, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { promisify } from 'node:util';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { freePort } from './free-port.ts';
import { claimsOf, type UpstreamAccount } from './upstream-account.ts';
import { createUpstreamAdapters } from './upstream-adapter.ts';
import { answerInteraction } from './upstream-interaction.ts';

/** A confidential client of the upstream provider (`client_secret_basic`, or `_post`). */
export interface UpstreamClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUris: readonly string[];
  /** `client_secret_basic` when left out. */
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post';
}

/** How {@link startUpstreamProvider} sets the provider up. */
export interface UpstreamProviderOptions {
  readonly clients: readonly UpstreamClient[];
  readonly accounts: readonly UpstreamAccount[];
  /** The port; a free one when left out. */
  readonly issuerPort?: number;
  /** Login name of the account that is signed in when there is no `login_hint`; the form is shown when left out. */
  readonly autoLogin?: string;
}

/** The endpoints whose requests are counted; `other` is everything else. */
export type UpstreamEndpoint =
  | 'discovery'
  | 'jwks'
  | 'authorization'
  | 'interaction'
  | 'token'
  | 'userinfo'
  | 'revocation'
  | 'other';

/** A running OpenID provider on loopback, independent of Tessera's own code. */
export interface UpstreamProvider extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly issuer: string;
  readonly port: number;
  /** How many requests each endpoint has had since the first start. */
  requests(): Record<UpstreamEndpoint, number>;
  /** Adds or replaces the account with this login name; it counts from the next request on. */
  setAccount(account: UpstreamAccount): void;
  /** Removes an account: its refresh tokens are refused from now on. */
  removeAccount(login: string): void;
  /** Closes the port and all connections, and keeps sessions and tokens. Does nothing when it is closed. */
  stop(): Promise<void>;
  /** Opens the same port again. Does nothing when it is open. */
  start(): Promise<void>;
  /** The same as `stop`. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const ENDPOINTS: Readonly<Record<string, UpstreamEndpoint>> = {
  '.well-known': 'discovery',
  jwks: 'jwks',
  auth: 'authorization',
  interaction: 'interaction',
  token: 'token',
  me: 'userinfo',
};

/**
 * Starts `oidc-provider` as an upstream: authorization code with PKCE, refresh tokens that rotate at each use, RS256.
 * The ID token carries `email`, `email_verified`, `name`, `preferred_username` and `groups` for the scopes `email`,
 * `profile` and `groups`. A refresh token is issued to every client, `offline_access` or not.
 */
export async function startUpstreamProvider(options: UpstreamProviderOptions): Promise<UpstreamProvider> {
  const port = options.issuerPort ?? (await freePort());
  const issuer = `http://${HOST}:${port}`;
  const accounts = new Map(options.accounts.map((account) => [account.login, account]));
  const counts: Record<UpstreamEndpoint, number> = {
    discovery: 0,
    jwks: 0,
    authorization: 0,
    interaction: 0,
    token: 0,
    userinfo: 0,
    revocation: 0,
    other: 0,
  };
  // It warns at import of runtimes it has not heard of, so only those who need it import it.
  const { default: Provider } = await import('oidc-provider');
  const provider = new Provider(issuer, await configuration(options.clients, accounts, port));
  const protocol = provider.callback();
  const listener: RequestListener = (request, response) => {
    const path = new URL(request.url ?? '/', issuer).pathname;
    const endpoint = endpointOf(path);
    counts[endpoint] += 1;
    if (endpoint !== 'interaction') return void protocol(request, response);
    const interaction = { provider, accounts, autoLogin: options.autoLogin };
    answerInteraction(interaction, request, response).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    });
  };
  let server: Server | undefined;
  const stop = async () => {
    const stopping = server;
    server = undefined;
    if (!stopping) return;
    const closed = once(stopping, 'close');
    stopping.close();
    stopping.closeAllConnections();
    await closed;
  };
  const start = async () => {
    server ??= await listen(listener, port);
  };
  await start();
  return {
    issuer,
    port,
    requests: () => ({ ...counts }),
    setAccount: (account) => void accounts.set(account.login, account),
    removeAccount: (login) => void accounts.delete(login),
    stop,
    start,
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function listen(listener: RequestListener, port: number): Promise<Server> {
  const server = createServer(listener);
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}

function endpointOf(path: string): UpstreamEndpoint {
  if (path === '/token/revocation') return 'revocation';
  return ENDPOINTS[path.split('/')[1] ?? ''] ?? 'other';
}

async function configuration(
  clients: readonly UpstreamClient[],
  accounts: ReadonlyMap<string, UpstreamAccount>,
  port: number,
): Promise<Configuration> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    adapter: createUpstreamAdapters(),
    clients: clients.map(clientMetadata),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'upstream', use: 'sig', alg: 'RS256' }] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
      groups: ['groups'],
    },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    // Cookies do not tell ports apart (RFC 6265 §8.5), so the names do.
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: {
        session: `upstream_${port}_session`,
        interaction: `upstream_${port}_interaction`,
        resume: `upstream_${port}_resume`,
      },
    },
    findAccount: async (_context, subject) => {
      const account = [...accounts.values()].find((candidate) => candidate.subject === subject);
      return account && { accountId: subject, claims: async () => claimsOf(account) };
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    loadExistingGrant: async (context) => {
      const { client, session, params, provider } = context.oidc;
      const grant = new provider.Grant({
        ...(client ? { clientId: client.clientId } : {}),
        ...(session?.accountId === undefined ? {} : { accountId: session.accountId }),
      });
      const scope = params?.['scope'];
      grant.addOIDCScope(typeof scope === 'string' ? scope : 'openid');
      await grant.save();
      return grant;
    },
  };
}

function clientMetadata(client: UpstreamClient): ClientMetadata {
  return {
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [...client.redirectUris],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: client.authMethod ?? 'client_secret_basic',
  };
}
