import type { GrantToRevoke, RotationToReopen, TokenToRotate } from '@tessera/contracts';
import { termsToJson } from '../../codec/authorization-json.ts';
import { identityToJson } from '../../codec/identity-json.ts';
import type { NewGrant, PortableGrant, PresentedCode } from '../../ports.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { type ItemColumn, moment } from './statement.ts';

/** Columns of grants to insert. */
export const newGrantColumns: readonly ItemColumn<NewGrant>[] = [
  { name: 'id', type: 'uuid', of: ({ id }) => id },
  { name: 'code_hash', type: 'bytea', of: ({ codeHash }) => codeHash },
  { name: 'subject', type: 'text', of: ({ subject }) => subject },
  { name: 'client_id', type: 'text', of: ({ authorization }) => authorization.clientId },
  { name: 'connector_id', type: 'text', of: ({ authorization }) => authorization.connectorId },
  { name: 'session_id', type: 'text', of: ({ authorization }) => authorization.sessionId ?? null },
  { name: 'user_email', type: 'text', of: ({ authorization }) => passwordUserEmail(authorization) ?? null },
  { name: 'is_refreshable', type: 'boolean', of: ({ authorization }) => authorization.isRefreshable },
  { name: 'refreshes_upstream', type: 'boolean', of: ({ authorization }) => authorization.refreshesUpstream },
  { name: 'terms', type: 'text', of: ({ authorization }) => termsToJson(authorization) },
  { name: 'identity', type: 'text', of: ({ authorization }) => identityToJson(authorization.identity) },
  { name: 'connector_data', type: 'bytea', of: ({ authorization }) => Buffer.from(authorization.connectorData) },
  { name: 'created_at', type: 'timestamptz', of: ({ createdAt }) => moment(createdAt) },
  { name: 'expires_at', type: 'timestamptz', of: ({ expiresAt }) => moment(expiresAt) },
  { name: 'ends_at', type: 'timestamptz', of: ({ endsAt }) => moment(endsAt) },
];

/** Columns of grants to take over as they are. */
export const portableGrantColumns: readonly ItemColumn<PortableGrant>[] = [
  ...newGrantColumns,
  { name: 'generation', type: 'bigint', of: ({ grant }) => grant.generation },
  { name: 'last_used_at', type: 'timestamptz', of: ({ grant }) => moment(grant.lastUsedAt) },
  { name: 'rotated_at', type: 'timestamptz', of: ({ rotatedAt }) => moment(rotatedAt) },
  { name: 'attempt_id', type: 'text', of: ({ attemptId }) => attemptId ?? null },
  { name: 'revoked_at', type: 'timestamptz', of: ({ grant }) => moment(grant.revokedAt) },
  { name: 'revoked_reason', type: 'text', of: ({ revokedReason }) => revokedReason ?? null },
];

/** Columns of codes that were presented again. */
export const codeColumns: readonly ItemColumn<PresentedCode>[] = [
  { name: 'code_hash', type: 'bytea', of: ({ codeHash }) => codeHash },
  { name: 'grant_id', type: 'uuid', of: ({ grantId }) => grantId },
];

/** Columns of refresh tokens to rotate. */
export const tokenColumns: readonly ItemColumn<TokenToRotate>[] = [
  { name: 'grant_id', type: 'uuid', of: ({ grantId }) => grantId },
  { name: 'presented', type: 'bigint', of: ({ generation }) => generation },
  { name: 'presenter', type: 'text', of: ({ clientId }) => clientId },
  { name: 'rotates', type: 'boolean', of: ({ rotates }) => rotates },
  { name: 'reuse_seconds', type: 'float8', of: ({ reuseIntervalSeconds }) => reuseIntervalSeconds },
  { name: 'idle_seconds', type: 'float8', of: ({ validIfNotUsedForSeconds }) => validIfNotUsedForSeconds },
  { name: 'attempt', type: 'text', of: ({ attemptId }) => attemptId },
  {
    name: 'new_identity',
    type: 'text',
    of: ({ upstream }) => (upstream === undefined ? null : identityToJson(upstream.identity)),
  },
  {
    name: 'new_data',
    type: 'bytea',
    of: ({ upstream }) => (upstream === undefined ? null : Buffer.from(upstream.connectorData)),
  },
];

/** Columns of rotations to reopen. */
export const reopenedColumns: readonly ItemColumn<RotationToReopen>[] = [
  { name: 'grant_id', type: 'uuid', of: ({ grantId }) => grantId },
  { name: 'generation', type: 'bigint', of: ({ generation }) => generation },
];

/** Columns of grants to revoke. */
export const revokedColumns: readonly ItemColumn<GrantToRevoke>[] = [
  { name: 'grant_id', type: 'uuid', of: ({ grantId }) => grantId },
  { name: 'client_id', type: 'text', of: ({ clientId }) => clientId ?? null },
  { name: 'reason', type: 'text', of: ({ reason }) => reason },
];
