import type { ClientDirectory } from '@tessera/contracts';
import type { Parameters } from '@tessera/oauth';
import { checkClient } from './checks/client.ts';
import { checkLength } from './checks/length.ts';
import { checkPkceChallenge, type PkcePolicy } from './checks/pkce.ts';
import { checkPrompt } from './checks/prompt.ts';
import { checkRedirectUri } from './checks/redirect-uri.ts';
import { checkRepetition } from './checks/repetition.ts';
import { checkResponseType } from './checks/response-type.ts';
import { checkScope } from './checks/scope.ts';
import { checkUnsupported } from './checks/unsupported.ts';
import type { ValidRequest } from './request.ts';

/** What the checks look things up in. */
export interface CheckContext {
  readonly clients: ClientDirectory;
  readonly pkce: PkcePolicy;
}

/**
 * Takes an authorization request from Parsed over ClientKnown and Redirectable to Valid (RFC 6749 §4.1.1, OIDC Core
 * §3.1.2.2). Throws PageRefusal before, and ClientRefusal after, the redirect URI is known to be the client's.
 */
export function validateAuthorizationRequest(parameters: Parameters, context: CheckContext): ValidRequest {
  // The order decides what is told where: a page of ours up to the redirect URI, the client from there on.
  const known = checkClient({ parameters }, context);
  const request = checkRedirectUri(known);
  checkRepetition(request);
  checkUnsupported(request);
  checkLength(request);
  checkResponseType(request);
  return {
    ...request,
    ...checkScope(request, context),
    ...checkPkceChallenge(request, context.pkce),
    ...checkPrompt(request),
    nonce: parameters.get('nonce'),
    loginHint: boundedHint(parameters.get('login_hint')),
    uiLocales: parameters.get('ui_locales'),
    connectorId: parameters.get('connector_id'),
  };
}

const MAX_LOGIN_HINT_CHARACTERS = 256;

/** OIDC Core §3.1.2.1: `login_hint` is a help and never an error, so one that no account can have is left out. */
function boundedHint(hint: string | undefined): string | undefined {
  return hint !== undefined && hint.length <= MAX_LOGIN_HINT_CHARACTERS ? hint : undefined;
}
