import type { ConsentScope } from '../consent/consent-scopes.ts';
import type { Locale } from '../locales/catalogue.ts';

/** The application that sent the person here. */
export interface ApplicationModel {
  readonly name: string;
  readonly logoUrl?: string | undefined;
  /** Where the answer goes; its host is shown, and forms may lead there. */
  readonly redirectUri?: string | undefined;
  /** It runs on a device, and that is where the answer goes (RFC 8628). Default false. */
  readonly isOnDevice?: boolean | undefined;
  /** Its own page, privacy policy and terms (RFC 7591 §2); shown where they are on the web. */
  readonly clientUri?: string | undefined;
  readonly policyUri?: string | undefined;
  readonly tosUri?: string | undefined;
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
  /** Undefined = nothing is kept, so there is nothing to choose. */
  readonly staySignedIn?: StaySignedInLink | undefined;
}

/** Whether the browser keeps the sign-in when it is closed, and the same page with the other choice. */
export interface StaySignedInLink {
  readonly isOn: boolean;
  /** An address on this server. */
  readonly otherHref: string;
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
  /** Whether the box by which the browser keeps the sign-in is ticked; undefined = there is no such box. */
  readonly staySignedIn?: boolean | undefined;
  /** The page with the other ways to sign in, if there are any; an address on this server. */
  readonly backHref?: string | undefined;
  readonly cancelAction?: string | undefined;
}

/** The page that asks whether an application may have what it asks for. */
export interface ApprovalModel extends PageModel {
  readonly application: ApplicationModel & { readonly redirectUri: string };
  /** Where the form posts `req`, `hmac`, `approval` and the boxes that are ticked; an address on this server. */
  readonly action: string;
  readonly req: string;
  readonly hmac: string;
  readonly scopes: readonly ConsentScope[];
  /** Claims that are asked for one by one, by wire name; the person can only agree to them with the rest. */
  readonly claims?: readonly string[] | undefined;
  /** Whether the answer can be remembered. Default false. */
  readonly canRemember?: boolean | undefined;
  /** Display names of the clients named by `audience:server:client_id:…`, by client id. */
  readonly audienceNames?: ReadonlyMap<string, string> | undefined;
  readonly person: { readonly name?: string | undefined; readonly email?: string | undefined };
}

/** Why a user code leads no further. It never says whether there was one like it (N62). */
export type UserCodeFailure =
  | { readonly reason: 'unknown' }
  /** The form was not ours, or not this browser's. */
  | { readonly reason: 'stale' }
  | { readonly reason: 'throttled'; readonly retryAfterSeconds: number };

/** The page that asks for the code a device shows. */
export interface DeviceCodeModel extends PageModel {
  /** Where the form posts `user_code` and `hmac`; an address on this server. */
  readonly action: string;
  readonly hmac: string;
  /** What was typed before, or came with the address. */
  readonly userCode?: string | undefined;
  readonly failure?: UserCodeFailure | undefined;
}

/** The page that asks whether the person began what a device asks for. */
export interface DeviceConfirmModel extends PageModel {
  readonly application: ApplicationModel;
  readonly userCode: string;
  /** How long ago the device asked, in seconds. */
  readonly begunSecondsAgo: number;
  readonly scopes: readonly ConsentScope[];
  readonly audienceNames?: ReadonlyMap<string, string> | undefined;
  /** To the sign-in; an address on this server. */
  readonly continueHref: string;
  /** Where a form posts that the person did not begin it; an address on this server. */
  readonly refuseAction: string;
}

/** The page at the end: what became of a device's request. `gone`: it expired, or was decided before. */
export interface DeviceEndModel extends PageModel {
  readonly outcome: 'approved' | 'refused' | 'gone';
  /** To the page that asks for a code; an address on this server. */
  readonly startAgainHref: string;
}

/** What went wrong, in the person's terms. */
export type Problem =
  | 'bad-request'
  | 'bad-logout'
  | 'unknown-application'
  | 'untrusted-return'
  | 'sign-in-failed'
  | 'not-allowed'
  | 'wrong-browser'
  | 'not-found'
  | 'unavailable'
  | 'internal';

/** Who can do something about it. */
export type Turn = 'try-again' | 'from-application' | 'administrator' | 'application-owner';

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

/** The page that asks whether the person wants to sign out. */
export interface LogoutQuestionModel extends PageModel {
  /** Where the form posts `logout` and the fields; an address on this server. */
  readonly action: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly person: { readonly name?: string | undefined; readonly email?: string | undefined };
  /** Where the person may be led after signing out, by way of where. */
  readonly leadsTo: readonly string[];
}

/** The page that tells applications of a logout in frames, and then goes on (OIDC Front-Channel Logout §3). */
export interface LogoutFramesModel extends PageModel {
  /** Addresses of the frames. */
  readonly frames: readonly string[];
  /** An address on this server or on the web. */
  readonly continueHref: string;
}

/** The page for a person who would rather not sign out. */
export interface StillSignedInModel extends PageModel {
  /** The application's own address; left out when it is not on the web. */
  readonly returnHref?: string | undefined;
}

/** The page after signing out. */
export interface SignedOutModel extends PageModel {
  /** The application's own address; left out when it is not on the web. */
  readonly returnHref?: string | undefined;
  /** Addresses that are loaded beside it, so that applications forget the person (OIDC Front-Channel Logout §3). */
  readonly frames?: readonly string[] | undefined;
}

/** The page for a reload, a second submit, the back button or a page left open too long. */
export interface ExpiredModel extends PageModel {
  readonly reason: 'expired' | 'already-used';
  /** An address on this server or the application's own. */
  readonly startAgainHref?: string | undefined;
}

/** The page that posts an answer to the application (OAuth 2.0 Form Post Response Mode §2). */
export interface FormPostModel extends PageModel {
  /** An `https:` or `http:` address that is known to be the client's. */
  readonly redirectUri: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}
