import { addSeconds, type Clock } from '@tessera/clock';
import type {
  Authorization,
  CodeOutcome,
  Grant,
  NewDeviceRequest,
  RotationOutcome,
  Session,
  Storage,
} from '@tessera/contracts';
import { checkPkce } from '@tessera/oauth';
import type { TokenServiceOptions } from '../ports.ts';

type TokenStorage = TokenServiceOptions['storage'];

/** A device's request in storage. */
export interface KeptDevice extends NewDeviceRequest {
  readonly expiresAt: Date;
  readonly isDenied?: boolean;
  readonly lastPollAt?: Date;
}

/** Storage in memory that keeps the contract as far as the token service can see it, and counts its calls. */
export interface FakeStorage extends TokenStorage {
  readonly calls: string[];
  readonly grants: Map<string, Grant>;
  readonly codes: Map<string, { readonly authorization: Authorization; readonly expiresAt: Date }>;
  /** By user code. */
  readonly devices: Map<string, KeptDevice>;
  readonly sessions: Map<string, Session>;
  /** What was used once, as scope and value. */
  readonly consumed: Set<string>;
  /** How often each key was counted; windows never end here. */
  readonly attempts: Map<string, number>;
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
    devices: new Map<string, KeptDevice>(),
    sessions: new Map<string, Session>(),
    consumed: new Set<string>(),
    attempts: new Map<string, number>(),
    goneUserIds: new Set<string>(),
    failure: undefined as Error | undefined,
    lateFailures: new Map<string, Error>(),
  };
  const redeemed = new Map<string, string>();
  const rotated = new Map<string, RotationOutcome>();
  /** The last rotation of each grant. */
  const rotations = new Map<string, { readonly attemptId: string; readonly at: Date; readonly isReopened?: true }>();

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
      const ownGrantType = authorization.details?.grantType ?? 'authorization_code';
      if ((code.grantType ?? 'authorization_code') !== ownGrantType) return refused('unknown');
      if (authorization.clientId !== code.clientId) return refused('other_client');
      const earlier = state.grants.get(redeemed.get(code.codeId) ?? '');
      if (earlier !== undefined) {
        if (earlier.id === code.grantId) return { type: 'redeemed', grant: earlier };
        revoke(earlier);
        return refused('replayed');
      }
      const mayLackRedirectUri =
        authorization.redirectUri === '' || authorization.details?.isRedirectUriImplied === true;
      if (code.redirectUri === undefined ? !mayLackRedirectUri : code.redirectUri !== authorization.redirectUri)
        return refused('redirect_uri');
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

    async createGrant(wanted: Parameters<Storage['createGrant']>[0]): Promise<Grant> {
      begin('createGrant');
      const known = state.grants.get(wanted.grantId);
      if (known !== undefined) return known;
      const { authorization } = wanted;
      const now = clock.now();
      const expiresAt = authorization.isRefreshable ? wanted.refreshExpiresAt : wanted.tokensExpireAt;
      const grant: Grant = {
        id: wanted.grantId,
        authorization,
        generation: 0,
        createdAt: now,
        lastUsedAt: now,
        ...(expiresAt !== undefined && { expiresAt }),
      };
      state.grants.set(grant.id, grant);
      end('createGrant');
      return grant;
    },

    async findSession(id: string) {
      begin('findSession');
      const session = state.sessions.get(id);
      return session === undefined || session.expiresAt <= clock.now() ? undefined : { value: session, version: 1 };
    },

    async consumeOnce({ scope, value, ttlSeconds }: Parameters<Storage['consumeOnce']>[0]) {
      begin('consumeOnce');
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1) throw new Error(`a lifetime of ${ttlSeconds} s`);
      if (Buffer.byteLength(scope) > 512 || Buffer.byteLength(value) > 4096) throw new Error('storage.invalid_id');
      const key = JSON.stringify([scope, value]);
      const isFirst = !state.consumed.has(key);
      state.consumed.add(key);
      return isFirst;
    },

    async countAttempt({ key, limit, windowSeconds }: Parameters<Storage['countAttempt']>[0]) {
      begin('countAttempt');
      const count = (state.attempts.get(key) ?? 0) + 1;
      state.attempts.set(key, count);
      const isAllowed = count <= limit;
      return { count, isAllowed, retryAfterSeconds: isAllowed ? 0 : windowSeconds };
    },

    async forgetAttempts(keys: readonly string[]) {
      begin('forgetAttempts');
      for (const key of keys) state.attempts.delete(key);
      end('forgetAttempts');
    },

    async putDeviceRequest(request: NewDeviceRequest) {
      begin('putDeviceRequest');
      if (!request.deviceId.startsWith(`${request.userCode}.`)) throw new Error('storage.invalid_id');
      const known = state.devices.get(request.userCode);
      if (known !== undefined) return known.deviceId === request.deviceId;
      const expiresAt = addSeconds(clock.now(), request.ttlSeconds);
      state.devices.set(request.userCode, { ...request, expiresAt });
      return true;
    },

    async pollDeviceRequest({ userCode, deviceId, clientId }: Parameters<Storage['pollDeviceRequest']>[0]) {
      begin('pollDeviceRequest');
      const device = state.devices.get(userCode);
      const now = clock.now();
      const isKnown = device?.deviceId === deviceId && device.clientId === clientId && device.expiresAt > now;
      if (device === undefined || !isKnown) return 'unknown';
      if (device.isDenied === true) return 'denied';
      if (state.codes.has(deviceId)) return 'approved';
      const isEarly = device.lastPollAt !== undefined && now < addSeconds(device.lastPollAt, device.intervalSeconds);
      const intervalSeconds = device.intervalSeconds + (isEarly ? 5 : 0);
      state.devices.set(userCode, { ...device, intervalSeconds, lastPollAt: now });
      return isEarly ? 'slow_down' : 'pending';
    },

    async rotateRefreshToken(token: Parameters<Storage['rotateRefreshToken']>[0]): Promise<RotationOutcome> {
      begin('rotateRefreshToken');
      const done = rotated.get(token.attemptId);
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
        const rotation = rotations.get(grant.id);
        const leastSeconds = rotation?.isReopened === true ? 10 : 0;
        const openUntil = addSeconds(
          rotation?.at ?? grant.lastUsedAt,
          Math.max(token.reuseIntervalSeconds, leastSeconds),
        );
        const isRecent = now < openUntil;
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
      const successor: Grant = {
        ...grant,
        authorization: { ...grant.authorization, ...token.upstream },
        generation: grant.generation + (token.rotates ? 1 : 0),
        lastUsedAt: now,
      };
      state.grants.set(grant.id, successor);
      rotations.set(grant.id, { attemptId: token.attemptId, at: now });
      const outcome: RotationOutcome = { type: 'rotated', grant: successor };
      rotated.set(token.attemptId, outcome);
      end('rotateRefreshToken');
      return outcome;
    },

    async reopenRotation({ grantId, generation }: Parameters<Storage['reopenRotation']>[0]) {
      begin('reopenRotation');
      const [rotation, grant] = [rotations.get(grantId), state.grants.get(grantId)];
      if (rotation === undefined || grant?.generation !== generation || grant.revokedAt !== undefined) return false;
      rotations.set(grantId, { ...rotation, at: clock.now(), isReopened: true });
      end('reopenRotation');
      return true;
    },
  });
}
