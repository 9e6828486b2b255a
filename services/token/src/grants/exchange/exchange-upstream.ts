import { type Authentication, type Federation, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { invalid } from '@tessera/http';
import type { GrantRequest } from '../grant-handler.ts';
import { grantTypes } from '../grant-types.ts';
import { type AccessDependencies, invalidScope, judgeAccess } from '../requested-access.ts';
import { assertGrantStands, type StandingDependencies } from '../standing.ts';
import type { Exchanged } from './exchange-own.ts';
import { unacceptable } from './own-token.ts';
import { readTargets, withTargets } from './targets.ts';
import { type ExchangeRequest, tokenTypes, unsupportedType } from './token-types.ts';

/** What exchanging an upstream's tokens needs. */
export type ExchangeUpstreamDependencies = AccessDependencies &
  StandingDependencies & { readonly federation: Pick<Federation, 'exchangeToken'> };

/** Answers of the upstream that are about the token or its person. */
const refusals: ReadonlySet<string> = new Set([
  federationErrors.invalidCredentials,
  federationErrors.userAmbiguous,
  federationErrors.upstreamRefused,
  federationErrors.notInRequiredGroups,
  federationErrors.userGone,
]);

/**
 * Dex's exchange of an upstream's token, by `connector_id`: the upstream says whose it is, and the client gets what it asks
 * for, as after a sign-in. Nobody can act for somebody else here, as an upstream's token is no word of ours. An ID token says
 * that it was meant for us. An access token does not: any other application of the upstream has one of each of its people. So it
 * is taken of clients that prove who they are, and answer for where they have it from, alone (N79).
 */
export async function exchangeUpstreamToken(
  { form, client, now }: GrantRequest,
  { subject, actor, requestedType }: ExchangeRequest,
  connectorId: string,
  dependencies: ExchangeUpstreamDependencies,
): Promise<Exchanged> {
  const provesItsAudience = subject.type === tokenTypes.idToken;
  if (actor !== undefined || (client.isPublic && !provesItsAudience)) throw unsupportedType();
  const targets = readTargets(form, client, dependencies);
  const asked = targets.scopes ?? [];
  if (asked.includes('offline_access')) throw invalidScope('This grant gives no refresh tokens.');
  // Dex's clients ask for an ID token by its type alone.
  const implied = requestedType === tokenTypes.idToken ? ['openid'] : [];
  const { scopes, resources } = judgeAccess(withTargets([...implied, ...asked], targets), client, dependencies);
  const grantType = grantTypes.tokenExchange;
  assertGrantStands({ client, authorization: { connectorId, scopes }, grantType }, dependencies);
  const { identity } = await ask(dependencies, { connectorId, token: subject.token, tokenType: subject.type });
  if (identity.userId === '') throw unacceptable();
  return {
    authorization: {
      scopes,
      identity,
      connectorId,
      authTime: now,
      details: { grantType, ...(resources.length > 0 && { resources }) },
    },
  };
}

async function ask(
  { federation, logger }: ExchangeUpstreamDependencies,
  request: Parameters<Federation['exchangeToken']>[0],
): Promise<Authentication> {
  try {
    return await federation.exchangeToken(request);
  } catch (thrown) {
    if (!(thrown instanceof TesseraError)) throw thrown;
    if (thrown.code === federationErrors.unsupportedExchange) {
      throw invalid(400, 'The connector takes no tokens of that type.');
    }
    if (!refusals.has(thrown.code)) throw thrown;
    logger.info({ connector_id: request.connectorId, reason: thrown.code }, 'token refused by the upstream');
    throw unacceptable();
  }
}
