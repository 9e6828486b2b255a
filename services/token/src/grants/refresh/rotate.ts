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
import { TesseraError, unavailable } from '@tessera/errors';
import type { TokenServiceOptions } from '../../ports.ts';
import { invalidGrant } from '../grant-handler.ts';
import { assertOwnGrant } from '../own-grant.ts';
import type { RotationReopener } from '../rotation-reopener.ts';

/** What rotating needs. */
export type RotationDependencies = Pick<TokenServiceOptions, 'logger' | 'storage' | 'federation'> & {
  readonly reopener: Omit<RotationReopener, 'close'>;
};

/** One text whatever is wrong: whose a token is and what became of it is not told. */
export const INVALID_TOKEN = 'Refresh token is invalid or has already been claimed by another client.';
const EXPIRED_TOKEN = 'Refresh token expired.';

/** Answers of the upstream that end a grant; anything else is a failure of ours or of the network, and changes nothing. */
const finalAnswers: ReadonlySet<string> = new Set([
  federationErrors.userGone,
  federationErrors.upstreamRefused,
  federationErrors.notInRequiredGroups,
]);

/**
 * Rotates a refresh token and gives its grant. Where the upstream has to be asked, nothing is consumed before it answered;
 * `assertStands` is asked before the upstream is. Throws OAuthError `invalid_grant` when the token does not count.
 */
export async function rotate(
  token: TokenToRotate,
  assertStands: (grant: Grant) => void,
  dependencies: RotationDependencies,
): Promise<Grant> {
  let outcome = await callRotation(token, dependencies);
  if (outcome.type === 'upstream_first') {
    const grant = assertOwnGrant(outcome.grant, token);
    assertStands(grant);
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

/**
 * One call of storage. A failure after which it may have rotated all the same is seen to in the background, and the token
 * is not presented again before that is settled or storage answers.
 */
async function callRotation(
  token: TokenToRotate,
  { storage, reopener }: RotationDependencies,
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
export function rotationOf({ grantId, generation }: TokenToRotate): RotationToReopen {
  return { grantId, generation: generation + 1 };
}

/** The user id is the grant's for good, whatever the upstream calls the person now: `sub` never changes (OIDC Core §12.2). */
async function askUpstream(grant: Grant, dependencies: RotationDependencies): Promise<Authentication> {
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

function logRefusal({ logger }: RotationDependencies, token: TokenToRotate, refusal: RotationRefusal): void {
  const fields = { client_id: token.clientId, grant_id: token.grantId, reason: refusal };
  if (refusal === 'reused') logger.warn(fields, 'refresh token reuse detected, its family is revoked');
  else logger.info(fields, 'refresh token refused');
}
