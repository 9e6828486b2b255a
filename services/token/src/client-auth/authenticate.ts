import type { ClientKeys } from '@tessera/client-keys';
import type { Clock } from '@tessera/clock';
import type { ClientDirectory, Storage } from '@tessera/contracts';
import { verifyClientSecret } from '@tessera/credentials';
import { OAuthError } from '@tessera/errors';
import type { EventData, EventLog } from '@tessera/events';
import { type HttpRequest, invalid } from '@tessera/http';
import type { Client, ClientAuthMethodName, Parameters } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { basicChallenge } from '../protocol/challenge.ts';
import { tooMany } from '../protocol/throttle.ts';
import { acceptedMethods } from './accepted-methods.ts';
import { assertions } from './assertion.ts';
import { basic } from './basic.ts';
import { createFailureLimit } from './failure-limit.ts';
import type { ClientAuthMethod, ClientAuthMethodLabel, PresentedCredentials } from './method.ts';
import { none } from './none.ts';
import { post } from './post.ts';
import { unsupported } from './unsupported.ts';
import { type AssertionFault, findAssertionFault } from './verify-assertion.ts';

/** What client authentication needs. */
export interface ClientAuthDependencies {
  readonly issuer: string;
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly clientKeys: ClientKeys;
  readonly storage: Pick<Storage, 'consumeOnce'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly events: Pick<EventLog, 'record'>;
}

/** Who may call an endpoint: `all` clients, or only those that can keep a secret. */
export type AdmittedClients = 'all' | 'confidential';

/**
 * The client of a request. Rejects with OAuthError `invalid_request` when more than one method is used (N33), with 429
 * `temporarily_unavailable` after too many failures of a client from one network, and with 401 `invalid_client` for everything
 * else: which of id, secret, assertion or state is wrong shows neither in the answer nor, for secrets, in its time (N41). That
 * there is a client of that name does show in a 429; the authorization endpoint tells everybody. Only an assertion leads to
 * calls: for keys that are not in process, and to use it up.
 */
export type AuthenticateClient = (request: HttpRequest, form: Parameters, admitted: AdmittedClients) => Promise<Client>;

type Reason = EventData<'client_authentication.failed'>['reason'];

interface Refusal {
  readonly reason: Reason;
  /** More for the log. */
  readonly fault?: AssertionFault | 'method_not_accepted';
}

/** Key of the events about clients that are none. */
const UNKNOWN_CLIENT = 'unknown_client' satisfies Reason;

const methods: readonly ClientAuthMethod[] = [basic, post, ...assertions, none, unsupported];

/** Authenticates clients by the methods of OIDC Core §9, each by those it may use ({@link acceptedMethods}). */
export function createClientAuthentication(dependencies: ClientAuthDependencies): AuthenticateClient {
  const limit = createFailureLimit(dependencies.clock);
  return async (request, form, admitted) => {
    const { method, presented } = readAttempt(request, form);
    const { remoteAddress } = request;
    const clientId = presented?.clientId ?? '';
    const waitSeconds = limit.waitSeconds(clientId, remoteAddress);
    if (waitSeconds > 0) throw tooMany(waitSeconds);
    const client = dependencies.clients.find(clientId);
    const refusal = await judge({ method, presented, client, admitted }, dependencies);
    if (refusal === undefined && client !== undefined) {
      limit.forget(clientId, remoteAddress);
      return client;
    }
    if (refusal?.reason === 'wrong_secret') limit.note(clientId, remoteAddress);
    noteFailure(dependencies, request, { client, method, refusal: refusal ?? { reason: UNKNOWN_CLIENT } });
    throw invalidClient(request.headers.authorization === undefined ? undefined : dependencies.issuer);
  };
}

interface Attempt {
  readonly method: ClientAuthMethodLabel;
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

interface Judgement extends Attempt {
  readonly client: Client | undefined;
  readonly admitted: AdmittedClients;
}

/** A secret is compared in every case, also when the outcome is certain, so that time tells nothing. */
async function judge(
  { method, presented, client, admitted }: Judgement,
  dependencies: ClientAuthDependencies,
): Promise<Refusal | undefined> {
  const now = dependencies.clock.now();
  const secret = presented?.clientSecret ?? '';
  const isSecretRight = verifyClientSecret(secret, client?.secrets ?? [], now) && secret !== '';
  if (presented === undefined) return { reason: 'malformed' };
  if (client === undefined) return { reason: 'unknown_client' };
  // Basic with an empty secret is how many libraries say `none` (RFC 6749 §2.3.1).
  const used = secret === '' && presented.assertion === undefined ? none.name : method;
  const accepted = acceptedMethods(client).find((one) => one === used);
  if (accepted === undefined) return { reason: 'wrong_secret', fault: 'method_not_accepted' };
  if (!client.isEnabled) return { reason: 'disabled' };
  if (admitted === 'confidential' && client.isPublic) return { reason: 'public_client' };
  return judgeProof({ accepted, presented, client, isSecretRight, now }, dependencies);
}

interface Proof {
  readonly accepted: ClientAuthMethodName;
  readonly presented: PresentedCredentials;
  readonly client: Client;
  readonly isSecretRight: boolean;
  readonly now: Date;
}

async function judgeProof(
  { accepted, presented, client, isSecretRight, now }: Proof,
  dependencies: ClientAuthDependencies,
): Promise<Refusal | undefined> {
  switch (accepted) {
    case 'none':
      return undefined;
    case 'client_secret_basic':
    case 'client_secret_post':
      return isSecretRight ? undefined : { reason: 'wrong_secret' };
    case 'client_secret_jwt':
    case 'private_key_jwt': {
      const assertion = presented.assertion ?? '';
      const fault = await findAssertionFault({ assertion, client, method: accepted, now }, dependencies);
      return fault === undefined ? undefined : { reason: 'wrong_secret', fault };
    }
  }
}

/** The id of an unknown client is left out of log and event: it may well be a secret in the wrong field. */
function noteFailure(
  { logger, events }: Pick<ClientAuthDependencies, 'logger' | 'events'>,
  { remoteAddress }: HttpRequest,
  failure: { readonly client: Client | undefined; readonly method: string; readonly refusal: Refusal },
): void {
  const { client, method, refusal } = failure;
  const { reason, fault } = refusal;
  const fields = { method, reason, ...(fault !== undefined && { fault }), client_remote_addr: remoteAddress };
  logger.warn({ ...(client && { client_id: client.id }), ...fields }, 'client authentication failed');
  const data = { ...(client && { clientId: client.id }), method, reason };
  events.record('client_authentication.failed', client?.id ?? UNKNOWN_CLIENT, data);
}

/**
 * Somebody who did not prove who they are. The challenge is for those that tried by header (RFC 6749 §5.2): a page's script would
 * make the browser ask people.
 */
export function invalidClient(challengedIssuer: string | undefined): OAuthError {
  return new OAuthError({
    error: 'invalid_client',
    description: 'Invalid client credentials.',
    status: 401,
    headers: challengedIssuer === undefined ? {} : { 'www-authenticate': basicChallenge(challengedIssuer) },
  });
}
