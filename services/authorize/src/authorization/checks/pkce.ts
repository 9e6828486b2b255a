import { isCodeChallenge, parseCodeChallengeMethod } from '@tessera/oauth';
import { Rejection } from '../refusal.ts';
import type { TypedRequest, ValidRequest } from '../request.ts';

/** Which methods are served, and whether everyone has to use one. */
export interface PkcePolicy {
  readonly enforce: boolean;
  readonly codeChallengeMethodsSupported: readonly ('S256' | 'plain')[];
}

/**
 * RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1: public clients must send a challenge, and everyone where the configuration or
 * the client's settings say so. A missing method means `plain`, which is refused unless it is switched on for all or for this
 * client (N31). Where no code is issued there is nothing to bind, and the parameters are ignored.
 */
export function checkPkceChallenge(
  { asked, client, responseType }: TypedRequest,
  { config }: { readonly config: { readonly oauth2: { readonly pkce: PkcePolicy } } },
): Pick<ValidRequest, 'pkce'> {
  if (!responseType.code) return { pkce: undefined };
  const { enforce, codeChallengeMethodsSupported } = config.oauth2.pkce;
  const challenge = asked.get('code_challenge');
  const named = asked.get('code_challenge_method');
  if (challenge === undefined) {
    if (named !== undefined) throw refuse('The parameter code_challenge is missing.');
    if (enforce || client.isPublic || client.settings.requirePkce === true) {
      throw refuse('PKCE is required: the parameter code_challenge is missing.');
    }
    return { pkce: undefined };
  }
  const supported =
    client.settings.allowPlainPkce === true
      ? ([...new Set([...codeChallengeMethodsSupported, 'plain' as const])] as const)
      : codeChallengeMethodsSupported;
  const method = parseCodeChallengeMethod(named, supported);
  if (method === undefined) {
    throw refuse(`The code_challenge_method must be ${supported.join(' or ')}; a missing one means plain.`);
  }
  if (!isCodeChallenge(challenge, method)) throw refuse('The code_challenge is malformed.');
  return { pkce: { challenge, method } };
}

function refuse(description: string): Rejection {
  return new Rejection('invalid_request', description);
}
