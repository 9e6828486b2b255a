import { claimedClientId, JWT_BEARER_ASSERTION_TYPE } from '@tessera/client-keys';
import { HMAC_ALGORITHMS, type Parameters, parseCompactJws } from '@tessera/oauth';
import type { ClientAuthMethod, PresentedCredentials } from './method.ts';

/**
 * `private_key_jwt` and `client_secret_jwt`: a statement of the client about itself (RFC 7521 §4.2, RFC 7523 §2.2, OIDC Core
 * §9). Both names for one way to present it; which of them it is, its algorithm says.
 */
export const assertions: readonly ClientAuthMethod[] = [
  { name: 'private_key_jwt', read: (_authorization, form) => readAssertion(form, false) },
  { name: 'client_secret_jwt', read: (_authorization, form) => readAssertion(form, true) },
];

function readAssertion(form: Parameters, wantsHmac: boolean): PresentedCredentials | 'malformed' | undefined {
  if (!form.has('client_assertion') && !form.has('client_assertion_type')) return undefined;
  const assertion = form.get('client_assertion');
  const parsed = assertion === undefined ? undefined : parseCompactJws(assertion);
  const isHmac = parsed?.ok === true && HMAC_ALGORITHMS.some((alg) => alg === parsed.jws.header.alg);
  if (isHmac !== wantsHmac) return undefined;
  const clientId = assertion === undefined ? undefined : claimedClientId(assertion);
  const isKnownType = form.get('client_assertion_type') === JWT_BEARER_ASSERTION_TYPE;
  if (assertion === undefined || clientId === undefined || !isKnownType) return 'malformed';
  return { clientId, clientSecret: '', assertion };
}
