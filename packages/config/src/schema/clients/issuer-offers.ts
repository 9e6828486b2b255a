/** What the rest of the file says that clients are judged by. */
export interface IssuerOffers {
  /** Algorithms that tokens are signed with, the default one first. */
  readonly algorithms: readonly string[];
  /** Scopes that exist. */
  readonly scopes: readonly string[];
  readonly hasPairwiseSecret: boolean;
  readonly hasSessions: boolean;
  readonly hasRequestObjects: boolean;
}
