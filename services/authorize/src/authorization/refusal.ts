import type { Client, OAuthErrorCode } from '@tessera/oauth';
import type { Problem } from '../views/models.ts';
import type { RedirectableRequest } from './request.ts';

/** Where the answer to a client travels, and how. */
export type ClientAnswerTarget = Pick<RedirectableRequest, 'redirectUri' | 'state' | 'responseMode' | 'client'>;

/** What a check finds wrong. Whom it is told to is not the check's to decide, but the table's (`checks-table.ts`). */
export class Rejection extends Error {
  readonly error: OAuthErrorCode;
  /** Fixed public description. */
  readonly description: string;
  /** What a page of ours says, where the error is told on one. */
  readonly problem: Problem;

  constructor(error: OAuthErrorCode, description: string, problem: Problem = 'bad-request') {
    super(`${error}: ${description}`);
    this.name = 'Rejection';
    this.error = error;
    this.description = description;
    this.problem = problem;
  }
}

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
  readonly request: ClientAnswerTarget;

  constructor(error: OAuthErrorCode, description: string, request: ClientAnswerTarget) {
    super(`${error}: ${description}`);
    this.name = 'ClientRefusal';
    this.error = error;
    this.description = description;
    this.request = request;
  }
}
