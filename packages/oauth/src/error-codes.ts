/**
 * Every error code that may leave an endpoint, grouped by the document that registers it.
 * The set is closed: whoever maps errors handles each of them.
 */
export const OAUTH_ERROR_CODES = [
  // RFC 6749 §4.1.2.1 and §5.2
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  // RFC 6750 §3.1
  'invalid_token',
  'insufficient_scope',
  // RFC 7009 §2.2.1
  'unsupported_token_type',
  // OIDC Core §3.1.2.6
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  // RFC 8628 §3.5
  'authorization_pending',
  'slow_down',
  'expired_token',
  // RFC 8707 §2, RFC 8693 §2.2.2
  'invalid_target',
] as const;

/** One of {@link OAUTH_ERROR_CODES}: the value of the wire parameter `error` (RFC 6749 §5.2). */
export type OAuthErrorCode = (typeof OAUTH_ERROR_CODES)[number];

/** Whether `value` is one of {@link OAUTH_ERROR_CODES}. */
export function isOAuthErrorCode(value: unknown): value is OAuthErrorCode {
  return (OAUTH_ERROR_CODES as readonly unknown[]).includes(value);
}
