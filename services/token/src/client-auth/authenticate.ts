import type { Clock } from '@tessera/clock';
import type { ClientDirectory } from '@tessera/contracts';
import { verifyClientSecret } from '@tessera/credentials';
import { OAuthError } from '@tessera/errors';
import type { EventData, EventLog } from '@tessera/events';
import { type HttpRequest, invalid } from '@tessera/http';
import type { Client, Parameters } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { basicChallenge } from '../protocol/challenge.ts';
import { basic } from './basic.ts';
import type { ClientAuthMethod, PresentedCredentials } from './method.ts';
import { none } from './none.ts';
import { post } from './post.ts';
import { unsupported } from './unsupported.ts';

/** What client authentication needs. */
export interface ClientAuthDependencies {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record'>;
}

/** Who may call an endpoint: `all` clients, or only those that can keep a secret. */
export type AdmittedClients = 'all' | 'confidential';

/**
 * The client of a request. Throws OAuthError `invalid_request` when more than one method is used (N33), and 401
 * `invalid_client` for everything else: which of id, secret or state is wrong shows neither in the answer nor in its time
 * (N41).
 */
export type AuthenticateClient = (request: HttpRequest, form: Parameters, admitted: AdmittedClients) => Client;

type Refusal = EventData<'client_authentication.failed'>['reason'];

/** Key of the events about clients that are none. */
const UNKNOWN_CLIENT = 'unknown_client' satisfies Refusal;

const methods: readonly ClientAuthMethod[] = [basic, post, none, unsupported];

/** Authenticates clients by `client_secret_basic`, `client_secret_post` and, if they are public, `none`. */
export function createClientAuthentication(dependencies: ClientAuthDependencies): AuthenticateClient {
  return (request, form, admitted) => {
    const { method, presented } = readAttempt(request, form);
    const client = dependencies.clients.find(presented?.clientId ?? '');
    const refusal = judge(presented, client, admitted, dependencies.clock.now());
    if (refusal === undefined && client !== undefined) return client;
    noteFailure(dependencies, request, { client, method, reason: refusal ?? UNKNOWN_CLIENT });
    throw invalidClient(request.headers.authorization === undefined ? undefined : dependencies.issuer);
  };
}

interface Attempt {
  readonly method: ClientAuthMethod['name'];
  readonly presented: PresentedCredentials | undefined;
}

function readAttempt(request: HttpRequest, form: Parameters): Attempt {
  const attempts = methods.flatMap((method): Attempt[] => {
    const read = method.read(request.headers.authorization, form);
    return read === undefined ? [] : [{ method: method.name, presented: read === 'malformed' ? undefined : read }];
  });
  const [attempt = { method: none.name, presented: undefined }] = attempts;
  const named = form.get('client_id');
  const isContradicted = named !== undefined && attempt.presented !== undefined && named !== attempt.presented.clientId;
  if (attempts.length > 1 || isContradicted) {
    throw invalid(400, 'The client authenticates in more than one way.');
  }
  return attempt;
}

/** The id of an unknown client is left out of log and event: it may well be a secret in the wrong field. */
function noteFailure(
  { logger, events }: Pick<ClientAuthDependencies, 'logger' | 'events'>,
  { remoteAddress }: HttpRequest,
  failure: { readonly client: Client | undefined; readonly method: string; readonly reason: Refusal },
): void {
  const { client, method, reason } = failure;
  logger.warn(
    { ...(client && { client_id: client.id }), method, reason, client_remote_addr: remoteAddress },
    'client authentication failed',
  );
  const data = { ...(client && { clientId: client.id }), method, reason };
  events.record('client_authentication.failed', client?.id ?? UNKNOWN_CLIENT, data);
}

/** A secret is compared in every case, also when the outcome is certain, so that time tells nothing. */
function judge(
  presented: PresentedCredentials | undefined,
  client: Client | undefined,
  admitted: AdmittedClients,
  now: Date,
): Refusal | undefined {
  const secret = presented?.clientSecret ?? '';
  const isSecretRight = verifyClientSecret(secret, client?.secrets ?? [], now) && secret !== '';
  if (presented === undefined) return 'malformed';
  if (client === undefined) return 'unknown_client';
  const isSecretless = client.isPublic && client.secrets.length === 0 && secret === '';
  if (!isSecretRight && !isSecretless) return 'wrong_secret';
  if (!client.isEnabled) return 'disabled';
  return admitted === 'confidential' && client.isPublic ? 'public_client' : undefined;
}

/** The challenge is for clients that tried by header (RFC 6749 §5.2): a page's script would make the browser ask people. */
function invalidClient(challengedIssuer: string | undefined): OAuthError {
  return new OAuthError({
    error: 'invalid_client',
    description: 'Invalid client credentials.',
    status: 401,
    headers: challengedIssuer === undefined ? {} : { 'www-authenticate': basicChallenge(challengedIssuer) },
  });
}
