import type { ClientAuthMethodName, Parameters } from '@tessera/oauth';

/** What a client says it is. */
export interface PresentedCredentials {
  readonly clientId: string;
  /** Empty when none was sent. */
  readonly clientSecret: string;
  /** The signed statement of a client that has no secret to send (RFC 7521 §4.2). */
  readonly assertion?: string;
}

/** Name of a method for log and event: what its assertion is keyed by is known only when it was verified. */
export type ClientAuthMethodLabel = ClientAuthMethodName | 'unsupported';

/** One way to authenticate (RFC 6749 §2.3), by its name in the metadata. */
export interface ClientAuthMethod {
  readonly name: ClientAuthMethodLabel;
  /** What the request presents by this method; undefined = the method was not used. Never throws. */
  read(authorization: string | undefined, form: Parameters): PresentedCredentials | 'malformed' | undefined;
}
