import { type Authentication, type ConnectorDescription, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { EventData } from '@tessera/events';
import { type Client, encodeSubject, passwordGuessCounter } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';
import { readNonce, requireParameter } from '../protocol/form.ts';
import { assertNotTooMany, tooMany } from '../protocol/throttle.ts';
import { type DirectGrantDependencies, issueDirectly } from './direct-grant.ts';
import { type GrantHandler, type GrantRequest, invalidGrant, unauthorizedClient } from './grant-handler.ts';
import { grantTypes } from './grant-types.ts';
import { isRefreshable } from './refreshable.ts';
import { type AccessDependencies, judgeAccess, readRequestedAccess } from './requested-access.ts';
import { assertGrantStands } from './standing.ts';

/** What the grant needs. */
export type PasswordDependencies = AccessDependencies &
  DirectGrantDependencies &
  Pick<TokenServiceOptions, 'connectors' | 'events' | 'federation' | 'logger'>;

const WRONG_CREDENTIALS = 'The user name or the password is wrong.';
const REFUSED = 'The person may not sign in.';

/** Longer names and passwords are nobody's (N88). */
const MAX_BYTES = 512;

type FailureReason = EventData<'sign_in.failed'>['reason'];

/** What ends a sign-in for good, by the federation's code. */
const refusals: ReadonlyMap<string, readonly [reason: FailureReason, description: string]> = new Map([
  [federationErrors.invalidCredentials, ['invalid_credentials', WRONG_CREDENTIALS]],
  [federationErrors.userAmbiguous, ['user_ambiguous', WRONG_CREDENTIALS]],
  [federationErrors.notInRequiredGroups, ['not_in_required_groups', REFUSED]],
  [federationErrors.upstreamRefused, ['upstream_refused', REFUSED]],
]);

/**
 * Grant `password` (RFC 6749 §4.3), by one password connector: `oauth2.passwordConnector`, or the client's only allowed one.
 * Attempts are counted with those on the sign-in page before they are made (N63, N64). `openid` is not needed; without a scope
 * the client gets the API scopes it is allowed by name.
 */
export function createPasswordGrant(dependencies: PasswordDependencies): GrantHandler {
  return async (request) => {
    const { form, client, now } = request;
    const username = requireParameter(form, 'username');
    const password = requireParameter(form, 'password');
    const nonce = readNonce(form);
    const connector = findConnector(client, dependencies);
    const asked = readRequestedAccess(form);
    const defaults = dependencies.resourceModel.defaultScopes(client);
    const access = judgeAccess(
      asked.scopes.length === 0 ? { ...asked, scopes: defaults } : asked,
      client,
      dependencies,
    );
    const { scopes, resources } = access;
    assertGrantStands(
      { client, authorization: { connectorId: connector.id, scopes }, grantType: grantTypes.password },
      dependencies,
    );
    const authentication = await signIn(request, connector, { username, password, scopes }, dependencies);
    const authorization = {
      ...authentication,
      scopes,
      connectorId: connector.id,
      authTime: now,
      isRefreshable: isRefreshable({ scopes, client, connector, oauth2: dependencies.config.oauth2 }),
      refreshesUpstream: connector.refreshesUpstream,
      details: { amr: ['pwd'], grantType: grantTypes.password, ...(resources.length > 0 && { resources }) },
    };
    return issueDirectly({ client, now, authorization, nonce }, dependencies);
  };
}

/** Throws OAuthError `unauthorized_client` when there is no password connector for the client. */
function findConnector(client: Client, { config, connectors }: PasswordDependencies): ConnectorDescription {
  const { passwordConnector } = config.oauth2;
  if (passwordConnector !== undefined) {
    const configured = connectors.find(passwordConnector);
    if (configured?.kind === 'password') return configured;
    throw unauthorizedClient();
  }
  const allowed = client.allowedConnectors.map((id) => connectors.find(id)).filter((one) => one?.kind === 'password');
  const [only] = allowed;
  if (only === undefined || allowed.length > 1) throw unauthorizedClient();
  return only;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

async function signIn(
  { client, remoteAddress }: GrantRequest,
  connector: ConnectorDescription,
  credentials: Credentials,
  dependencies: PasswordDependencies,
): Promise<Authentication> {
  const { federation, storage, events, logger } = dependencies;
  if ([credentials.username, credentials.password].some((text) => Buffer.byteLength(text) > MAX_BYTES)) {
    throw invalidGrant(WRONG_CREDENTIALS);
  }
  const guesses = passwordGuessCounter({ connectorId: connector.id, username: credentials.username, remoteAddress });
  const count = await assertNotTooMany(storage, guesses);
  try {
    const { identity, connectorData } = await federation.login({ connectorId: connector.id, ...credentials });
    if (identity.userId === '') throw noUserId();
    if (count > 1) await forgetGuesses(guesses.key, dependencies);
    const subject = encodeSubject(identity.userId, connector.id);
    const { userId } = identity;
    events.record('sign_in.succeeded', subject, { connectorId: connector.id, clientId: client.id, userId });
    logger.info({ client_id: client.id, connector_id: connector.id }, 'signed in');
    return { identity, connectorData };
  } catch (thrown) {
    throw judgeFailure(thrown, client, connector, dependencies);
  }
}

/** Who knows the password has not guessed. That it is not forgotten must not cost them their sign-in. */
async function forgetGuesses(key: string, { storage, logger }: PasswordDependencies): Promise<void> {
  try {
    await storage.forgetAttempts([key]);
  } catch (err) {
    logger.warn({ err }, 'what was counted of a sign-in is not forgotten');
  }
}

/** What the client is told (N62): nothing tells a wrong name from a wrong password. */
function judgeFailure(
  thrown: unknown,
  { id: clientId }: Client,
  { id: connectorId }: ConnectorDescription,
  { events, logger }: PasswordDependencies,
): unknown {
  if (!(thrown instanceof TesseraError)) return thrown;
  const { code, kind } = thrown;
  logger.info({ client_id: clientId, connector_id: connectorId, code, kind }, 'sign-in failed');
  const [reason, description] = refusals.get(code) ?? [];
  if (reason !== undefined && description !== undefined) {
    events.record('sign_in.failed', clientId, { connectorId, clientId, reason });
    return invalidGrant(description);
  }
  if (kind !== 'resource_exhausted') return thrown;
  const error = tooMany(thrown.retryAfterSeconds);
  const retryAfterSeconds = Number(error.headers['retry-after']);
  events.record('sign_in.throttled', clientId, { connectorId, clientId, retryAfterSeconds });
  return error;
}

function noUserId(): TesseraError {
  return new TesseraError({
    kind: 'internal',
    code: 'token.no_user_id',
    message: 'the connector told no id of the person',
  });
}
