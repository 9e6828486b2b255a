import type { OAuthErrorCode } from './error-codes.ts';

/** Longest `error_description`, in characters. */
export const MAX_ERROR_DESCRIPTION_LENGTH = 512;

/** What an authorization response may carry, by wire names (RFC 6749 §4.1.2 and §4.2.2, OIDC Core §3.3.2.5). Undefined ones are left out. */
export interface AuthorizationResponseParameters {
  readonly code?: string | undefined;
  readonly access_token?: string | undefined;
  readonly token_type?: string | undefined;
  /** Seconds. */
  readonly expires_in?: number | undefined;
  readonly id_token?: string | undefined;
  readonly scope?: string | undefined;
  /** OIDC Session Management §2. */
  readonly session_state?: string | undefined;
  readonly error?: OAuthErrorCode | undefined;
  readonly error_description?: string | undefined;
  readonly error_uri?: string | undefined;
  /** The request's `state`, unchanged; undefined when the request had none. */
  readonly state?: string | undefined;
  /** The issuer, in success and in errors (RFC 9207 §2). */
  readonly iss: string;
}

/** Input of {@link buildAuthorizationResponse}. */
export interface AuthorizationResponse {
  /** A URI that matched the client's registration; it has no fragment. */
  readonly redirectUri: string;
  readonly mode: 'query' | 'fragment';
  readonly parameters: AuthorizationResponseParameters;
}

/**
 * The URI that carries an authorization response to the client (OAuth 2.0 Multiple Response Types §2.1). A query that
 * `redirectUri` already has is kept as it is (RFC 6749 §3.1.2). Throws a `RangeError` when `redirectUri` has a fragment.
 */
export function buildAuthorizationResponse({ redirectUri, mode, parameters }: AuthorizationResponse): string {
  if (redirectUri.includes('#')) {
    throw new RangeError('A redirect URI has no fragment');
  }
  const encoded = authorizationResponseEntries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
  return `${redirectUri}${mode === 'fragment' ? '#' : querySeparator(redirectUri)}${encoded}`;
}

/** The parameters of a response in order, as a page of response mode `form_post` posts them (OAuth 2.0 Form Post Response Mode §2). */
export function authorizationResponseEntries(
  parameters: AuthorizationResponseParameters,
): [name: string, value: string][] {
  const { error_description: description } = parameters;
  const values: Record<string, string | number | undefined> = {
    ...parameters,
    error_description: description === undefined ? undefined : sanitizeErrorDescription(description),
  };
  return Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
}

/**
 * Brings a text into the charset of `error_description` (RFC 6749 §4.1.2.1 and §5.2): double quotes become single ones,
 * line breaks and tabs spaces, whatever else is outside it a question mark. Cut at {@link MAX_ERROR_DESCRIPTION_LENGTH}.
 */
export function sanitizeErrorDescription(text: string): string {
  return text
    .slice(0, MAX_ERROR_DESCRIPTION_LENGTH)
    .replaceAll('"', "'")
    .replace(/[\t\n\r]/g, ' ')
    .replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');
}

function querySeparator(uri: string): string {
  if (!uri.includes('?')) {
    return '?';
  }
  return uri.endsWith('?') || uri.endsWith('&') ? '' : '&';
}
