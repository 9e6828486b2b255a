import type { Clock } from '@tessera/clock';
import type { ConnectorDirectory } from '@tessera/contracts';
import { OAuthError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, jsonResponse } from '@tessera/http';
import type { Client, Parameters } from '@tessera/oauth';
import type { AuthenticateClient } from '../client-auth/authenticate.ts';
import { type GrantDefinition, unauthorizedClient } from '../grants/grant-handler.ts';
import { grantTypes } from '../grants/grant-types.ts';
import { assertConnectorsKnown } from '../grants/standing.ts';
import { assertNotRepeated, readProtocolForm, requireParameter } from '../protocol/form.ts';
import type { TokenMetrics } from './token-metrics.ts';

/** What the endpoint needs. */
export interface TokenEndpointDependencies {
  readonly clock: Pick<Clock, 'now'>;
  readonly connectors: Pick<ConnectorDirectory, 'list'>;
  readonly authenticate: AuthenticateClient;
  readonly grants: ReadonlyMap<string, GrantDefinition>;
  readonly measure: TokenMetrics;
}

/** `resource` may always come several times (RFC 8707 §2), `audience` in an exchange (RFC 8693 §2.1). */
const REPEATABLE = ['resource', 'audience'] as const;

/** The token endpoint (RFC 6749 §3.2): parse, authenticate the client, choose the grant, see whether it may, issue. */
export function createTokenEndpoint(dependencies: TokenEndpointDependencies): HttpHandler {
  const { grants, measure } = dependencies;
  return async (request) => {
    let offered: string | undefined;
    try {
      const form = await readProtocolForm(request, REPEATABLE);
      const named = form.get('grant_type') ?? '';
      offered = grants.has(named) ? named : undefined;
      const answer = jsonResponse(200, await issue(dependencies, request, form));
      measure.succeeded(offered);
      return answer;
    } catch (thrown) {
      measure.failed(offered, thrown);
      throw thrown;
    }
  };
}

async function issue(
  { clock, connectors, authenticate, grants }: TokenEndpointDependencies,
  request: HttpRequest,
  form: Parameters,
): Promise<object> {
  if (form.get('grant_type') !== grantTypes.tokenExchange) assertNotRepeated(form, ['resource']);
  const client = await authenticate(request, form, 'all');
  const grantType = requireParameter(form, 'grant_type');
  const grant = grants.get(grantType);
  if (grant === undefined) {
    throw new OAuthError({ error: 'unsupported_grant_type', description: 'The grant type is not supported.' });
  }
  if (!mayUse(client, grantType, grant)) throw unauthorizedClient();
  if (grant.needsConnectors) assertConnectorsKnown(connectors);
  const { remoteAddress } = request;
  return grant.handle({ form, client, now: clock.now(), remoteAddress });
}

function mayUse(client: Client, grantType: string, { admits, isForAllByDefault }: GrantDefinition): boolean {
  if (admits === 'confidential' && client.isPublic) return false;
  return client.settings.grantTypes?.includes(grantType) ?? isForAllByDefault;
}
