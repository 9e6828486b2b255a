/** The `WWW-Authenticate` value for client credentials (RFC 7617 §2). */
export function basicChallenge(issuer: string): string {
  return `Basic realm=${quoted(issuer)}, charset="UTF-8"`;
}

/** What a Bearer challenge may tell (RFC 6750 §3). */
export interface BearerFailure {
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  readonly description: string;
  /** The scope that would be needed. */
  readonly scope?: string;
}

/** The `WWW-Authenticate` value for access tokens; without a failure when no token was sent (RFC 6750 §3 and §3.1). */
export function bearerChallenge(issuer: string, failure?: BearerFailure): string {
  const attributes = [`realm=${quoted(issuer)}`];
  if (failure !== undefined) {
    attributes.push(`error=${quoted(failure.error)}`, `error_description=${quoted(failure.description)}`);
    if (failure.scope !== undefined) attributes.push(`scope=${quoted(failure.scope)}`);
  }
  return `Bearer ${attributes.join(', ')}`;
}

/** A quoted-string (RFC 9110 §5.6.4). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
