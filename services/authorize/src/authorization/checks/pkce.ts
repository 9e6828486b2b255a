import { isCodeChallenge, parseCodeChallengeMethod } from '@tessera/oauth';
import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest, ValidRequest } from '../request.ts';

/** Which methods are served, and whether everyone has to use one. */
export interface PkcePolicy {
  readonly enforce: boolean;
  readonly codeChallengeMethodsSupported: readonly ('S256' | 'plain')[];
}

/**
 * RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1: public clients must send a challenge, and everyone where the configuration
 * says so. A missing method means `plain`, which is refused unless it is switched on (N31).
 */
export function checkPkceChallenge(
  request: RedirectableRequest,
  { enforce, codeChallengeMethodsSupported }: PkcePolicy,
): Pick<ValidRequest, 'pkce'> {
  const challenge = request.parameters.get('code_challenge');
  const named = request.parameters.get('code_challenge_method');
  if (challenge === undefined) {
    if (named !== undefined) throw refusal('The parameter code_challenge is missing.', request);
    if (enforce || request.client.isPublic)
      throw refusal('PKCE is required: the parameter code_challenge is missing.', request);
    return { pkce: undefined };
  }
  const method = parseCodeChallengeMethod(named, codeChallengeMethodsSupported);
  if (method === undefined) {
    const supported = codeChallengeMethodsSupported.join(' or ');
    throw refusal(`The code_challenge_method must be ${supported}; a missing one means plain.`, request);
  }
  if (!isCodeChallenge(challenge, method)) throw refusal('The code_challenge is malformed.', request);
  return { pkce: { challenge, method } };
}

function refusal(description: string, request: RedirectableRequest): ClientRefusal {
  return new ClientRefusal('invalid_request', description, request);
}
