/** The payload of a JWT; nothing in it is checked. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/** Why the times of a JWT were refused. */
export type JwtTimeProblem = 'no-expiry' | 'bad-time' | 'expired' | 'lives-too-long' | 'not-yet-valid';

/** What {@link checkJwtTimes} goes by. */
export interface JwtTimePolicy {
  readonly now: Date;
  /** Whether `exp` must be there. */
  readonly needsExpiry: boolean;
}

/** Outcome of {@link checkJwtTimes}; `expiresAt` is the moment from which it is refused, undefined = never. */
export type JwtTimeOutcome =
  | { readonly ok: true; readonly expiresAt: Date | undefined }
  | { readonly ok: false; readonly reason: JwtTimeProblem };

/** How long after its `exp` a JWT still counts, for clocks that differ. */
const EXPIRY_LEEWAY_SECONDS = 10;
/** How far in the future `iat` and `nbf` may be, for clocks that differ. */
const FUTURE_LEEWAY_SECONDS = 60;
/** What is remembered against replays is remembered no longer. */
const LONGEST_LIFE_SECONDS = 24 * 3600;

/** Checks `exp`, `nbf` and `iat` (RFC 7519 §4.1): not past by more than 10 s, at most 24 h ahead, begun but for 60 s. */
export function checkJwtTimes(claims: JwtClaims, { now, needsExpiry }: JwtTimePolicy): JwtTimeOutcome {
  const { exp, nbf, iat } = claims;
  const nowSeconds = now.getTime() / 1000;
  if (!isOptionalTime(exp) || !isOptionalTime(nbf) || !isOptionalTime(iat)) return { ok: false, reason: 'bad-time' };
  if (Math.max(nbf ?? 0, iat ?? 0) > nowSeconds + FUTURE_LEEWAY_SECONDS) return { ok: false, reason: 'not-yet-valid' };
  if (exp === undefined) return needsExpiry ? { ok: false, reason: 'no-expiry' } : { ok: true, expiresAt: undefined };
  if (exp + EXPIRY_LEEWAY_SECONDS <= nowSeconds) return { ok: false, reason: 'expired' };
  if (exp > nowSeconds + LONGEST_LIFE_SECONDS) return { ok: false, reason: 'lives-too-long' };
  return { ok: true, expiresAt: new Date((exp + EXPIRY_LEEWAY_SECONDS) * 1000) };
}

/**
 * Whether `aud` is ours alone: one of the accepted values, or a list of nothing else. What is for somebody else as well, they
 * could present here (RFC 7523 §3 item 3, N35).
 */
export function isAudienceOnly(aud: unknown, accepted: readonly string[]): boolean {
  if (typeof aud === 'string') return accepted.includes(aud);
  return (
    Array.isArray(aud) && aud.length > 0 && aud.every((item) => typeof item === 'string' && accepted.includes(item))
  );
}

function isOptionalTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER);
}

const MAX_ID_LENGTH = 256;

/** Whether a value can be a `jti`, or another id to be kept: a text of 1 to 256 characters that stores can hold. */
export function isKeepableId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_ID_LENGTH &&
    value.isWellFormed() &&
    !value.includes('\0')
  );
}
