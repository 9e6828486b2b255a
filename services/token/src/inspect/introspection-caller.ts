import type { Clock } from '@tessera/clock';
import { verifyClientSecret } from '@tessera/credentials';
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
import { type AuthenticateClient, invalidClient } from '../client-auth/authenticate.ts';
import { createFailureLimit } from '../client-auth/failure-limit.ts';
import { tooMany } from '../protocol/throttle.ts';

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
 * The caller of a request. Rejects with OAuthError 401 `invalid_client` for one that is not known or proves nothing, with
 * `invalid_request` for one that authenticates in more than one way (N33), and with 429 `temporarily_unavailable` after too many
 * wrong secrets of one from one network.
 */
export type AuthenticateCaller = (request: HttpRequest, form: Parameters) => Promise<IntrospectionCaller>;

/**
 * Recognises API resources by name and secret, by Basic or the form, and leaves everybody else to client authentication,
 * where only confidential clients are admitted (N44). A name belongs to an API resource first, whoever registers a client
 * of that name later.
 */
export function createIntrospectionCallers(dependencies: IntrospectionCallerDependencies): AuthenticateCaller {
  const { authenticate, clock, config, resourceModel } = dependencies;
  const limit = createFailureLimit(clock);
  return async (request, form) => {
    const presented = readSecret(request, form);
    const apiResource = presented && resourceModel.findApiResource(presented.name);
    if (presented === undefined || apiResource === undefined) {
      const client = await authenticate(request, form, 'confidential');
      return { type: 'client', name: client.id, client };
    }
    if (presented.isContradicted) throw invalid(400, 'The client authenticates in more than one way.');
    const { name } = apiResource;
    const { remoteAddress } = request;
    const waitSeconds = limit.waitSeconds(name, remoteAddress);
    if (waitSeconds > 0) throw tooMany(waitSeconds);
    // An API resource without secrets may not ask; the time does not tell (N41).
    const isRight = verifyClientSecret(presented.secret, apiResource.secrets, clock.now());
    if (isRight && presented.secret !== '') {
      limit.forget(name, remoteAddress);
      return { type: 'api', name, apiResource };
    }
    limit.note(name, remoteAddress);
    noteFailure(dependencies, request, name, presented.method);
    throw invalidClient(presented.method === 'client_secret_basic' ? config.issuer : undefined);
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
