import type { Locale } from '../locales/catalogue.ts';

/** The application that sent the person here. */
export interface ApplicationModel {
  readonly name: string;
  readonly logoUrl?: string | undefined;
  /** Where the answer goes; its host is shown, and forms may lead there. */
  readonly redirectUri?: string | undefined;
}

/** The current page in another language. */
export interface LanguageLink {
  readonly locale: Locale;
  /** An address on this server; see `language-links.ts`. */
  readonly href: string;
}

/** What every page needs. */
export interface PageModel {
  readonly locale: Locale;
  readonly application?: ApplicationModel | undefined;
  /** Without it the page has no language switch. */
  readonly languageLinks?: readonly LanguageLink[] | undefined;
}

/** A way to sign in. `type` is the connector's type and picks its mark. */
export interface SignInMethod {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** An address on this server. */
  readonly href: string;
}

/** The page on which a person chooses how to sign in. */
export interface ConnectorsModel extends PageModel {
  readonly methods: readonly SignInMethod[];
  /** Where a small form posts when the person would rather not; an address on this server. */
  readonly cancelAction?: string | undefined;
}

/** Why a sign-in failed. It never says which half was wrong (N62). */
export type LoginFailure =
  | { readonly reason: 'wrong-credentials' }
  /** The person cannot be signed in as things are; an administrator can mend it. */
  | { readonly reason: 'account-problem' }
  | { readonly reason: 'throttled'; readonly retryAfterSeconds?: number }
  | { readonly reason: 'unavailable' };

/** The page that asks for a name and a password. */
export interface LoginModel extends PageModel {
  /** Where the form posts `login` and `password`; an address on this server. */
  readonly action: string;
  /** The name of this way to sign in. */
  readonly methodName?: string | undefined;
  /** What to call the first field, as configured: "Email Address". */
  readonly usernamePrompt: string;
  /** What was typed before, kept after a failure; or a hint of the application. */
  readonly login?: string | undefined;
  readonly failure?: LoginFailure | undefined;
  /** The page with the other ways to sign in, if there are any; an address on this server. */
  readonly backHref?: string | undefined;
  readonly cancelAction?: string | undefined;
}

/** The page that asks whether an application may have what it asks for. */
export interface ApprovalModel extends PageModel {
  readonly application: ApplicationModel & { readonly redirectUri: string };
  /** Where the form posts `req`, `hmac` and `approval`; an address on this server. */
  readonly action: string;
  readonly req: string;
  readonly hmac: string;
  readonly scopes: readonly string[];
  /** Display names of the clients named by `audience:server:client_id:…`, by client id. */
  readonly audienceNames?: ReadonlyMap<string, string> | undefined;
  readonly person: { readonly name?: string | undefined; readonly email?: string | undefined };
}

/** What went wrong, in the person's terms. */
export type Problem =
  | 'bad-request'
  | 'unknown-application'
  | 'untrusted-return'
  | 'sign-in-failed'
  | 'not-allowed'
  | 'wrong-browser'
  | 'not-found'
  | 'unavailable'
  | 'internal';

/** Who can do something about it. */
export type Turn = 'try-again' | 'administrator' | 'application-owner';

/** The page that explains an error. */
export interface ErrorModel extends PageModel {
  readonly problem: Problem;
  /** Default: the one that fits the problem. */
  readonly turn?: Turn | undefined;
  /** A fixed public description for whoever helps, such as `redirect_uri is not registered`. Never a message of an exception. */
  readonly detail?: string | undefined;
  /** The short id that is also in the log. */
  readonly reference: string;
  /** An address on this server. */
  readonly startAgainHref?: string | undefined;
  /** The application's own address; left out when it is not on the web. */
  readonly returnHref?: string | undefined;
}

/** The page after signing out. */
export interface SignedOutModel extends PageModel {
  /** The application's own address; left out when it is not on the web. */
  readonly returnHref?: string | undefined;
}

/** The page for a reload, a second submit, the back button or a page left open too long. */
export interface ExpiredModel extends PageModel {
  readonly reason: 'expired' | 'already-used';
  /** An address on this server or the application's own. */
  readonly startAgainHref?: string | undefined;
}
