import type { EgressClient } from '@tessera/egress';
import { signInError, upstreamMisconfigured } from '../../sign-in-errors.ts';
import type { UpstreamMetadata } from './discovery.ts';
import { askUpstreamFor200, readJsonBody, sendToUpstream } from './upstream-answer.ts';

/** Where userinfo is, and who asks. */
export interface UserinfoEndpoint {
  readonly metadata: UpstreamMetadata;
  readonly client: EgressClient;
}

const WHAT = 'userinfo endpoint';
/** RFC 6750 §2.1. */
const BEARER_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** How a resource server declines a token (RFC 6750 §3.1). */
const TOKEN_REFUSED: readonly number[] = [400, 401, 403];

/** The claims of the userinfo endpoint; `sub` must be the person's (OIDC Core §5.3.2 and §5.3.4). */
export async function requestUserinfo(
  { metadata, client }: UserinfoEndpoint,
  { accessToken, subject }: { readonly accessToken: string; readonly subject: string },
): Promise<Readonly<Record<string, unknown>>> {
  const claims = await askUpstreamFor200(client, userinfoRequest(metadata, accessToken), WHAT);
  if (claims['sub'] !== subject) throw signInError('invalidCallback', 'userinfo is about somebody else');
  return claims;
}

/**
 * The claims of the userinfo endpoint for an access token that somebody presents (OIDC Core §5.3). Throws `invalidCredentials` when
 * the upstream does not honour it.
 */
export async function requestUserinfoByToken(
  { metadata, client }: UserinfoEndpoint,
  accessToken: string,
): Promise<Readonly<Record<string, unknown>>> {
  // A header cannot carry anything else.
  if (!BEARER_TOKEN.test(accessToken)) throw signInError('invalidCredentials', 'what was presented is no access token');
  const response = await sendToUpstream(client, userinfoRequest(metadata, accessToken), WHAT);
  if (TOKEN_REFUSED.includes(response.status)) {
    throw signInError('invalidCredentials', `${metadata.issuer} does not honour the access token`);
  }
  const claims = response.status === 200 ? readJsonBody(response) : undefined;
  const subject = claims?.['sub'];
  if (claims === undefined || typeof subject !== 'string' || subject === '') {
    throw upstreamMisconfigured(`the ${WHAT} of ${metadata.issuer} answers ${response.status} without claims`);
  }
  return claims;
}

function userinfoRequest({ issuer, userinfoEndpoint: url }: UpstreamMetadata, accessToken: string) {
  if (url === undefined) throw upstreamMisconfigured(`${issuer} has no userinfo endpoint`);
  return { url, headers: { authorization: `Bearer ${accessToken}` } };
}
