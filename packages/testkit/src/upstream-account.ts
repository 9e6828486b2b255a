/** A person who can sign in at the upstream provider. */
export interface UpstreamAccount {
  /** What is typed into the form, or sent as `login_hint`. */
  readonly login: string;
  /** The `sub` claim. */
  readonly subject: string;
  /** Needed for the form; not for `login_hint`. */
  readonly password?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly name?: string;
  readonly preferredUsername?: string;
  readonly groups?: readonly string[];
}

/** The account's claims, by their wire names (OIDC Core §5.1). */
export function claimsOf(account: UpstreamAccount): { sub: string } & Record<string, unknown> {
  return {
    sub: account.subject,
    email: account.email,
    email_verified: account.emailVerified,
    name: account.name,
    preferred_username: account.preferredUsername,
    groups: account.groups,
  };
}
