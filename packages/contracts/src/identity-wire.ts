import type { Identity } from '@tessera/oauth';
import type { Identity as IdentityMessage } from '@tessera/proto/tessera/common/v1/identity';

/** An identity as a message. */
export function identityToWire(identity: Identity): IdentityMessage {
  const hasClaims = Object.keys(identity.claims).length > 0;
  return {
    userId: identity.userId,
    username: identity.username,
    preferredUsername: identity.preferredUsername,
    email: identity.email,
    emailVerified: identity.emailVerified,
    groups: [...identity.groups],
    claimsJson: hasClaims ? JSON.stringify(identity.claims) : '',
  };
}

/** The identity of a message. */
export function identityFromWire(message: IdentityMessage): Identity {
  const { claimsJson, ...rest } = message;
  return { ...rest, claims: claimsJson === '' ? {} : (JSON.parse(claimsJson) as Record<string, unknown>) };
}
