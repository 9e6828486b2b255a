/** Who a person is, as a connector tells it. Becomes the claims of their tokens. */
export interface Identity {
  /** Identifier at the connector; with the connector id it makes `sub`. */
  readonly userId: string;
  /** Display name: the claim `name`. */
  readonly username: string;
  readonly preferredUsername: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** Further standard claims by their wire names (OIDC Core §5.1), e.g. `given_name`, `address`. */
  readonly claims: Readonly<Record<string, unknown>>;
}
