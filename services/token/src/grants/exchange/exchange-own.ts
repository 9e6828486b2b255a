import type { Grant } from '@tessera/contracts';
import type { AccessRequest, Client } from '@tessera/oauth';
import type { AccessToken } from '../../inspect/access-token.ts';
import type { InspectAccessToken } from '../../inspect/live-access-token.ts';
import { isClientItself } from '../../issue/client-authorization.ts';
import type { DirectAuthorization } from '../direct-grant.ts';
import { type GrantRequest, unauthorizedClient } from '../grant-handler.ts';
import { grantTypes } from '../grant-types.ts';
import { type AccessDependencies, invalidScope, invalidTarget, judgeAccess, mayHave } from '../requested-access.ts';
import { assertGrantStands, type StandingDependencies } from '../standing.ts';
import { actorOf } from './actors.ts';
import { readOwnToken, unacceptable } from './own-token.ts';
import { type ExchangeTargets, readTargets, withTargets } from './targets.ts';
import type { ExchangeRequest } from './token-types.ts';

/** What exchanging our own tokens needs. */
export type ExchangeOwnDependencies = AccessDependencies &
  StandingDependencies & { readonly inspectAccessToken: InspectAccessToken };

/** What an exchange comes to. */
export interface Exchanged {
  readonly authorization: DirectAuthorization;
  /** When the tokens end at the latest; undefined = as the client's lifetimes say. */
  readonly notAfter?: Date;
}

/**
 * What an access token of ours is exchanged for (RFC 8693 §1.1): its person at this client, with no more than the token
 * allowed. Without an actor that is impersonation, with one delegation. Only confidential clients may: to a public one a
 * token that was stolen would be as good as its own. What is issued ends when the token does: nobody holds on to a person by
 * exchanging again and again, without a refresh token and after the grant was revoked.
 */
export async function exchangeOwnToken(
  { form, client, now }: GrantRequest,
  { subject, actor }: ExchangeRequest,
  dependencies: ExchangeOwnDependencies,
): Promise<Exchanged> {
  if (client.isPublic) throw unauthorizedClient();
  const { inspectAccessToken } = dependencies;
  const targets = readTargets(form, client, dependencies);
  const { token, grant } = await readOwnToken(subject, client, now, inspectAccessToken);
  // A client's token for itself has no person who could be acted for.
  if (grant === undefined || isClientItself(grant.authorization)) throw unacceptable();
  const acting = actor === undefined ? undefined : await readOwnToken(actor, client, now, inspectAccessToken);
  const access = narrow(token, targets, client, dependencies);
  const { connectorId } = grant.authorization;
  const grantType = grantTypes.tokenExchange;
  assertGrantStands({ client, authorization: { connectorId, scopes: access.scopes }, grantType }, dependencies);
  return {
    authorization: authorizationOf(grant, access, actorOf(acting?.token, grant.authorization.details?.actor)),
    notAfter: new Date(token.expiresAt * 1000),
  };
}

/**
 * The scopes and resources of the new token. Nothing goes beyond the subject's token: not its scopes, and of API resources
 * only those it is meant for; other clients are an audience where they trust this one.
 */
function narrow(
  token: AccessToken,
  targets: ExchangeTargets,
  client: Client,
  { resourceModel, clients }: ExchangeOwnDependencies,
): AccessRequest {
  const model = { resourceModel, clients };
  const isAllowed = (one: AccessRequest): boolean => mayHave(one, client, model);
  const { scopes: asked } = targets;
  if (asked?.some((scope) => scope === 'offline_access' || !token.scopes.includes(scope)) === true) {
    throw invalidScope('The requested scope is not within the scope of the subject token.');
  }
  const inherited = token.scopes.filter(
    (one) => one !== 'offline_access' && isAllowed({ scopes: [one], resources: [] }),
  );
  const scopes = asked ?? inherited;
  if (!targets.resources.every((resource) => token.audiences.includes(resource))) throw invalidTarget();
  const own = token.audiences.filter(
    (name) => resourceModel.scopesOf(name, scopes).length > 0 && isAllowed({ scopes: [], resources: [name] }),
  );
  const resources = targets.resources.length > 0 ? targets.resources : own;
  const access = judgeAccess(withTargets(scopes, { ...targets, resources }), client, model);
  if (!resourceModel.audiences(access).every((name) => token.audiences.includes(name))) throw invalidTarget();
  return access;
}

function authorizationOf(
  { authorization }: Grant,
  { scopes, resources }: AccessRequest,
  actor: ReturnType<typeof actorOf>,
): Exchanged['authorization'] {
  const { identity, connectorId, authTime, sessionId, details } = authorization;
  const { acr, amr } = details ?? {};
  return {
    scopes,
    identity,
    connectorId,
    authTime,
    ...(sessionId !== undefined && { sessionId }),
    details: {
      grantType: grantTypes.tokenExchange,
      ...(acr !== undefined && { acr }),
      ...(amr !== undefined && { amr }),
      ...(resources.length > 0 && { resources }),
      ...(actor !== undefined && { actor }),
    },
  };
}
