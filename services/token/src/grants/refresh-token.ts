import { randomUUID } from 'node:crypto';
import {
  type Authentication,
  type Authorization,
  federationErrors,
  type Grant,
  type RotationOutcome,
  type RotationRefusal,
  type RotationToReopen,
  type TokenToRotate,
} from '@tessera/contracts';
import { parseRefreshToken } from '@tessera/credentials';
import { OAuthError, TesseraError, unavailable } from '@tessera/errors';
import { type Client, isNarrowerScope, type Parameters, parseScope } from '@tessera/oauth';
import type { IssueTokens, TokenResponse, TokensToIssue } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { requireParameter } from '../protocol/form.ts';
import { type GrantHandler, invalidGrant } from './grant-handler.ts';
import { assertOwnGrant } from './own-grant.ts';
import type { RotationReopener } from './rotation-reopener.ts';
import { assertGrantStands } from './standing.ts';

/** What the grant needs. */
export type RefreshTokenDependencies = Pick<
  TokenServiceOptions,
  'config' | 'logger' | 'storage' | 'federation' | 'clients' | 'connectors' | 'refreshTokenSecrets'
> & { readonly issue: IssueTokens; readonly reopener: Omit<RotationReopener, 'close'> };

/** One text whatever is wrong: whose a token is and what became of it is not told. */
const INVALID_TOKEN = 'Refresh token is invalid or has already been claimed by another client.';
const EXPIRED_TOKEN = 'Refresh token expired.';

/** Answers of the upstream that end a grant; anything else is a failure of ours or of the network, and changes nothing. */
const finalAnswers: ReadonlySet<string> = new Set([
  federationErrors.userGone,
  federationErrors.upstreamRefused,
  federationErrors.notInRequiredGroups,
]);

/**
 * Grant `refresh_token` (RFC 6749 §6, OIDC Core §12). A token with a wrong authenticator is refused without a call. Where
 * the upstream has to be asked, nothing is consumed before it answered. Where the token was replaced but the answer cannot
 * be given, the rotation is reopened, so that the client's next try with the old token is no reuse (RFC 9700 §4.14.2).
 */
export function createRefreshTokenGrant(dependencies: RefreshTokenDependencies): GrantHandler {
  return async ({ form, client, now }) => {
    const token = readToken(form, client, dependencies);
    const requested = readRequestedScopes(form);
    if (requested !== undefined) await assertNarrower(token, client, requested, dependencies);
    const grant = await rotate(token, client, dependencies);
    assertStands(client, grant, dependencies);
    const granted = grant.authorization.scopes;
    const scopes = requested === undefined ? granted : granted.filter((scope) => requested.includes(scope));
    return issueOrReopen({ grant, scopes, now }, token, dependencies);
  };
}

function readToken(form: Parameters, client: Client, dependencies: RefreshTokenDependencies): TokenToRotate {
  const { refreshTokens } = dependencies.config.expiry;
  const content = parseRefreshToken(dependencies.refreshTokenSecrets.ring(), requireParameter(form, 'refresh_token'));
  if (content === undefined) {
    dependencies.logger.info({ client_id: client.id, reason: 'forged' }, 'refresh token refused');
    throw invalidGrant(INVALID_TOKEN);
  }
  return {
    ...content,
    clientId: client.id,
    rotates: !refreshTokens.disableRotation,
    reuseIntervalSeconds: refreshTokens.reuseIntervalSeconds,
    validIfNotUsedForSeconds: refreshTokens.validIfNotUsedForSeconds,
    attemptId: randomUUID(),
  };
}

function readRequestedScopes(form: Parameters): readonly string[] | undefined {
  const value = form.get('scope');
  if (value === undefined) return undefined;
  const { scopes, unrecognized } = parseScope(value);
  if (scopes.length === 0 || unrecognized.length > 0) throw wider();
  return scopes;
}

/** Looked at before the rotation, so that asking for too much does not cost the client its token. */
async function assertNarrower(
  { grantId }: TokenToRotate,
  client: Client,
  requested: readonly string[],
  dependencies: RefreshTokenDependencies,
): Promise<void> {
  const grant = await dependencies.storage.findGrant(grantId);
  // Nothing about another client's grant is told; the rotation refuses it.
  if (grant === undefined || grant.authorization.clientId !== client.id) return;
  if (!isNarrowerScope(requested, grant.authorization.scopes)) throw wider();
  assertStands(client, grant, dependencies);
}

/** By now the token is replaced: whatever keeps the answer from being made must not cost the client its session. */
async function issueOrReopen(
  tokens: TokensToIssue,
  token: TokenToRotate,
  { issue, reopener }: RefreshTokenDependencies,
): Promise<TokenResponse> {
  try {
    return await issue(tokens);
  } catch (thrown) {
    if (token.rotates) await reopener.reopen(rotationOf(token), 'rotated');
    throw thrown;
  }
}

/**
 * One call of storage. A failure after which it may have rotated all the same is seen to in the background, and the token
 * is not presented again before that is settled or storage answers.
 */
async function callRotation(
  token: TokenToRotate,
  { storage, reopener }: RefreshTokenDependencies,
): Promise<RotationOutcome> {
  const rotation = rotationOf(token);
  if (token.rotates && !(await reopener.mayRepeat(rotation))) {
    throw unavailable('storage.unavailable', 'storage does not say what became of the rotation before');
  }
  try {
    const outcome = await storage.rotateRefreshToken(token);
    reopener.answered(rotation);
    return outcome;
  } catch (thrown) {
    if (token.rotates && isOutcomeUnknown(thrown)) void reopener.reopen(rotation, 'unknown');
    throw thrown;
  }
}

function isOutcomeUnknown(thrown: unknown): boolean {
  return thrown instanceof TesseraError && (thrown.kind === 'unavailable' || thrown.kind === 'deadline_exceeded');
}

/** What the presented token is replaced by, also when it was replaced before. */
function rotationOf({ grantId, generation }: TokenToRotate): RotationToReopen {
  return { grantId, generation: generation + 1 };
}

async function rotate(token: TokenToRotate, client: Client, dependencies: RefreshTokenDependencies): Promise<Grant> {
  let outcome = await callRotation(token, dependencies);
  if (outcome.type === 'upstream_first') {
    const grant = assertOwnGrant(outcome.grant, token);
    assertStands(client, grant, dependencies);
    const upstream = await askUpstream(grant, dependencies);
    outcome = await callRotation({ ...token, upstream }, dependencies);
  }
  switch (outcome.type) {
    case 'rotated':
      return assertOwnGrant(outcome.grant, token);
    case 'refused':
      logRefusal(dependencies, token, outcome.refusal);
      throw invalidGrant(outcome.refusal === 'expired' ? EXPIRED_TOKEN : INVALID_TOKEN);
    case 'upstream_first':
      throw new TesseraError({
        kind: 'internal',
        code: 'token.upstream_asked_twice',
        message: 'storage asks for the upstream again',
      });
  }
}

/** The user id is the grant's for good, whatever the upstream calls the person now: `sub` never changes (OIDC Core §12.2). */
async function askUpstream(grant: Grant, dependencies: RefreshTokenDependencies): Promise<Authentication> {
  const { connectorId, connectorData, identity, scopes }: Authorization = grant.authorization;
  try {
    const answer = await dependencies.federation.refresh({ connectorId, identity, connectorData, scopes });
    return { ...answer, identity: { ...answer.identity, userId: identity.userId } };
  } catch (thrown) {
    if (!(thrown instanceof TesseraError) || !finalAnswers.has(thrown.code)) throw thrown;
    const { clientId } = grant.authorization;
    await dependencies.storage.revokeGrant({ grantId: grant.id, clientId, reason: 'upstream_refused' });
    dependencies.logger.warn(
      { client_id: clientId, grant_id: grant.id, connector_id: connectorId, reason: thrown.code },
      'refresh refused by the upstream, the grant is revoked',
    );
    throw invalidGrant(INVALID_TOKEN);
  }
}

function assertStands(client: Client, { authorization }: Grant, dependencies: RefreshTokenDependencies): void {
  assertGrantStands({ client, authorization, grantType: 'refresh_token' }, dependencies);
}

function logRefusal({ logger }: RefreshTokenDependencies, token: TokenToRotate, refusal: RotationRefusal): void {
  const fields = { client_id: token.clientId, grant_id: token.grantId, reason: refusal };
  if (refusal === 'reused') logger.warn(fields, 'refresh token reuse detected, its family is revoked');
  else logger.info(fields, 'refresh token refused');
}

function wider(): OAuthError {
  return new OAuthError({
    error: 'invalid_scope',
    description: 'The requested scope is not within the granted scope.',
  });
}
