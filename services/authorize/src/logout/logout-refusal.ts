import type { Client } from '@tessera/oauth';
import type { Problem } from '../views/models.ts';

/** What a logout request can be refused for. */
export type LogoutProblem = Extract<Problem, 'bad-logout' | 'unknown-application' | 'untrusted-return'>;

/**
 * A logout request that is answered on a page of our own, never by a redirect (OIDC RP-Initiated Logout §4). Nothing was ended.
 */
export class LogoutRefusal extends Error {
  readonly problem: LogoutProblem;
  /** Fixed public description. */
  readonly detail: string;
  /** Who asked, if that is known. */
  readonly client: Client | undefined;

  constructor(problem: LogoutProblem, detail: string, client?: Client) {
    super(detail);
    this.name = 'LogoutRefusal';
    this.problem = problem;
    this.detail = detail;
    this.client = client;
  }
}
