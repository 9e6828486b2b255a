import type { Client, OAuthErrorCode } from '@tessera/oauth';
import type { Problem } from '../views/models.ts';
import type { RedirectableRequest } from './request.ts';

/**
 * A request that is answered on a page of our own, never by a redirect: where it would lead cannot be trusted
 * (RFC 6749 §4.1.2.1, RFC 9700 §4.11).
 */
export class PageRefusal extends Error {
  readonly problem: Problem;
  /** Fixed public description. */
  readonly detail: string;
  /** Who asked, if that is known. */
  readonly client: Client | undefined;

  constructor(problem: Problem, detail: string, client?: Client) {
    super(detail);
    this.name = 'PageRefusal';
    this.problem = problem;
    this.detail = detail;
    this.client = client;
  }
}

/** A request whose error goes back to the client, with a fixed public description. */
export class ClientRefusal extends Error {
  readonly error: OAuthErrorCode;
  readonly description: string;
  readonly request: Pick<RedirectableRequest, 'redirectUri' | 'state' | 'client'>;

  constructor(
    error: OAuthErrorCode,
    description: string,
    request: Pick<RedirectableRequest, 'redirectUri' | 'state' | 'client'>,
  ) {
    super(`${error}: ${description}`);
    this.name = 'ClientRefusal';
    this.error = error;
    this.description = description;
    this.request = request;
  }
}
