import type { TokenToSign, TokenType } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';

/** What every token of this issuer keeps to. */
export interface ClaimRules {
  readonly issuer: string;
  /** Longest time until `exp`, in seconds: a key is published no longer. */
  readonly maxLifetimeSeconds: number;
}

/** Member of `events` that makes a token a logout token (OIDC Back-Channel Logout §2.4). */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

type Check = (value: unknown) => boolean;

interface TypeRules {
  readonly required: readonly (readonly [name: string, check: Check])[];
  readonly forbidden: readonly string[];
  /** At least one of them is required. */
  readonly oneOf?: readonly string[];
}

const common = [
  ['iss', isText],
  ['aud', isAudience],
  ['iat', isTime],
] as const;

/**
 * What the claims of each type must be, so that none can be taken for another (RFC 8725 §3.12, RFC 9068 §5): ID tokens have no
 * `client_id` and no `events`, access tokens no `nonce`, userinfo no `exp` (OIDC Core §5.3.2), which ID tokens must have.
 */
const RULES: Readonly<Record<TokenType, TypeRules>> = {
  access_token: {
    required: [...common, ['exp', isTime], ['sub', isText], ['jti', isText], ['client_id', isText]],
    forbidden: ['nonce', 'events', 'token_introspection'],
  },
  id_token: {
    required: [...common, ['exp', isTime], ['sub', isText]],
    forbidden: ['client_id', 'events', 'token_introspection'],
  },
  logout_token: {
    required: [...common, ['exp', isTime], ['jti', isText], ['events', isLogoutEvent]],
    forbidden: ['nonce', 'client_id', 'token_introspection'],
    oneOf: ['sub', 'sid'],
  },
  userinfo: {
    required: [
      ['iss', isText],
      ['aud', isAudience],
      ['sub', isText],
    ],
    forbidden: ['exp', 'nonce', 'client_id', 'events', 'token_introspection'],
  },
  introspection: {
    required: [...common, ['token_introspection', isObject]],
    forbidden: ['sub', 'exp', 'nonce', 'events'],
  },
};

/**
 * Refuses claims that no token of the given type may carry, whoever asks: another issuer's `iss`; what {@link RULES} says of
 * the type (OIDC Core §2 and §5.3.2, RFC 9068 §2.2, OIDC Back-Channel Logout §2.4, RFC 9701 §5); an `exp` that outlives the
 * key. Throws `invalid_argument` with the code `keys.claims_refused`, or `keys.lifetime_too_long` for the last.
 */
export function checkClaims({ type, claims }: TokenToSign, rules: ClaimRules, nowSeconds: number): void {
  const { required, forbidden, oneOf = [] } = RULES[type];
  if (claims['iss'] !== rules.issuer) throw refused(type, 'iss is not this issuer');
  for (const [name, isRight] of required) {
    if (!isRight(claims[name])) throw refused(type, `${name} is missing or malformed`);
  }
  for (const name of forbidden) {
    if (claims[name] !== undefined) throw refused(type, `${name} does not belong there`);
  }
  for (const name of oneOf) {
    if (claims[name] !== undefined && !isText(claims[name])) throw refused(type, `${name} is malformed`);
  }
  if (oneOf.length > 0 && oneOf.every((name) => claims[name] === undefined)) {
    throw refused(type, `one of ${oneOf.join(', ')} is needed`);
  }
  const { exp } = claims as { readonly exp?: unknown };
  if (typeof exp === 'number' && exp > nowSeconds + rules.maxLifetimeSeconds) throw tooLong(type, rules);
}

function refused(type: TokenType, reason: string): TesseraError {
  const message = `the claims of a token of type ${type} are refused: ${reason}`;
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.claims_refused', message });
}

function tooLong(type: TokenType, { maxLifetimeSeconds }: ClaimRules): TesseraError {
  return new TesseraError({
    kind: 'invalid_argument',
    code: 'keys.lifetime_too_long',
    message: `a token of type ${type} is to live longer than the ${maxLifetimeSeconds} s that signing keys stay published; the longest lifetime among expiry.idTokens, expiry.accessTokens and the static clients decides that`,
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** RFC 7519 §4.1.3. */
function isAudience(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
}

/** A NumericDate (RFC 7519 §2). */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Exactly the one event, which is an object without members. */
function isLogoutEvent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [event, ...others] = Object.entries(value);
  if (event?.[0] !== LOGOUT_EVENT || others.length > 0) return false;
  return isObject(event[1]) && Object.keys(event[1]).length === 0;
}
