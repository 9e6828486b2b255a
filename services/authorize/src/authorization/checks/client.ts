import type { ClientDirectory } from '@tessera/contracts';
import { PageRefusal } from '../refusal.ts';
import type { ClientKnownRequest, ParsedRequest } from '../request.ts';

/** RFC 6749 §3.1 and §4.1.2.1: a missing, repeated, unknown or disabled client is told to the person, on our own page. */
export function checkClient(
  request: ParsedRequest,
  { clients }: { readonly clients: ClientDirectory },
): ClientKnownRequest {
  const { parameters } = request;
  if (parameters.repeated.includes('client_id')) {
    throw new PageRefusal('bad-request', 'The parameter client_id is there more than once.');
  }
  const clientId = parameters.get('client_id');
  if (clientId === undefined) throw new PageRefusal('bad-request', 'The parameter client_id is missing.');
  const client = clients.find(clientId);
  if (client === undefined || !client.isEnabled) {
    throw new PageRefusal('unknown-application', 'The client_id is not registered here.');
  }
  return { ...request, client };
}
