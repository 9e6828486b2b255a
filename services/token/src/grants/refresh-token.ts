import { randomUUID } from 'node:crypto';
import type { Grant, TokenToRotate } from '@tessera/contracts';
import { parseRefreshToken } from '@tessera/credentials';
import type { OAuthError } from '@tessera/errors';
import { type Client, isNarrowerScope, type Parameters } from '@tessera/oauth';
import { refreshRules } from '../issue/lifetimes.ts';
import type { TokenIssuing, TokenResponse } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { requireParameter } from '../protocol/form.ts';
import { type GrantHandler, invalidGrant } from './grant-handler.ts';
import { grantTypes } from './grant-types.ts';
import { INVALID_TOKEN, type RotationDependencies, rotate, rotationOf } from './refresh/rotate.ts';
import { hasSessionEnded } from './refresh/session-bound.ts';
import {
  invalidScope,
  narrowResources,
  readResources,
  readScopes,
  resourcesStillAllowed,
  scopesStillAllowed,
} from './requested-access.ts';
import { assertGrantStands } from './standing.ts';

/** What the grant needs. */
export type RefreshTokenDependencies = RotationDependencies &
  Pick<
    TokenServiceOptions,
    'config' | 'storage' | 'clients' | 'connectors' | 'resourceModel' | 'refreshTokenSecrets'
  > & { readonly issuing: TokenIssuing };

const OFFLINE_ACCESS = 'offline_access';

/** What a request asks for beyond a new token. */
interface Narrowing {
  /** Undefined = everything that was granted. */
  readonly scopes: readonly string[] | undefined;
  /** Empty = everything that was granted. */
  readonly resources: readonly string[];
}

/**
 * Grant `refresh_token` (RFC 6749 §6, OIDC Core §12). A token with a wrong authenticator is refused without a call. Where
 * the upstream has to be asked, nothing is consumed before it answered. Where the token was replaced but the answer cannot
 * be given, the rotation is reopened, so that the client's next try with the old token is no reuse (RFC 9700 §4.14.2).
 */
export function createRefreshTokenGrant(dependencies: RefreshTokenDependencies): GrantHandler {
  return async ({ form, client, now }) => {
    const token = readToken(form, client, dependencies);
    const narrowing = { scopes: readRequestedScopes(form), resources: readResources(form) };
    if (narrowing.scopes !== undefined || narrowing.resources.length > 0) {
      await assertNarrower(token, client, narrowing, dependencies);
    }
    const assertStands = (grant: Grant): void => assertRefreshable(client, grant, dependencies);
    const grant = await rotate(token, assertStands, dependencies);
    assertStands(grant);
    const answer = await reopenOnFailure(token, dependencies, async () => {
      if (await hasSessionEnded(grant, client, dependencies)) return undefined;
      const granted = scopesOf(grant, client, dependencies);
      const { scopes = granted } = narrowing;
      const issued = granted.filter((scope) => scopes.includes(scope));
      const resources = resourcesOf(grant, client, narrowing.resources, dependencies);
      return dependencies.issuing.forGrant({ grant, client, scopes: issued, resources, now });
    });
    if (answer === undefined) throw invalidGrant(INVALID_TOKEN);
    return answer;
  };
}

function readToken(form: Parameters, client: Client, dependencies: RefreshTokenDependencies): TokenToRotate {
  const content = parseRefreshToken(dependencies.refreshTokenSecrets.ring(), requireParameter(form, 'refresh_token'));
  if (content === undefined) {
    dependencies.logger.info({ client_id: client.id, reason: 'forged' }, 'refresh token refused');
    throw invalidGrant(INVALID_TOKEN);
  }
  const { rotates, reuseIntervalSeconds, validIfNotUsedForSeconds } = refreshRules(client, dependencies.config.expiry);
  return {
    ...content,
    clientId: client.id,
    rotates,
    reuseIntervalSeconds,
    validIfNotUsedForSeconds,
    attemptId: randomUUID(),
  };
}

function readRequestedScopes(form: Parameters): readonly string[] | undefined {
  const scopes = readScopes(form);
  if (scopes?.length === 0) throw wider();
  return scopes;
}

/** Looked at before the rotation, so that asking for too much does not cost the client its token. */
async function assertNarrower(
  { grantId }: TokenToRotate,
  client: Client,
  { scopes, resources }: Narrowing,
  dependencies: RefreshTokenDependencies,
): Promise<void> {
  const grant = await dependencies.storage.findGrant(grantId);
  // Nothing about another client's grant is told; the rotation refuses it.
  if (grant === undefined || grant.authorization.clientId !== client.id) return;
  if (scopes !== undefined && !isNarrowerScope(scopes, scopesOf(grant, client, dependencies))) throw wider();
  resourcesOf(grant, client, resources, dependencies);
  assertRefreshable(client, grant, dependencies);
}

/** What the client lost since is not granted any more (N23). */
function scopesOf({ authorization }: Grant, client: Client, dependencies: RefreshTokenDependencies): readonly string[] {
  const { scopes, details } = authorization;
  return scopesStillAllowed({ scopes, resources: details?.resources ?? [] }, client, dependencies);
}

/** Of those that were granted, and that the client did not lose since (RFC 8707 §2.2, N23). */
function resourcesOf(
  { authorization }: Grant,
  client: Client,
  asked: readonly string[],
  dependencies: RefreshTokenDependencies,
): readonly string[] {
  const granted = authorization.details?.resources;
  return resourcesStillAllowed(narrowResources(asked, granted), granted, client, dependencies);
}

/** By now the token is replaced: whatever keeps the answer from being made must not cost the client its session. */
async function reopenOnFailure(
  token: TokenToRotate,
  { reopener }: RefreshTokenDependencies,
  answer: () => Promise<TokenResponse | undefined>,
): Promise<TokenResponse | undefined> {
  try {
    return await answer();
  } catch (thrown) {
    if (token.rotates) await reopener.reopen(rotationOf(token), 'rotated');
    throw thrown;
  }
}

/** Besides all that a grant has to stand by: `offline_access` was not taken from the client, for that is what this is (N23). */
function assertRefreshable(client: Client, grant: Grant, dependencies: RefreshTokenDependencies): void {
  const { authorization } = grant;
  const isOffline = authorization.scopes.includes(OFFLINE_ACCESS);
  if (isOffline && !scopesOf(grant, client, dependencies).includes(OFFLINE_ACCESS)) throw invalidGrant(INVALID_TOKEN);
  assertGrantStands({ client, authorization, grantType: grantTypes.refreshToken }, dependencies);
}

function wider(): OAuthError {
  return invalidScope('The requested scope is not within the granted scope.');
}
