import type { ClientDirectory } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import { Rejection } from '../refusal.ts';
import type { ParsedRequest } from '../request.ts';

/** RFC 6749 §3.1 and §4.1.2.1: finds who asks; a missing, repeated, unknown or disabled client is refused. */
export function checkClient(
  { parameters }: ParsedRequest,
  { clients }: { readonly clients: Pick<ClientDirectory, 'find'> },
): { readonly client: Client } {
  if (parameters.repeated.includes('client_id')) {
    throw new Rejection('invalid_request', 'The parameter client_id is there more than once.');
  }
  const clientId = parameters.get('client_id');
  if (clientId === undefined) throw new Rejection('invalid_request', 'The parameter client_id is missing.');
  const client = clients.find(clientId);
  if (client === undefined || !client.isEnabled) {
    throw new Rejection('unauthorized_client', 'The client_id is not registered here.', 'unknown-application');
  }
  return { client };
}
