import { REQUEST_OBJECT_REFUSED, verifyRequestObject } from '@tessera/client-keys';
import type { Parameters } from '@tessera/oauth';
import type { AuthorizePorts } from '../../ports.ts';
import { fetchRequestObject } from '../fetch-request-object.ts';
import { Rejection } from '../refusal.ts';
import type { AskedRequest, ClientKnownRequest } from '../request.ts';

/** What request objects are fetched and verified with. */
export type RequestObjectContext = Pick<AuthorizePorts, 'clock' | 'logger' | 'egress' | 'clientKeys'> & {
  readonly config: Pick<AuthorizePorts['config'], 'issuer'> & {
    readonly oauth2: Pick<AuthorizePorts['config']['oauth2'], 'requestObjects'>;
  };
};

/**
 * RFC 9101 §5 and §6, OIDC Core §6: finds what is asked. With a request object, by value or from an address registered for the
 * client, only what stands inside it counts; outside there must be the same `client_id` (§5), and no other `response_type`
 * (OIDC Core §6.1). A client may be held to request objects (RFC 9101 §10.5).
 *
 * Throws TesseraError `unavailable` when the client's keys cannot be fetched.
 */
export async function checkRequestObject(
  request: ClientKnownRequest,
  context: RequestObjectContext,
): Promise<Pick<AskedRequest, 'asked'>> {
  const { parameters, client } = request;
  const requestObject = await findRequestObject(request, context);
  if (requestObject === undefined) {
    if (client.settings.requireRequestObject === true) {
      throw new Rejection('invalid_request', 'This client has to send a signed request object.');
    }
    return { asked: parameters };
  }
  const now = context.clock.now();
  const { issuer } = context.config;
  const verified = await verifyRequestObject({ requestObject, client, issuer, now }, context.clientKeys);
  if (!verified.ok) {
    context.logger.info({ client_id: client.id, reason: verified.reason }, 'request object refused');
    throw new Rejection('invalid_request_object', REQUEST_OBJECT_REFUSED);
  }
  const asked = verified.parameters;
  if (!isSameType(parameters.get('response_type'), asked.get('response_type'))) {
    throw new Rejection('invalid_request', 'The response_type is another inside the request object.');
  }
  return { asked };
}

/** The request object as it came; undefined = the request has none. */
async function findRequestObject(
  { parameters, client }: ClientKnownRequest,
  { config, egress, logger }: RequestObjectContext,
): Promise<string | undefined> {
  const { byValue, byReference } = config.oauth2.requestObjects;
  if (parameters.has('request') && parameters.has('request_uri')) {
    throw new Rejection('invalid_request', 'The parameters request and request_uri exclude one another.');
  }
  if (parameters.has('request')) {
    if (!byValue) throw new Rejection('request_not_supported', 'The parameter request is not supported.');
    return single(parameters, 'request');
  }
  if (!parameters.has('request_uri')) return undefined;
  if (!byReference) throw new Rejection('request_uri_not_supported', 'The parameter request_uri is not supported.');
  const requestUri = single(parameters, 'request_uri');
  if (client.settings.requestUris?.includes(requestUri) !== true) {
    throw new Rejection('invalid_request_uri', 'The request_uri is not registered for this client.');
  }
  const fetched = await fetchRequestObject(egress, requestUri);
  if (fetched.ok) return fetched.requestObject;
  logger.info({ client_id: client.id, reason: fetched.reason }, 'request object not fetched');
  throw new Rejection('invalid_request_uri', 'The request object could not be fetched.');
}

function single(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new Rejection('invalid_request', 'A parameter is there more than once.');
  return value;
}

/** The order of the words does not matter (RFC 6749 §3.1.1). */
function isSameType(outside: string | undefined, inside: string | undefined): boolean {
  const sorted = (type: string): string => type.split(' ').toSorted().join(' ');
  return outside === undefined || inside === undefined || sorted(outside) === sorted(inside);
}
