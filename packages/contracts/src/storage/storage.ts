import type { Client, Identity } from '@tessera/oauth';
import type { Outcome } from '@tessera/rpc';
import type { StorageAdminApi } from './administration.ts';
import type { SecurityEvent, StorageEventsApi, StorageOutboxApi } from './events.ts';
import type {
  Authorization,
  AuthorizationRequestRecord,
  Connector,
  Grant,
  Session,
  User,
  Versioned,
} from './records.ts';
import type { StorageSessionsApi } from './sessions.ts';
import type { AttemptCount, AttemptToCount, StorageShortLivedApi, ValueToConsume } from './short-lived.ts';

/** Which part of a watched list is asked for. */
export interface WatchedListRequest {
  /** Waits for another version until the caller's deadline is near. Only for the first page. */
  readonly knownVersion?: string;
  /** Where the last page ended. */
  readonly cursor?: string;
}

/** A page of all clients at one moment. Pages of different versions do not belong together: begin again. */
export interface ClientList {
  /** Changes whenever a client does. */
  readonly version: string;
  /** Undefined = nothing changed since the version the caller knows. */
  readonly clients?: readonly Client[];
  /** Undefined = this was the last page. */
  readonly nextCursor?: string;
}

/** A page of all stored connectors, like {@link ClientList}. */
export interface ConnectorList {
  readonly version: string;
  readonly connectors?: readonly Connector[];
  readonly nextCursor?: string;
}

/** How it stands with a sign-in in progress. `absent`: unknown or expired. */
export type AuthorizationRequestState =
  | { readonly type: 'pending'; readonly request: AuthorizationRequestRecord }
  | { readonly type: 'completed' }
  | { readonly type: 'absent' };

/** The end of a sign-in: with an authorization the id becomes redeemable as a code, without one it just ends. */
export interface CompletionRequest {
  readonly id: string;
  readonly version: number;
  readonly authorization?: Authorization;
  readonly codeTtlSeconds: number;
  /** Chosen for this attempt by the caller; the same attempt repeated succeeds again and changes nothing. */
  readonly attemptId: string;
}

/** A code as it was presented. */
export interface CodeToRedeem {
  readonly codeId: string;
  /**
   * The grant it is presented for; undefined = `authorization_code`. A code is redeemed for the grant alone that its
   * authorization names (`details.grantType`), so that a device's code is not good at another one (RFC 8628 §3.4).
   */
  readonly grantType?: string;
  readonly clientId: string;
  /** Undefined = not sent, which the authorization has to allow (RFC 6749 §4.1.3). */
  readonly redirectUri?: string;
  readonly codeVerifier?: string;
  /** UUID for the grant, chosen by the caller; the same redemption repeated with it succeeds again. */
  readonly grantId: string;
  /** When the last token of a grant without refresh token dies. */
  readonly tokensExpireAt: Date;
  /** When a grant with refresh token dies; undefined = never. */
  readonly refreshExpiresAt?: Date;
  /** Idle lifetime of the refresh token, so that a forgotten grant is swept; 0 = none. */
  readonly validIfNotUsedForSeconds: number;
}

/**
 * Why a code was not redeemed. `unknown`: never there, expired, not of the grant it was presented for, or of a person whom
 * the password database does not know any more. `replayed`: redeemed before, and the grant of that redemption is revoked now
 * (RFC 6749 §4.1.2). The others leave the code as it was.
 */
export type CodeRefusal = 'unknown' | 'replayed' | 'other_client' | 'redirect_uri' | 'pkce';

/** What became of a code. */
export type CodeOutcome =
  | { readonly type: 'redeemed'; readonly grant: Grant }
  | { readonly type: 'refused'; readonly refusal: CodeRefusal };

/** A grant that comes of no code: of a password, a token that was exchanged, or the front channel. */
export interface GrantToCreate {
  /** UUID, chosen by the caller; the same creation repeated with it succeeds again. */
  readonly grantId: string;
  readonly authorization: Authorization;
  /** When the last token of a grant without refresh token dies. */
  readonly tokensExpireAt: Date;
  /** When a grant with refresh token dies; undefined = never. */
  readonly refreshExpiresAt?: Date;
  /** Idle lifetime of the refresh token, so that a forgotten grant is swept; 0 = none. */
  readonly validIfNotUsedForSeconds: number;
}

/** A refresh token as it was presented, and the rules for its successor. */
export interface TokenToRotate {
  readonly grantId: string;
  readonly generation: number;
  readonly clientId: string;
  /** False: the same token stays valid (Dex's `disableRotation`). */
  readonly rotates: boolean;
  readonly reuseIntervalSeconds: number;
  /** Idle lifetime; 0 = none. */
  readonly validIfNotUsedForSeconds: number;
  /** Chosen for this attempt by the caller; the same attempt repeated succeeds again and changes nothing. */
  readonly attemptId: string;
  /** What the upstream said just now; for grants whose upstream is asked at each refresh. */
  readonly upstream?: { readonly identity: Identity; readonly connectorData: Uint8Array };
}

/**
 * Why a refresh token was refused. `unknown`: no such grant, or another client's. `reused`: replaced before, longer ago
 * than the reuse interval, and the family is revoked now. `user_gone`: not in the password database any more, or
 * disabled, and the family is revoked now.
 */
export type RotationRefusal = 'unknown' | 'revoked' | 'expired' | 'reused' | 'user_gone';

/** What became of a refresh token. The grant's generation is that of the token to answer with. */
export type RotationOutcome =
  | { readonly type: 'rotated'; readonly grant: Grant }
  /** Nothing changed: ask the upstream, then call again with what it said. */
  | { readonly type: 'upstream_first'; readonly grant: Grant }
  | { readonly type: 'refused'; readonly refusal: RotationRefusal };

/** A grant to revoke. */
export interface GrantToRevoke {
  readonly grantId: string;
  /** Only if it is this client's; undefined = whoever's. */
  readonly clientId?: string;
  /** For the record: a short word, e.g. `client_request`. */
  readonly reason: string;
}

/** A rotation whose answer could not be given. */
export interface RotationToReopen {
  readonly grantId: string;
  /** Of the refresh token that could not be given. */
  readonly generation: number;
}

/** Reads for the services that face the public. */
export interface StorageReadApi {
  /** The clients of the configuration and the stored ones they do not shadow. */
  listClients(request?: WatchedListRequest): Promise<ClientList>;
  /** The stored connectors. */
  listConnectors(request?: WatchedListRequest): Promise<ConnectorList>;
  getAuthorizationRequest(id: string): Promise<AuthorizationRequestState>;
  /** Each grant in order, revoked and expired ones too; undefined = there is none. */
  findGrants(ids: readonly string[]): Promise<readonly Outcome<Grant | undefined>[]>;
}

/** The password database, for the federation service. */
export interface StorageUsersApi {
  /** By email, in any case. The configuration's people shadow stored ones. */
  findUser(email: string): Promise<User | undefined>;
}

/** Changes of what is being authorized. */
export interface StorageWriteApi {
  /** Keeps a new request (version 1). One that is there under the id stays, so that a late repetition undoes nothing. */
  putAuthorizationRequest(request: AuthorizationRequestRecord, ttlSeconds: number): Promise<void>;
  /**
   * Replaces the payload if the version is still `request.version`, and counts it up; the lifetime stays. False: it
   * changed meanwhile, ended or expired. Of two callers with one version, one gets true.
   */
  updateAuthorizationRequest(request: AuthorizationRequestRecord): Promise<boolean>;
  /**
   * Ends a request, atomically with putting its code. False: it changed meanwhile, ended before or expired. Of two
   * callers, one gets true; the same attempt repeated gets true again. After a crash between the two the caller repeats.
   */
  completeAuthorizationRequest(completion: CompletionRequest): Promise<boolean>;
  /**
   * Redeems codes, each exactly once: the durable insert of the grant under the unique hash of the code decides, so not
   * even a resurrected code works twice. Of any number of callers one gets the grant; every other one gets `replayed`,
   * and the grant is revoked. After a crash between commit and answer the same call (same `grantId`) gets its grant. A code
   * of somebody who is gone from the password database is `unknown`, and works no more should they return.
   */
  redeemCodes(codes: readonly CodeToRedeem[]): Promise<readonly Outcome<CodeOutcome>[]>;
  /**
   * Creates grants, one durable statement for the batch, and gives them back. After a crash between commit and answer the
   * same call (same `grantId`) gets the same grant, as it stands then. Of callers who mean different authorizations by one
   * id, one gets its grant; the others fail (`storage.grant_exists`).
   */
  createGrants(grants: readonly GrantToCreate[]): Promise<readonly Outcome<Grant>[]>;
  /**
   * Rotates refresh tokens, one durable statement for the batch. Of callers who race with one token, the first rotates;
   * the others get the same successor within the reuse interval and revoke the family after it (with an interval of 0,
   * at once). After a crash between commit and answer the same call (same `attemptId`) gets the same successor.
   */
  rotateRefreshTokens(tokens: readonly TokenToRotate[]): Promise<readonly Outcome<RotationOutcome>[]>;
  /** True: revoked by this call. False: unknown, another client's, or revoked before. Durable when it answers. */
  revokeGrants(grants: readonly GrantToRevoke[]): Promise<readonly Outcome<boolean>[]>;
  /**
   * Lets the predecessor of a refresh token in that could not be given to the client, which will come again with what it
   * has: for the reuse interval from now, ten seconds at least. False: the grant is at another generation, or revoked.
   * Repeated, it begins anew.
   */
  reopenRotations(rotations: readonly RotationToReopen[]): Promise<readonly Outcome<boolean>[]>;
}

/** Encrypted key sets, for the keys service. Storage cannot read them. */
export interface StorageKeySetsApi {
  /**
   * Version 0 with an empty payload = there is none yet. With a known version other than 0, waits for another one until
   * the caller's deadline is near.
   */
  getKeySet(name: string, knownVersion?: number): Promise<{ readonly version: number; readonly payload: Uint8Array }>;
  /**
   * Sets version `expectedVersion + 1` and writes the events with it. False: somebody else was first, and nothing is
   * written; of two callers one gets true. After a crash between commit and answer the caller reads what stands.
   */
  compareAndSetKeySet(
    name: string,
    expectedVersion: number,
    payload: Uint8Array,
    events?: readonly SecurityEvent[],
  ): Promise<boolean>;
}

/** Everything the storage service implements. */
export interface StorageApi
  extends StorageReadApi,
    StorageUsersApi,
    StorageWriteApi,
    StorageKeySetsApi,
    StorageShortLivedApi,
    StorageSessionsApi,
    StorageAdminApi,
    StorageEventsApi,
    StorageOutboxApi {}

type Batched =
  | 'findGrants'
  | 'redeemCodes'
  | 'createGrants'
  | 'rotateRefreshTokens'
  | 'revokeGrants'
  | 'reopenRotations'
  | 'consumeOnce'
  | 'countAttempts'
  | 'findSessions'
  | 'appendEvents';

/** What callers have: single calls, joined into batches on the way. */
export interface Storage extends Omit<StorageApi, Batched> {
  findGrant(id: string): Promise<Grant | undefined>;
  redeemCode(code: CodeToRedeem): Promise<CodeOutcome>;
  createGrant(grant: GrantToCreate): Promise<Grant>;
  rotateRefreshToken(token: TokenToRotate): Promise<RotationOutcome>;
  revokeGrant(grant: GrantToRevoke): Promise<boolean>;
  reopenRotation(rotation: RotationToReopen): Promise<boolean>;
  /** False: used before. */
  consumeOnce(value: ValueToConsume): Promise<boolean>;
  countAttempt(attempt: AttemptToCount): Promise<AttemptCount>;
  findSession(id: string): Promise<Versioned<Session> | undefined>;
  appendEvent(event: SecurityEvent): Promise<void>;
}
