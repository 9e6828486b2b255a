import type { Clock } from '@tessera/clock';
import { verifyClientSecret } from '@tessera/credentials';
import { OAuthError } from '@tessera/errors';
import type { EventLog } from '@tessera/events';
import { type HttpRequest, invalid } from '@tessera/http';
import {
  type ApiResource,
  type Client,
  type Parameters,
  parseBasicCredentials,
  type ResourceModel,
} from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import { basicChallenge } from '../protocol/challenge.ts';

/** Who asks about a token (RFC 7662 §2.1): a client, or the API that the token was presented to. */
export type IntrospectionCaller =
  | { readonly type: 'client'; readonly name: string; readonly client: Client }
  | { readonly type: 'api'; readonly name: string; readonly apiResource: ApiResource };

/** What recognising callers needs. */
export interface IntrospectionCallerDependencies {
  readonly config: { readonly issuer: string };
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record'>;
  readonly resourceModel: Pick<ResourceModel, 'findApiResource'>;
  readonly authenticate: AuthenticateClient;
}

/**
 * The caller of a request. Rejects with OAuthError 401 `invalid_client` for one that is not known or proves nothing, and
 * with `invalid_request` for one that authenticates in more than one way (N33).
 */
export type AuthenticateCaller = (request: HttpRequest, form: Parameters) => Promise<IntrospectionCaller>;

/**
 * Recognises API resources by name and secret, by Basic or the form, and leaves everybody else to client authentication,
 * where only confidential clients are admitted (N44). A name belongs to an API resource first, whoever registers a client
 * of that name later.
 */
export function createIntrospectionCallers(dependencies: IntrospectionCallerDependencies): AuthenticateCaller {
  const { authenticate, resourceModel } = dependencies;
  return async (request, form) => {
    const presented = readSecret(request, form);
    const apiResource = presented && resourceModel.findApiResource(presented.name);
    if (presented === undefined || apiResource === undefined) {
      const client = await authenticate(request, form, 'confidential');
      return { type: 'client', name: client.id, client };
    }
    if (presented.isContradicted) throw invalid(400, 'The client authenticates in more than one way.');
    // An API resource without secrets may not ask; the time does not tell (N41).
    const isRight = verifyClientSecret(presented.secret, apiResource.secrets, dependencies.clock.now());
    if (isRight && presented.secret !== '') return { type: 'api', name: apiResource.name, apiResource };
    noteFailure(dependencies, request, apiResource.name, presented.method);
    throw invalidCaller(presented.method === 'client_secret_basic' ? dependencies.config.issuer : undefined);
  };
}

interface PresentedSecret {
  readonly name: string;
  readonly secret: string;
  readonly method: 'client_secret_basic' | 'client_secret_post';
  /** Something else in the request authenticates too, or names somebody else. */
  readonly isContradicted: boolean;
}

function readSecret({ headers }: HttpRequest, form: Parameters): PresentedSecret | undefined {
  const basic = parseBasicCredentials(headers.authorization);
  const named = form.get('client_id');
  const isAsserted = form.has('client_assertion') || form.has('client_assertion_type');
  if (basic.ok) {
    const isContradicted = isAsserted || form.has('client_secret') || (named !== undefined && named !== basic.clientId);
    return { name: basic.clientId, secret: basic.clientSecret, method: 'client_secret_basic', isContradicted };
  }
  const secret = form.get('client_secret');
  if (named === undefined || secret === undefined) return undefined;
  const isContradicted = isAsserted || headers.authorization !== undefined;
  return { name: named, secret, method: 'client_secret_post', isContradicted };
}

function noteFailure(
  { logger, events }: Pick<IntrospectionCallerDependencies, 'logger' | 'events'>,
  { remoteAddress }: HttpRequest,
  name: string,
  method: string,
): void {
  logger.warn(
    { api_resource: name, method, reason: 'wrong_secret', client_remote_addr: remoteAddress },
    'authentication of an API resource failed',
  );
  events.record('client_authentication.failed', name, { clientId: name, method, reason: 'wrong_secret' });
}

function invalidCaller(challengedIssuer: string | undefined): OAuthError {
  return new OAuthError({
    error: 'invalid_client',
    description: 'Invalid client credentials.',
    status: 401,
    headers: challengedIssuer === undefined ? {} : { 'www-authenticate': basicChallenge(challengedIssuer) },
  });
}
