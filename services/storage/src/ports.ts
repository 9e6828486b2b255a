import type {
  Authorization,
  AuthorizationRequestRecord,
  AuthorizationRequestState,
  CompletionRequest,
  Grant,
  GrantToRevoke,
  TokenToRotate,
  User,
} from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import type { RotationVerdict } from './rules/judge-rotation.ts';

/** Told the name of every statement or command as it leaves, so that a test can count them. */
export type StoreObserver = (name: string) => void;

/** What every store can do. Calls reject with `unavailable` (`storage.unavailable`) while it cannot be reached. */
interface Store {
  /** Settles when the store answers and its schema is current; never rejects, but keeps trying. */
  ready(): Promise<void>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Short-lived state: sign-ins in progress and the codes that come of them. Everything leaves by its own lifetime. */
export interface EphemeralStore extends Store {
  /** Keeps a new request. One that is there under the id already stays as it is, so a late repetition undoes nothing. */
  putRequest(request: AuthorizationRequestRecord, ttlSeconds: number): Promise<void>;
  getRequest(id: string): Promise<AuthorizationRequestState>;
  /** Compare-and-set on the version, atomic; the lifetime stays. Of two callers with one version, one gets true. */
  updateRequest(request: AuthorizationRequestRecord): Promise<boolean>;
  /** Replaces the request by a tombstone and puts its code, atomically. The same attempt repeated gets true again. */
  completeRequest(completion: CompletionRequest): Promise<boolean>;
  /** The authorizations behind codes, in order, in one round trip. Undefined = never there or expired. */
  findCodes(ids: readonly string[]): Promise<readonly (Authorization | undefined)[]>;
  /** Removes what has expired, where the store does not do that by itself. */
  sweep(): Promise<void>;
}

/** A grant to insert under its code. */
export interface NewGrant {
  /** UUID in lower case. */
  readonly id: string;
  /** SHA-256 of the code's id; unique. */
  readonly codeHash: Buffer;
  readonly authorization: Authorization;
  readonly createdAt: Date;
  /** Undefined = never. */
  readonly expiresAt?: Date;
}

/** A code presented again. */
interface PresentedCode {
  readonly codeHash: Buffer;
  /** The grant the presenter means; that one is spared, it is a repetition. */
  readonly grantId: string;
}

/** A grant, and the stored person of the password database it is about. */
export interface FoundGrant {
  readonly grant: Grant;
  /** Undefined: there is none, or another connector knows the person. */
  readonly user?: User;
}

/** A refresh token judged, and the grant as it is after that. */
export interface JudgedGrant extends FoundGrant {
  readonly verdict: RotationVerdict;
}

/** The stored clients at one moment. */
interface StoredClients {
  /** Counts up with every change. */
  readonly revision: number;
  readonly clients: readonly Client[];
}

/** Grants. Every method is one statement, however many items it takes; ids and hashes within one call are distinct. */
export interface GrantStore {
  /**
   * Inserts grants and answers what stands under each code hash afterwards, in order. A hash taken by another grant
   * revokes that grant. Of any number of callers with one hash, one finds its own grant.
   */
  insertGrants(grants: readonly NewGrant[], now: Date): Promise<readonly Grant[]>;
  /** Revokes the grants under code hashes, except one the presenter means, and answers them in order. */
  revokeByCode(codes: readonly PresentedCode[], now: Date): Promise<readonly (Grant | undefined)[]>;
  /** Judges and rotates; callers who race for one grant are judged one after the other. Undefined = no such grant. */
  rotateGrants(tokens: readonly TokenToRotate[], now: Date): Promise<readonly (JudgedGrant | undefined)[]>;
  /** True: revoked by this call. */
  revokeGrants(grants: readonly GrantToRevoke[], now: Date): Promise<readonly boolean[]>;
  findGrants(ids: readonly string[]): Promise<readonly (FoundGrant | undefined)[]>;
  /** Deletes at most `limit` grants that expired before `before`; 0 while another replica does it. */
  deleteExpiredGrants(before: Date, limit: number): Promise<number>;
}

/** The stored part of the password database. Emails are lower case. */
export interface UserStore {
  findUser(email: string): Promise<User | undefined>;
  /** Creates or replaces. */
  putUser(user: User): Promise<void>;
  /** False: there was none. */
  deleteUser(email: string): Promise<boolean>;
}

/** The stored clients. */
export interface ClientStore {
  /** Revision and clients of one snapshot. */
  listClients(): Promise<StoredClients>;
  clientsRevision(): Promise<number>;
  /** Creates or replaces, and counts the revision up. */
  putClient(client: Client): Promise<void>;
  /** False: there was none. */
  deleteClient(id: string): Promise<boolean>;
}

/** Encrypted key sets. */
export interface KeySetStore {
  getKeySet(name: string): Promise<{ readonly version: number; readonly payload: Uint8Array }>;
  /** Of two callers with one version, one gets true. */
  compareAndSetKeySet(name: string, expectedVersion: number, payload: Uint8Array): Promise<boolean>;
}

/** Durable state. What it answered is on disk. */
export interface DurableStore extends Store, GrantStore, UserStore, ClientStore, KeySetStore {}
