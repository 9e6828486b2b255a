import type { Grant } from '@tessera/contracts';
import { type AccessTokenContent, parseAccessToken } from '@tessera/credentials';
import { accessClaimsOf } from '../issue/access-claims.ts';
import { planAccess } from '../issue/access-plan.ts';
import { createAccessTokenId } from '../issue/access-token-id.ts';
import type { ClaimSources } from '../issue/claim-sources.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { type AccessToken, readAccessClaims, type VerifyAccessToken } from './access-token.ts';
import { findLiveGrant } from './live-grant.ts';

/** What inspecting needs. */
export type AccessTokenInspectorDependencies = Pick<
  TokenServiceOptions,
  'config' | 'clients' | 'resourceModel' | 'accessTokenSecrets'
> & {
  readonly storage: Pick<TokenServiceOptions['storage'], 'findGrant'>;
  readonly verifyAccessToken: VerifyAccessToken;
  readonly claims: ClaimSources;
};

/** An access token that stands, and what stands behind it. */
export interface LiveAccessToken {
  readonly token: AccessToken;
  /** Undefined for a client's token for itself (RFC 6749 §4.4). */
  readonly grant: Grant | undefined;
}

/** Whether a token is the caller's business. */
export type ConcernsCaller = (token: AccessToken) => boolean;

/**
 * The access token that a text is, of either kind, if it stands at `now`: genuine, not expired, its grant there and not
 * revoked, its client enabled (N38), and of the caller's business. A token that is not costs no call, as far as it tells
 * that by itself. Throws the TesseraError of storage: a token is never called good or bad because storage did not answer.
 */
export type InspectAccessToken = (
  token: string,
  now: Date,
  concerns?: ConcernsCaller,
) => Promise<LiveAccessToken | undefined>;

/** Makes {@link InspectAccessToken} for JWTs (RFC 9068) and reference tokens. */
export function createAccessTokenInspector(tools: AccessTokenInspectorDependencies): InspectAccessToken {
  return (token, now, concerns = () => true) => {
    const reference = parseAccessToken(tools.accessTokenSecrets.ring(), token);
    return reference === undefined
      ? inspectJwt(token, now, concerns, tools)
      : inspectReference(reference, now, concerns, tools);
  };
}

async function inspectJwt(
  text: string,
  now: Date,
  concerns: ConcernsCaller,
  tools: AccessTokenInspectorDependencies,
): Promise<LiveAccessToken | undefined> {
  const token = await tools.verifyAccessToken(text, now);
  if (token === undefined || !concerns(token)) return undefined;
  if (token.grantId === undefined) {
    return tools.clients.find(token.clientId)?.isEnabled === true ? { token, grant: undefined } : undefined;
  }
  const grant = await findLiveGrant(token.grantId, token.clientId, now, tools);
  return grant && { token, grant };
}

/** What a reference token would say as a JWT is worked out from its grant, by the same rules. */
async function inspectReference(
  content: AccessTokenContent,
  now: Date,
  concerns: ConcernsCaller,
  tools: AccessTokenInspectorDependencies,
): Promise<LiveAccessToken | undefined> {
  if (content.expiresAt <= now) return undefined;
  const grant = await findLiveGrant(content.grantId, undefined, now, tools);
  const client = grant && tools.clients.find(grant.authorization.clientId);
  if (grant === undefined || client === undefined) return undefined;
  const { authorization } = grant;
  const asked = {
    scopes: content.scopes ?? authorization.scopes,
    resources: content.resources ?? authorization.details?.resources ?? [],
  };
  const claims = accessClaimsOf(
    {
      authorization,
      client,
      plan: planAccess(asked, tools.resourceModel),
      tokenId: createAccessTokenId(content.grantId, content.number),
      issuedAt: content.issuedAt,
      expiresAt: content.expiresAt,
    },
    tools,
  );
  const token = readAccessClaims({ ...claims }, now);
  return token !== undefined && concerns(token) ? { token, grant } : undefined;
}
