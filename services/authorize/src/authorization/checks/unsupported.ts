import type { OAuthErrorCode } from '@tessera/oauth';
import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest } from '../request.ts';

const refusals: readonly (readonly [parameter: string, error: OAuthErrorCode])[] = [
  ['request', 'request_not_supported'],
  ['request_uri', 'request_uri_not_supported'],
  ['registration', 'registration_not_supported'],
];

/** OIDC Core §3.1.2.6: parameters that would change the meaning of the request are refused, not ignored. */
export function checkUnsupported(request: RedirectableRequest): void {
  for (const [parameter, error] of refusals) {
    if (request.parameters.has(parameter)) {
      throw new ClientRefusal(error, `The parameter ${parameter} is not supported.`, request);
    }
  }
}
