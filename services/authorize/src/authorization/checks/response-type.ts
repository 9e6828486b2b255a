import { includesResponseType, mayUseResponseType } from '@tessera/oauth';
import { Rejection } from '../refusal.ts';
import type { RedirectableRequest, ResponseType } from '../request.ts';

const KNOWN_WORDS: ReadonlySet<string> = new Set(['code', 'token', 'id_token', 'none']);

/** What of the configuration decides about response types. */
export interface ResponseTypeConfig {
  readonly config: { readonly oauth2: { readonly responseTypes: readonly string[] } };
}

/**
 * RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Types §3 and §5: a set of words in any order. A missing or unknown one is
 * `invalid_request`, one that is switched off `unsupported_response_type`, and one that this client may not use
 * `unauthorized_client`: its `responseTypes` must have it, and its `grantTypes` every grant that it is part of.
 */
export function checkResponseType(
  { asked, client }: RedirectableRequest,
  { config }: ResponseTypeConfig,
): { readonly responseType: ResponseType } {
  const text = asked.get('response_type');
  if (text === undefined) throw new Rejection('invalid_request', 'The parameter response_type is missing.');
  const words = new Set(text.split(' '));
  if (![...words].every((word) => KNOWN_WORDS.has(word))) {
    throw new Rejection('invalid_request', 'The response_type is unknown.');
  }
  if (!includesResponseType(config.oauth2.responseTypes, words)) {
    throw new Rejection('unsupported_response_type', 'The response_type is not supported.');
  }
  if (!mayUseResponseType(client.settings, words)) {
    throw new Rejection('unauthorized_client', 'The client may not use this response_type.');
  }
  return {
    responseType: { code: words.has('code'), token: words.has('token'), idToken: words.has('id_token') },
  };
}
