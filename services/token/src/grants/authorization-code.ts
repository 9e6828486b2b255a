import type { CodeRefusal } from '@tessera/contracts';
import { parseCode } from '@tessera/credentials';
import { MAX_REDIRECT_URI_LENGTH } from '@tessera/oauth';
import { requireParameter } from '../protocol/form.ts';
import { type GrantHandler, invalidGrant } from './grant-handler.ts';
import { grantTypes } from './grant-types.ts';
import { noteRefusal, type RedeemDependencies, redeem } from './redeem.ts';

/** One text for a code that never was, is over, or is somebody else's: whose it is is not told. */
const INVALID_CODE = 'The code is invalid or has expired.';
const WRONG_REDIRECT_URI = 'The redirect_uri is not the one of the authorization request.';

const descriptions: Readonly<Record<CodeRefusal, string>> = {
  unknown: INVALID_CODE,
  other_client: INVALID_CODE,
  replayed: 'The code was used before.',
  redirect_uri: WRONG_REDIRECT_URI,
  pkce: 'The code verifier does not match the code challenge.',
};

/**
 * Grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5). A code with a wrong authenticator and an overlong redirect URI
 * are refused without a call. `redirect_uri` may be left out where the authorization request had none; storage judges that.
 */
export function createAuthorizationCodeGrant(dependencies: RedeemDependencies): GrantHandler {
  return async ({ form, client, now }) => {
    const content = parseCode(dependencies.codeSecrets.ring(), requireParameter(form, 'code'));
    if (content === undefined) {
      noteRefusal(dependencies, client, 'forged');
      throw invalidGrant(INVALID_CODE);
    }
    const redirectUri = form.get('redirect_uri');
    if (redirectUri !== undefined && redirectUri.length > MAX_REDIRECT_URI_LENGTH) {
      throw invalidGrant(WRONG_REDIRECT_URI);
    }
    const codeId = Buffer.from(content.flowId).toString('base64url');
    const grantType = grantTypes.authorizationCode;
    return redeem({ codeId, form, client, now, grantType, redirectUri, descriptions }, dependencies);
  };
}
