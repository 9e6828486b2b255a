import type { Clock } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import { federationErrors } from '@tessera/contracts';
import { createFollowingEgressClient } from '@tessera/egress';
import { TesseraError } from '@tessera/errors';
import type { Identity } from '@tessera/oauth';
import { type Logger, silentLogger } from '@tessera/telemetry';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import { createSingleFlight, type SingleFlight } from '../../single-flight.ts';
import { type Connector, type ConnectorAnswer, OFFLINE_ACCESS } from '../connector.ts';
import { readCallback } from './callback.ts';
import { readOidcSettings } from './config.ts';
import { createDiscovery, type UpstreamMetadata } from './discovery.ts';
import { exchangeAtUpstream } from './exchange.ts';
import { verifyIdToken } from './id-token.ts';
import { identityFromClaims } from './identity.ts';
import { hintToKeep, type Kept, keptFromText, keptToText } from './kept.ts';
import { upstreamLogoutUrl } from './logout.ts';
import { requestTokens, type UpstreamTokens } from './token-endpoint.ts';
import type { OidcSurroundings, Upstream } from './upstream.ts';
import { createUpstreamKeys } from './upstream-keys.ts';
import { requestUserinfo } from './userinfo.ts';
import { authorizationUrl, createVisit, hashOfToken, visitFromText, visitToText } from './visit.ts';

/** Signs people in at another OpenID Connect provider. Asks it for nothing before somebody signs in. */
export async function createOidcConnector(
  config: OidcConnectorConfig,
  clock: Clock,
  logger: Logger = silentLogger,
): Promise<Connector> {
  const settings = await readOidcSettings(config, { clock, logger });
  const client = await createFollowingEgressClient(settings.egress, {
    authorities: config.rootCAs,
    // Added to those of the system, as Dex does.
    besideSystem: true,
    what: `the authorities of ${config.issuer}`,
    clock,
    logger,
  }).catch((error: unknown) => {
    settings.clientSecret.close();
    throw error;
  });
  return connectToUpstream({ settings, client, clock });
}

/** The connector for settings that are read already, over the given way out. */
export function connectToUpstream({ settings, client, clock }: OidcSurroundings): Connector {
  const upstream: RefreshedUpstream = {
    settings,
    client,
    clock,
    discover: createDiscovery(settings.config, client, clock),
    keys: createUpstreamKeys(client, clock),
    refreshOnce: createSingleFlight(),
  };
  return {
    signIn: {
      kind: 'callback',
      async begin(request) {
        const metadata = await upstream.discover();
        const visit = createVisit(settings, metadata, { request, now: clock.now() });
        return { redirectUrl: authorizationUrl(settings, metadata, { visit, request }), data: visitToText(visit) };
      },
      complete: (request) => complete(upstream, request),
    },
    refresher: { refresh: (request) => refresh(upstream, request) },
    refreshesUpstream: true,
    exchanger: { exchange: (request) => exchangeAtUpstream(upstream, request) },
    logout: { beginLogout: (request) => upstreamLogoutUrl(upstream, request) },
    close() {
      settings.clientSecret.close();
      return client.close();
    },
  };
}

interface RefreshedUpstream extends Upstream {
  readonly refreshOnce: SingleFlight<ConnectorAnswer>;
}

interface Return {
  readonly state: string;
  readonly parameters: string;
  readonly data: string;
  readonly scopes: readonly string[];
}

async function complete(upstream: Upstream, { state, parameters, data, scopes }: Return): Promise<ConnectorAnswer> {
  const { settings } = upstream;
  const visit = visitFromText(data);
  if (visit === undefined) throw signInError('invalidCallback', 'this sign-in was not begun here');
  const metadata = await upstream.discover();
  const outcome = await requestTokens(
    { ...settings, metadata, client: upstream.client },
    {
      grant_type: 'authorization_code',
      code: readCallback(parameters, { state, metadata }),
      redirect_uri: settings.config.redirectURI,
      ...(visit.codeVerifier === undefined ? {} : { code_verifier: visit.codeVerifier }),
    },
  );
  if (!outcome.ok) throw signInError('invalidCallback', 'the upstream does not honour the code');
  const { tokens } = outcome;
  const { identity, subject } = await readIdentity(upstream, metadata, {
    tokens,
    nonce: visit.nonce,
    freshSinceSeconds: visit.freshSinceSeconds,
  });
  const refreshToken = scopes.includes(OFFLINE_ACCESS) ? tokens.refreshToken : undefined;
  const kept = { subject, refreshToken, idToken: hintToKeep(tokens.idToken, metadata) };
  return { identity, data: keptToText(kept) };
}

/** Signs nobody in anew: without an upstream refresh token the person stays as they were. */
async function refresh(
  upstream: RefreshedUpstream,
  { identity, data }: { readonly identity: Identity; readonly data: string },
): Promise<ConnectorAnswer> {
  if (data === '') return { identity, data };
  const kept = keptFromText(data);
  if (kept === undefined) throw signInError('userGone', 'what was kept of this sign-in cannot be read');
  const { refreshToken } = kept;
  if (refreshToken === undefined) return { identity, data };
  // By token and person. Upstreams that rotate refresh tokens take the second use of one for theft.
  return upstream.refreshOnce(hashOfToken(data), () =>
    refreshAtUpstream(upstream, { ...kept, refreshToken }, identity),
  );
}

async function refreshAtUpstream(
  upstream: Upstream,
  kept: Kept & { readonly refreshToken: string },
  known: Identity,
): Promise<ConnectorAnswer> {
  const metadata = await upstream.discover();
  const outcome = await requestTokens(
    { ...upstream.settings, metadata, client: upstream.client },
    { grant_type: 'refresh_token', refresh_token: kept.refreshToken },
  );
  if (!outcome.ok) throw signInError('userGone', 'the upstream does not honour its refresh token any more');
  const { tokens } = outcome;
  const data = keptToText({
    subject: kept.subject,
    refreshToken: tokens.refreshToken ?? kept.refreshToken,
    idToken: hintToKeep(tokens.idToken, metadata) ?? kept.idToken,
  });
  if (tokens.idToken === undefined && !upstream.settings.config.getUserInfo) return { identity: known, data };
  const { identity } = await readIdentity(upstream, metadata, { tokens, subject: kept.subject }).catch(
    (error: unknown): never => {
      // There is no callback here; an upstream whose own tokens fail our checks is the operator's business.
      const isBadAnswer = error instanceof TesseraError && error.code === federationErrors.invalidCallback;
      throw isBadAnswer ? upstreamMisconfigured(error.message) : error;
    },
  );
  return { identity, data };
}

/** What the tokens say; `subject` is whom they must be about, at a refresh (OIDC Core §12.2). */
interface IdentitySource {
  readonly tokens: UpstreamTokens;
  readonly nonce?: string;
  readonly subject?: string;
  /** The person must have signed in there since, as far as the upstream tells. */
  readonly freshSinceSeconds?: number | undefined;
}

async function readIdentity(
  { settings, client, keys, clock }: Upstream,
  metadata: UpstreamMetadata,
  source: IdentitySource,
): Promise<{ readonly identity: Identity; readonly subject: string }> {
  const { nonce, freshSinceSeconds } = source;
  const { accessToken, idToken } = source.tokens;
  const { clientID: clientId, getUserInfo } = settings.config;
  const claims =
    idToken === undefined
      ? undefined
      : await verifyIdToken(idToken, { clientId, nonce, accessToken, freshSinceSeconds }, { metadata, keys, clock });
  if (claims !== undefined && source.subject !== undefined && claims.sub !== source.subject) {
    throw signInError('userGone', 'the upstream refreshed somebody else');
  }
  const subject = claims?.sub ?? source.subject;
  if (subject === undefined) throw upstreamMisconfigured(`${metadata.issuer} gives no ID token`);
  const info = getUserInfo ? await requestUserinfo({ metadata, client }, { accessToken, subject }) : {};
  return { identity: identityFromClaims({ ...claims, ...info }, settings), subject };
}
