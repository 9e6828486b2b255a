import type { TokenServiceOptions } from '../../ports.ts';
import { type DirectGrantDependencies, issueDirectly } from '../direct-grant.ts';
import type { GrantHandler } from '../grant-handler.ts';
import { invalidScope } from '../requested-access.ts';
import { exchangeAnswer } from './exchange-answer.ts';
import { type ExchangeOwnDependencies, exchangeOwnToken } from './exchange-own.ts';
import { type ExchangeUpstreamDependencies, exchangeUpstreamToken } from './exchange-upstream.ts';
import { readExchange, tokenTypes } from './token-types.ts';

/** What the grant needs. */
export type TokenExchangeDependencies = ExchangeOwnDependencies &
  ExchangeUpstreamDependencies &
  DirectGrantDependencies &
  Pick<TokenServiceOptions, 'logger'>;

/**
 * Grant `urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): of an access token of ours, or with Dex's `connector_id`
 * of a token of that upstream. What is issued has a grant of its own and no refresh token; what comes of a token of ours ends
 * with it at the latest.
 */
export function createTokenExchangeGrant(dependencies: TokenExchangeDependencies): GrantHandler {
  const { config, logger } = dependencies;
  return async (request) => {
    const { form, client, now } = request;
    const exchange = readExchange(form);
    const connectorId = form.get('connector_id');
    const { authorization, notAfter } =
      connectorId === undefined
        ? await exchangeOwnToken(request, exchange, dependencies)
        : await exchangeUpstreamToken(request, exchange, connectorId, dependencies);
    const { requestedType } = exchange;
    if (requestedType === tokenTypes.idToken && !authorization.scopes.includes('openid')) {
      throw invalidScope('An ID token needs the scope openid.');
    }
    const issued = await issueDirectly({ client, now, authorization, notAfter }, dependencies);
    logger.debug({ client_id: client.id, connector_id: authorization.connectorId }, 'token exchanged');
    return exchangeAnswer(issued, { requestedType, client, now, expiry: config.expiry, notAfter });
  };
}
