import {
  type CodeOutcome as CodeOutcomeMessage,
  CodeRefusal as CodeRefusalMessage,
  type CodeToRedeem as CodeToRedeemMessage,
  type CreatedGrant,
  type FoundGrant,
  type GrantToCreate as GrantToCreateMessage,
  type GrantToRevoke as GrantToRevokeMessage,
  type ReopenOutcome,
  type RevokeOutcome,
  type RotationOutcome as RotationOutcomeMessage,
  RotationRefusal as RotationRefusalMessage,
  type TokenToRotate as TokenToRotateMessage,
} from '@tessera/proto/tessera/storage/v1/storage';
import { type Outcome, succeeded } from '@tessera/rpc';
import { enumFromWire } from '../enum-wire.ts';
import { identityFromWire, identityToWire } from '../identity-wire.ts';
import {
  errorCase,
  failedFromWire,
  flagFromWire,
  flagToWire,
  missingOutcome,
  optional,
  optionalText,
  outcomeOf,
  required,
  wholeSeconds,
} from '../outcome-wire.ts';
import type { Grant } from './records.ts';
import { authorizationFromWire, authorizationToWire, grantFromWire, grantToWire } from './records-wire.ts';
import type {
  CodeOutcome,
  CodeRefusal,
  CodeToRedeem,
  GrantToCreate,
  GrantToRevoke,
  RotationOutcome,
  RotationRefusal,
  TokenToRotate,
} from './storage.ts';

const codeRefusals: Readonly<Record<CodeRefusal, CodeRefusalMessage>> = {
  unknown: CodeRefusalMessage.UNKNOWN,
  replayed: CodeRefusalMessage.REPLAYED,
  other_client: CodeRefusalMessage.OTHER_CLIENT,
  redirect_uri: CodeRefusalMessage.REDIRECT_URI,
  pkce: CodeRefusalMessage.PKCE,
};

const rotationRefusals: Readonly<Record<RotationRefusal, RotationRefusalMessage>> = {
  unknown: RotationRefusalMessage.UNKNOWN,
  revoked: RotationRefusalMessage.REVOKED,
  expired: RotationRefusalMessage.EXPIRED,
  reused: RotationRefusalMessage.REUSED,
  user_gone: RotationRefusalMessage.USER_GONE,
};

/** A code to redeem as a message. */
export function codeToWire(code: CodeToRedeem): CodeToRedeemMessage {
  return {
    ...code,
    grantType: code.grantType ?? '',
    redirectUri: code.redirectUri ?? '',
    codeVerifier: code.codeVerifier ?? '',
    refreshExpiresAt: code.refreshExpiresAt,
    validIfNotUsedForSeconds: wholeSeconds(code.validIfNotUsedForSeconds),
  };
}

/** The code of a message. */
export function codeFromWire(message: CodeToRedeemMessage): CodeToRedeem {
  const { grantType, redirectUri, codeVerifier, tokensExpireAt, refreshExpiresAt, ...rest } = message;
  return {
    ...rest,
    ...optionalText('grantType', grantType),
    ...optionalText('redirectUri', redirectUri),
    ...optionalText('codeVerifier', codeVerifier),
    tokensExpireAt: required(tokensExpireAt, 'tokens_expire_at'),
    ...optional('refreshExpiresAt', refreshExpiresAt),
  };
}

/** What became of a code, as a message. */
export function codeOutcomeToWire(outcome: Outcome<CodeOutcome>): CodeOutcomeMessage {
  if (!outcome.ok) return { outcome: errorCase(outcome.error) };
  return outcome.value.type === 'redeemed'
    ? { outcome: { $case: 'grant', value: grantToWire(outcome.value.grant) } }
    : { outcome: { $case: 'refusal', value: codeRefusals[outcome.value.refusal] } };
}

/** What became of a code. A refusal that only a newer peer knows is still one: `unknown`. */
export function codeOutcomeFromWire({ outcome }: CodeOutcomeMessage): Outcome<CodeOutcome> {
  switch (outcome?.$case) {
    case 'grant':
      return outcomeOf(() => ({ type: 'redeemed', grant: grantFromWire(outcome.value) }));
    case 'refusal':
      return succeeded({ type: 'refused', refusal: enumFromWire(codeRefusals, outcome.value) ?? 'unknown' });
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** A grant to create as a message. */
export function grantToCreateToWire(grant: GrantToCreate): GrantToCreateMessage {
  return {
    ...grant,
    authorization: authorizationToWire(grant.authorization),
    refreshExpiresAt: grant.refreshExpiresAt,
    validIfNotUsedForSeconds: wholeSeconds(grant.validIfNotUsedForSeconds),
  };
}

/** The grant to create of a message. */
export function grantToCreateFromWire(message: GrantToCreateMessage): GrantToCreate {
  const { authorization, tokensExpireAt, refreshExpiresAt, ...rest } = message;
  return {
    ...rest,
    authorization: authorizationFromWire(required(authorization, 'authorization')),
    tokensExpireAt: required(tokensExpireAt, 'tokens_expire_at'),
    ...optional('refreshExpiresAt', refreshExpiresAt),
  };
}

/** What became of a creation, as a message. */
export function createdGrantToWire(outcome: Outcome<Grant>): CreatedGrant {
  return {
    outcome: outcome.ok ? { $case: 'grant', value: grantToWire(outcome.value) } : errorCase(outcome.error),
  };
}

/** What became of a creation. */
export function createdGrantFromWire({ outcome }: CreatedGrant): Outcome<Grant> {
  switch (outcome?.$case) {
    case 'grant':
      return outcomeOf(() => grantFromWire(outcome.value));
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** A refresh token as a message. */
export function tokenToWire({ upstream, ...token }: TokenToRotate): TokenToRotateMessage {
  return {
    ...token,
    reuseIntervalSeconds: wholeSeconds(token.reuseIntervalSeconds),
    validIfNotUsedForSeconds: wholeSeconds(token.validIfNotUsedForSeconds),
    identity: upstream === undefined ? undefined : identityToWire(upstream.identity),
    connectorData: Buffer.from(upstream?.connectorData ?? []),
  };
}

/** The refresh token of a message. */
export function tokenFromWire({ identity, connectorData, ...message }: TokenToRotateMessage): TokenToRotate {
  return identity === undefined
    ? message
    : { ...message, upstream: { identity: identityFromWire(identity), connectorData } };
}

/** What became of a refresh token, as a message. */
export function rotationToWire(outcome: Outcome<RotationOutcome>): RotationOutcomeMessage {
  if (!outcome.ok) return { outcome: errorCase(outcome.error) };
  const { value } = outcome;
  switch (value.type) {
    case 'rotated':
      return { outcome: { $case: 'rotated', value: grantToWire(value.grant) } };
    case 'upstream_first':
      return { outcome: { $case: 'upstreamFirst', value: grantToWire(value.grant) } };
    case 'refused':
      return { outcome: { $case: 'refusal', value: rotationRefusals[value.refusal] } };
  }
}

/** What became of a refresh token. A refusal that only a newer peer knows is still one: `revoked`. */
export function rotationFromWire({ outcome }: RotationOutcomeMessage): Outcome<RotationOutcome> {
  switch (outcome?.$case) {
    case 'rotated':
      return outcomeOf(() => ({ type: 'rotated', grant: grantFromWire(outcome.value) }));
    case 'upstreamFirst':
      return outcomeOf(() => ({ type: 'upstream_first', grant: grantFromWire(outcome.value) }));
    case 'refusal':
      return succeeded({ type: 'refused', refusal: enumFromWire(rotationRefusals, outcome.value) ?? 'revoked' });
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** A grant looked up, as a message. */
export function foundToWire(outcome: Outcome<Grant | undefined>): FoundGrant {
  if (!outcome.ok) return { outcome: errorCase(outcome.error) };
  return outcome.value === undefined
    ? { outcome: { $case: 'absent', value: true } }
    : { outcome: { $case: 'grant', value: grantToWire(outcome.value) } };
}

/** A grant looked up. */
export function foundFromWire({ outcome }: FoundGrant): Outcome<Grant | undefined> {
  switch (outcome?.$case) {
    case 'grant':
      return outcomeOf(() => grantFromWire(outcome.value));
    case 'absent':
      return succeeded(undefined);
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/**
 * A grant to revoke as a message. Throws TypeError for an empty client id, which on the wire would mean "whoever's".
 */
export function grantToRevokeToWire(grant: GrantToRevoke): GrantToRevokeMessage {
  if (grant.clientId === '') throw new TypeError('a grant to revoke of a client without id');
  return { ...grant, clientId: grant.clientId ?? '' };
}

/** The grant to revoke of a message. */
export function grantToRevokeFromWire({ clientId, ...grant }: GrantToRevokeMessage): GrantToRevoke {
  return { ...grant, ...optionalText('clientId', clientId) };
}

/** A revocation, as a message. */
export function revokedToWire(outcome: Outcome<boolean>): RevokeOutcome {
  return { outcome: flagToWire('isRevoked', outcome) };
}

/** A revocation. */
export function revokedFromWire({ outcome }: RevokeOutcome): Outcome<boolean> {
  return flagFromWire(outcome);
}

/** A rotation that was reopened or not, as a message. */
export function reopenedToWire(outcome: Outcome<boolean>): ReopenOutcome {
  return { outcome: flagToWire('isReopened', outcome) };
}

/** A rotation that was reopened or not. */
export function reopenedFromWire({ outcome }: ReopenOutcome): Outcome<boolean> {
  return flagFromWire(outcome);
}
