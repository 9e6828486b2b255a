/** Prefix of Dex's scopes that ask for a token meant for another client as well. */
export const PEER_SCOPE_PREFIX = 'audience:server:client_id:';

/** Longest `scope` parameter that is looked at, in characters. */
export const MAX_SCOPE_LENGTH = 4096;

const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a text can be a scope (RFC 6749 §3.3): printable ASCII without space, quote and backslash. */
export function isScopeToken(text: string): boolean {
  return SCOPE_TOKEN.test(text);
}

/**
 * Takes a `scope` parameter apart (RFC 6749 §3.3): each scope once, in the order asked; which of them exist is the resource
 * model's to say. Undefined and empty mean no scope, and extra spaces are tolerated, as in Dex. The result is undefined when
 * a scope has a character it may not have, or all is longer than {@link MAX_SCOPE_LENGTH}. Never throws.
 */
export function splitScope(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return [];
  if (text.length > MAX_SCOPE_LENGTH) return undefined;
  const scopes = new Set(text.split(' ').filter((scope) => scope !== ''));
  return [...scopes].every(isScopeToken) ? [...scopes] : undefined;
}

/** The client ids named by `audience:server:client_id:X` among `scopes`, in order. */
export function peersOfScopes(scopes: readonly string[]): string[] {
  return scopes
    .filter((scope) => scope.startsWith(PEER_SCOPE_PREFIX) && scope.length > PEER_SCOPE_PREFIX.length)
    .map((scope) => scope.slice(PEER_SCOPE_PREFIX.length));
}

/** Whether `requested` asks for nothing beyond `granted` (RFC 6749 §6); the same set counts as narrower. */
export function isNarrowerScope(requested: readonly string[], granted: readonly string[]): boolean {
  const allowed = new Set(granted);
  return requested.every((scope) => allowed.has(scope));
}

/** Scopes as a `scope` value (RFC 6749 §3.3). */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ');
}
