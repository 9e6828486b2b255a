import type { Identity } from '@tessera/oauth';
import { upstreamMisconfigured } from '../../sign-in-errors.ts';
import { type Claims, preferredClaim } from './claim.ts';
import type { OidcSettings } from './config.ts';
import { readGroups } from './groups.ts';

/**
 * Who the claims are about, by Dex's rules. Throws `federation.upstream_misconfigured` when a claim that is needed is
 * missing, `notInRequiredGroups` when the person may not come in.
 */
export function identityFromClaims(claims: Claims, settings: OidcSettings): Identity {
  const { config } = settings;
  const needsEmail = config.scopes.includes('email');
  const read = (name: string, mapped: string | undefined) =>
    preferredClaim(claims, { name, mapped, isOverriding: config.overrideClaimMapping, isUsable: isText });
  const preferredUsername = read('preferred_username', config.claimMapping.preferred_username);
  const email = read('email', config.claimMapping.email);
  if (needsEmail && !isText(email.value)) throw missing(email.name);
  return {
    userId: needUserId(claims, config.userIDKey),
    username: needText(claims, config.userNameKey),
    preferredUsername: isText(preferredUsername.value) ? preferredUsername.value : '',
    email: isText(email.value) ? email.value : '',
    emailVerified: readEmailVerified(claims, { isSkipped: config.insecureSkipEmailVerified, isNeeded: needsEmail }),
    groups: readGroups(claims, settings),
    claims: {},
  };
}

function readEmailVerified(
  claims: Claims,
  { isSkipped, isNeeded }: { readonly isSkipped: boolean; readonly isNeeded: boolean },
): boolean {
  const verified = claims['email_verified'];
  if (typeof verified === 'boolean') return verified;
  if (!isSkipped && isNeeded) throw missing('email_verified');
  return isSkipped;
}

function needText(claims: Claims, name: string): string {
  const value = claims[name];
  if (!isText(value) || value === '') throw missing(name);
  return value;
}

/** Half a character (a lone surrogate) has no bytes of its own: people whose ids differ in it alone would be one subject. */
function needUserId(claims: Claims, name: string): string {
  const userId = needText(claims, name);
  if (!userId.isWellFormed()) throw missing(name);
  return userId;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function missing(name: string): Error {
  return upstreamMisconfigured(`the upstream sends no usable claim ${name}`);
}
