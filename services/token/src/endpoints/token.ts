import type { Clock } from '@tessera/clock';
import type { ConnectorDirectory } from '@tessera/contracts';
import { OAuthError } from '@tessera/errors';
import { type HttpHandler, jsonResponse } from '@tessera/http';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import type { GrantHandler } from '../grants/grant-handler.ts';
import { assertConnectorsKnown } from '../grants/standing.ts';
import { readProtocolForm, requireParameter } from '../protocol/form.ts';

/** What the endpoint needs. */
export interface TokenEndpointDependencies {
  readonly clock: Pick<Clock, 'now'>;
  readonly connectors: Pick<ConnectorDirectory, 'list'>;
  readonly authenticate: AuthenticateClient;
  readonly grants: ReadonlyMap<string, GrantHandler>;
}

/** The token endpoint (RFC 6749 §3.2): parse, authenticate the client, choose the grant, issue. */
export function createTokenEndpoint(dependencies: TokenEndpointDependencies): HttpHandler {
  const { clock, connectors, authenticate, grants } = dependencies;
  return async (request) => {
    const form = await readProtocolForm(request);
    const client = authenticate(request, form, 'all');
    const grant = grants.get(requireParameter(form, 'grant_type'));
    if (grant === undefined) {
      throw new OAuthError({ error: 'unsupported_grant_type', description: 'The grant type is not supported.' });
    }
    assertConnectorsKnown(connectors);
    return jsonResponse(200, await grant({ form, client, now: clock.now() }));
  };
}
