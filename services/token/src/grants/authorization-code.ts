import { randomUUID } from 'node:crypto';
import type { CodeRefusal, CodeToRedeem } from '@tessera/contracts';
import { parseCode } from '@tessera/credentials';
import { type Client, isCodeVerifier, MAX_REDIRECT_URI_LENGTH, type Parameters } from '@tessera/oauth';
import { expiriesAt } from '../issue/lifetimes.ts';
import type { IssueTokens } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { requireParameter } from '../protocol/form.ts';
import { type GrantHandler, invalidGrant } from './grant-handler.ts';
import { assertOwnGrant } from './own-grant.ts';
import { assertGrantStands } from './standing.ts';

/** What the grant needs. */
export type AuthorizationCodeDependencies = Pick<
  TokenServiceOptions,
  'config' | 'logger' | 'storage' | 'clients' | 'connectors' | 'codeSecrets'
> & { readonly issue: IssueTokens };

/** One text for a code that never was, is over, or is somebody else's: whose it is is not told. */
const INVALID_CODE = 'The code is invalid or has expired.';
const WRONG_VERIFIER = 'The code verifier does not match the code challenge.';
const WRONG_REDIRECT_URI = 'The redirect_uri is not the one of the authorization request.';

const descriptions: Readonly<Record<CodeRefusal, string>> = {
  unknown: INVALID_CODE,
  other_client: INVALID_CODE,
  replayed: 'The code was used before.',
  redirect_uri: WRONG_REDIRECT_URI,
  pkce: WRONG_VERIFIER,
};

/**
 * Grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5). A code with a wrong authenticator, a malformed verifier and
 * an overlong redirect URI are refused without a call; everything else is compared where the code is consumed.
 */
export function createAuthorizationCodeGrant(dependencies: AuthorizationCodeDependencies): GrantHandler {
  const { storage, logger, issue } = dependencies;
  return async ({ form, client, now }) => {
    const code = readCode(form, client, now, dependencies);
    const outcome = await storage.redeemCode(code);
    if (outcome.type === 'refused') {
      logRefusal(dependencies, client, outcome.refusal);
      throw invalidGrant(descriptions[outcome.refusal]);
    }
    const grant = assertOwnGrant(outcome.grant, code);
    const { authorization } = grant;
    assertGrantStands({ client, authorization, grantType: 'authorization_code' }, dependencies);
    const response = await issue({
      grant,
      scopes: authorization.scopes,
      now,
      nonce: authorization.nonce,
    });
    logger.debug({ client_id: client.id, grant_id: grant.id }, 'code redeemed');
    return response;
  };
}

function readCode(
  form: Parameters,
  client: Client,
  now: Date,
  dependencies: AuthorizationCodeDependencies,
): CodeToRedeem {
  const content = parseCode(dependencies.codeSecrets.ring(), requireParameter(form, 'code'));
  if (content === undefined) {
    logRefusal(dependencies, client, 'forged');
    throw invalidGrant(INVALID_CODE);
  }
  const redirectUri = form.get('redirect_uri');
  if (redirectUri !== undefined && redirectUri.length > MAX_REDIRECT_URI_LENGTH) throw invalidGrant(WRONG_REDIRECT_URI);
  const codeVerifier = form.get('code_verifier');
  if (codeVerifier !== undefined && !isCodeVerifier(codeVerifier)) throw invalidGrant(WRONG_VERIFIER);
  const { expiry } = dependencies.config;
  const ends = expiriesAt(now, expiry);
  return {
    codeId: Buffer.from(content.flowId).toString('base64url'),
    clientId: client.id,
    ...(redirectUri !== undefined && { redirectUri }),
    ...(codeVerifier !== undefined && { codeVerifier }),
    grantId: randomUUID(),
    tokensExpireAt: ends.lastToken,
    ...(ends.refreshFamily !== undefined && { refreshExpiresAt: ends.refreshFamily }),
    validIfNotUsedForSeconds: expiry.refreshTokens.validIfNotUsedForSeconds,
  };
}

function logRefusal({ logger }: AuthorizationCodeDependencies, client: Client, refusal: CodeRefusal | 'forged'): void {
  const fields = { client_id: client.id, reason: refusal };
  if (refusal === 'replayed') logger.warn(fields, 'authorization code replayed, its grant is revoked');
  else logger.info(fields, 'authorization code refused');
}
