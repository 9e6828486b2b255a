import { ClientRefusal } from '../refusal.ts';
import type { RedirectableRequest } from '../request.ts';

const KNOWN_WORDS = new Set(['code', 'token', 'id_token', 'none']);

/**
 * RFC 6749 §3.1.1 and §4.1.2.1: `code` is served; another known type is `unsupported_response_type`, a missing or unknown
 * one `invalid_request`. OAuth 2.0 Multiple Response Types §2.1: the answer travels in the query.
 */
export function checkResponseType(request: RedirectableRequest): void {
  const type = request.parameters.get('response_type');
  if (type === undefined)
    throw new ClientRefusal('invalid_request', 'The parameter response_type is missing.', request);
  const words = type.split(' ');
  if (!words.every((word) => KNOWN_WORDS.has(word))) {
    throw new ClientRefusal('invalid_request', 'The response_type is unknown.', request);
  }
  if (type !== 'code') {
    throw new ClientRefusal('unsupported_response_type', 'Only the response_type code is supported.', request);
  }
  const mode = request.parameters.get('response_mode');
  if (mode !== undefined && mode !== 'query') {
    throw new ClientRefusal('invalid_request', 'Only the response_mode query is supported.', request);
  }
}
