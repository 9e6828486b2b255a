import { Rejection } from '../refusal.ts';
import type { TypedRequest, ValidRequest } from '../request.ts';

/** OIDC Core §3.2.2.1, §3.3.2.11: an ID token that comes through the browser needs a nonce, so that it cannot be replayed. */
export function checkNonce({ asked, responseType }: TypedRequest): Pick<ValidRequest, 'nonce'> {
  const nonce = asked.get('nonce');
  if (responseType.idToken && nonce === undefined) {
    throw new Rejection('invalid_request', 'The parameter nonce is missing.');
  }
  return { nonce };
}
