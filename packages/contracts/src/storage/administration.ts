import type { Client } from '@tessera/oauth';
import type { ParkedEvent } from './events.ts';
import type {
  Connector,
  Credential,
  Grant,
  InitialAccessToken,
  Page,
  PageRequest,
  User,
  Versioned,
} from './records.ts';

/** What is administered, by its kind. */
export interface AdministeredRecords {
  readonly client: Client;
  readonly connector: Connector;
  readonly user: User;
  readonly credential: Credential;
  readonly initial_access_token: InitialAccessToken;
}

/** Kind of an administered record. Its id: that of the record, and of a user the email in lower case. */
export type AdministeredKind = keyof AdministeredRecords;

/** What has to stand before a write: anything, nothing, or one version. */
export type Expectation = 'any' | 'absent' | number;

/** A record to write. */
export interface RecordToPut<K extends AdministeredKind> {
  readonly kind: K;
  readonly value: AdministeredRecords[K];
  readonly expected: Expectation;
  /** Who does it, for the event. */
  readonly actor: string;
}

/** A record to remove. */
export interface RecordToDelete {
  readonly kind: AdministeredKind;
  readonly id: string;
  /** Undefined = whatever version it is. */
  readonly expectedVersion?: number;
  readonly actor: string;
}

/** Which grants are meant. At least one is set; a grant has to fit all that are. */
export interface GrantSelector {
  readonly subject?: string;
  readonly clientId?: string;
  readonly sessionId?: string;
  readonly connectorId?: string;
}

/** Grants to revoke together. */
export interface GrantsToRevoke {
  readonly selector: GrantSelector;
  /** For the record and the events: a short word, e.g. `administrator`. */
  readonly reason: string;
}

/** Administration. Every change writes its event (`client.created`, `user.deleted`, …) with it. */
export interface StorageAdminApi {
  /** Undefined = there is none. The configuration's clients and users are found here too (version 0). */
  getRecord<K extends AdministeredKind>(kind: K, id: string): Promise<Versioned<AdministeredRecords[K]> | undefined>;
  /**
   * Stored records in the order of their ids; the configuration's are not among them. Of credentials, `subject` names the
   * person they belong to.
   */
  listRecords<K extends AdministeredKind>(
    kind: K,
    request: PageRequest & { readonly subject?: string },
  ): Promise<Page<Versioned<AdministeredRecords[K]>>>;
  /**
   * The new version; undefined: it was not as expected. Of two callers with one expectation, one gets a version (with
   * `any`, both). After a crash between commit and answer the caller reads what stands. Throws `conflict`
   * (`storage.is_static`) for what the configuration says, `invalid_argument` (`storage.invalid_record`) for what cannot
   * be kept.
   */
  putRecord<K extends AdministeredKind>(record: RecordToPut<K>): Promise<number | undefined>;
  /** False: there was none, or not as expected. Throws `conflict` (`storage.is_static`). */
  deleteRecord(record: RecordToDelete): Promise<boolean>;
  /**
   * Takes one use of a token and gives it as it was before. Undefined: unknown, expired or used up. Of callers who race
   * for the last use one gets it; after a crash between commit and answer the use is gone.
   */
  consumeInitialAccessToken(id: string): Promise<InitialAccessToken | undefined>;

  /** Grants in the order of their ids, revoked and expired ones too while they are kept. */
  listGrants(request: PageRequest & { readonly selector: GrantSelector }): Promise<Page<Grant>>;
  /**
   * Revokes all that fit, in small statements, until none is left or the caller's deadline is near; each writes its event.
   * Repeated, it goes on where it was. Grants made meanwhile may escape: end what makes them first.
   */
  revokeGrantsBy(request: GrantsToRevoke): Promise<{ readonly revoked: number; readonly isComplete: boolean }>;

  /** Events the broker refused for themselves, oldest first. */
  listParkedEvents(request: PageRequest): Promise<Page<ParkedEvent>>;
  /** Puts parked events back to be published, all of them when no positions are given. Says how many. */
  retryParkedEvents(positions?: readonly string[]): Promise<number>;
}
