import type { Parameters } from '@tessera/oauth';

/** What a client says it is. */
export interface PresentedCredentials {
  readonly clientId: string;
  /** Empty when none was sent. */
  readonly clientSecret: string;
}

/** One way to authenticate (RFC 6749 §2.3), by its name in the metadata. */
export interface ClientAuthMethod {
  readonly name: 'client_secret_basic' | 'client_secret_post' | 'none' | 'unsupported';
  /** What the request presents by this method; undefined = the method was not used. Never throws. */
  read(authorization: string | undefined, form: Parameters): PresentedCredentials | 'malformed' | undefined;
}
