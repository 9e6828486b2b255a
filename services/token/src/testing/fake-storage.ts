import { addSeconds, type Clock } from '@tessera/clock';
import type { Authorization, CodeOutcome, Grant, RotationOutcome, Storage } from '@tessera/contracts';
import { checkPkce } from '@tessera/oauth';

type TokenStorage = Pick<Storage, 'findGrant' | 'redeemCode' | 'rotateRefreshToken' | 'reopenRotation' | 'revokeGrant'>;

/** Storage in memory that keeps the contract as far as the token service can see it, and counts its calls. */
export interface FakeStorage extends TokenStorage {
  readonly calls: string[];
  readonly grants: Map<string, Grant>;
  readonly codes: Map<string, { readonly authorization: Authorization; readonly expiresAt: Date }>;
  /** People who are not in the password database any more. */
  readonly goneUserIds: Set<string>;
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
  /** Thrown by the calls of a method, after what they do is done. */
  readonly lateFailures: Map<string, Error>;
}

export function createFakeStorage(clock: Pick<Clock, 'now'>): FakeStorage {
  const state = {
    calls: [] as string[],
    grants: new Map<string, Grant>(),
    codes: new Map<string, { authorization: Authorization; expiresAt: Date }>(),
    goneUserIds: new Set<string>(),
    failure: undefined as Error | undefined,
    lateFailures: new Map<string, Error>(),
  };
  const redeemed = new Map<string, string>();
  const attempts = new Map<string, RotationOutcome>();
  /** The last rotation of each grant. */
  const rotations = new Map<string, { readonly attemptId: string; readonly at: Date }>();

  const begin = (name: string): void => {
    state.calls.push(name);
    if (state.failure !== undefined) throw state.failure;
  };
  const end = (name: string): void => {
    const failure = state.lateFailures.get(name);
    if (failure !== undefined) throw failure;
  };
  const revoke = (grant: Grant): void => {
    state.grants.set(grant.id, { ...grant, revokedAt: clock.now() });
  };

  return Object.assign(state, {
    async findGrant(id: string) {
      begin('findGrant');
      return state.grants.get(id);
    },

    async revokeGrant({ grantId, clientId }: Parameters<Storage['revokeGrant']>[0]) {
      begin('revokeGrant');
      const grant = state.grants.get(grantId);
      if (grant === undefined || grant.revokedAt !== undefined) return false;
      if (clientId !== undefined && grant.authorization.clientId !== clientId) return false;
      revoke(grant);
      return true;
    },

    async redeemCode(code: Parameters<Storage['redeemCode']>[0]): Promise<CodeOutcome> {
      begin('redeemCode');
      const refused = (refusal: 'unknown' | 'replayed' | 'other_client' | 'redirect_uri' | 'pkce'): CodeOutcome => ({
        type: 'refused',
        refusal,
      });
      const kept = state.codes.get(code.codeId);
      const now = clock.now();
      if (kept === undefined || kept.expiresAt <= now) return refused('unknown');
      const { authorization } = kept;
      if (authorization.clientId !== code.clientId) return refused('other_client');
      const earlier = state.grants.get(redeemed.get(code.codeId) ?? '');
      if (earlier !== undefined) {
        if (earlier.id === code.grantId) return { type: 'redeemed', grant: earlier };
        revoke(earlier);
        return refused('replayed');
      }
      if (authorization.redirectUri !== code.redirectUri) return refused('redirect_uri');
      const { challenge, method } = authorization.pkce ?? {};
      if (!checkPkce({ challenge, method, verifier: code.codeVerifier }).ok) return refused('pkce');
      const expiresAt = authorization.isRefreshable ? code.refreshExpiresAt : code.tokensExpireAt;
      const grant: Grant = {
        id: code.grantId,
        authorization,
        generation: 0,
        createdAt: now,
        lastUsedAt: now,
        ...(expiresAt !== undefined && { expiresAt }),
      };
      state.grants.set(grant.id, grant);
      redeemed.set(code.codeId, grant.id);
      return { type: 'redeemed', grant };
    },

    async rotateRefreshToken(token: Parameters<Storage['rotateRefreshToken']>[0]): Promise<RotationOutcome> {
      begin('rotateRefreshToken');
      const done = attempts.get(token.attemptId);
      if (done !== undefined) return done;
      const refused = (refusal: 'unknown' | 'revoked' | 'expired' | 'reused' | 'user_gone'): RotationOutcome => ({
        type: 'refused',
        refusal,
      });
      const grant = state.grants.get(token.grantId);
      const now = clock.now();
      if (grant === undefined || grant.authorization.clientId !== token.clientId) return refused('unknown');
      if (grant.revokedAt !== undefined) return refused('revoked');
      const idleAt = addSeconds(grant.lastUsedAt, token.validIfNotUsedForSeconds);
      const isIdle = token.validIfNotUsedForSeconds > 0 && idleAt <= now;
      if (isIdle || (grant.expiresAt !== undefined && grant.expiresAt <= now)) return refused('expired');
      if (token.generation > grant.generation) return refused('unknown');
      if (token.generation < grant.generation) {
        const isLast = token.generation === grant.generation - 1;
        const rotatedAt = rotations.get(grant.id)?.at ?? grant.lastUsedAt;
        const isRecent = now < addSeconds(rotatedAt, token.reuseIntervalSeconds);
        if (isLast && isRecent) return { type: 'rotated', grant };
        revoke(grant);
        return refused('reused');
      }
      if (state.goneUserIds.has(grant.authorization.identity.userId)) {
        revoke(grant);
        return refused('user_gone');
      }
      if (grant.authorization.refreshesUpstream && token.upstream === undefined)
        return { type: 'upstream_first', grant };
      const rotated: Grant = {
        ...grant,
        authorization: { ...grant.authorization, ...token.upstream },
        generation: grant.generation + (token.rotates ? 1 : 0),
        lastUsedAt: now,
      };
      state.grants.set(grant.id, rotated);
      rotations.set(grant.id, { attemptId: token.attemptId, at: now });
      const outcome: RotationOutcome = { type: 'rotated', grant: rotated };
      attempts.set(token.attemptId, outcome);
      end('rotateRefreshToken');
      return outcome;
    },

    async reopenRotation({ grantId, generation }: Parameters<Storage['reopenRotation']>[0]) {
      begin('reopenRotation');
      const [rotation, grant] = [rotations.get(grantId), state.grants.get(grantId)];
      if (rotation === undefined || grant?.generation !== generation || grant.revokedAt !== undefined) return false;
      rotations.set(grantId, { ...rotation, at: clock.now() });
      end('reopenRotation');
      return true;
    },
  });
}
