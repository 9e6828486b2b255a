import type { Authorization, CodeRefusal, CodeToRedeem } from '@tessera/contracts';
import { checkPkce } from '@tessera/oauth';

const AUTHORIZATION_CODE = 'authorization_code';

/**
 * Why a code is refused to whoever presents it (N21), judged in this order before anything is touched; undefined = it is
 * not. A code that is presented for another grant than its own might as well not be there (RFC 8628 §3.4).
 */
export function refusalOfCode(code: CodeToRedeem, authorization: Authorization): CodeRefusal | undefined {
  const grantType = authorization.details?.grantType ?? AUTHORIZATION_CODE;
  if ((code.grantType ?? AUTHORIZATION_CODE) !== grantType) return 'unknown';
  if (code.clientId !== authorization.clientId) return 'other_client';
  if (!isRedirectUriRight(code, authorization)) return 'redirect_uri';
  const pkce = checkPkce({ ...authorization.pkce, verifier: code.codeVerifier });
  return pkce.ok ? undefined : 'pkce';
}

/**
 * RFC 6749 §4.1.3: what was in the authorization request has to come again. Where it was implied, or there is none to return
 * to (RFC 8628), it may be left out; one that is sent has to be right all the same.
 */
function isRedirectUriRight({ redirectUri }: CodeToRedeem, authorization: Authorization): boolean {
  if (redirectUri !== undefined) return redirectUri === authorization.redirectUri;
  return authorization.redirectUri === '' || authorization.details?.isRedirectUriImplied === true;
}
