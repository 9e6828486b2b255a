import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';

/** What went wrong, in words for a person. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** For whoever develops the application. */
  readonly details?: string;
}

/** The browser came back with an answer to no question of this application. */
export const unknownSignIn: Problem = {
  status: 400,
  title: 'This sign-in cannot be finished here',
  text: 'It was started in another browser, finished before, or too long ago. Start again; nothing is lost.',
};

/** A request that this application's own pages do not send. */
export const strangeRequest: Problem = {
  status: 400,
  title: 'That was not understood',
  text: 'The request did not come from a page of this application. Go back to the start and try again.',
};

/** There is no such page. */
export const noSuchPage: Problem = { status: 404, title: 'Nothing here', text: 'There is no such page.' };

/** Any error of a call to the issuer as a problem that says whose turn it is. */
export function problemOf(error: unknown, issuer: string): Problem {
  if (error instanceof AuthorizationResponseError) return refusal(error);
  if (error instanceof WWWAuthenticateChallengeError) {
    return {
      status: 502,
      title: 'The issuer does not accept the access token',
      text: 'It does not accept the access token any more: it expired, or was revoked. Sign out here, and sign in again.',
    };
  }
  // RFC 6749 §5.2: also what a revoked or expired refresh token is answered with.
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant') {
    return {
      status: 502,
      title: 'The issuer refused',
      text: 'What this application holds is not valid any more: it expired, was revoked, or was used before. Sign in again.',
      details: describe(error.error, error.error_description),
    };
  }
  if (error instanceof ResponseBodyError) {
    return {
      status: 502,
      title: 'The issuer refused',
      text: 'It did not accept what this application sent. If that happens again, tell the owner of the application.',
      details: describe(error.error, error.error_description),
    };
  }
  if (isUnreachable(error)) {
    return {
      status: 502,
      title: 'The sign-in service does not answer',
      text: `Nothing answers at ${issuer}. Is it running? Try again in a moment.`,
    };
  }
  return {
    status: 502,
    title: 'The answer of the sign-in service was not as expected',
    text: 'It was not used. Try again; if that happens again, tell the owner of the application.',
    details: error instanceof Error ? error.message : String(error),
  };
}

/** Errors that come back with the browser (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6). */
function refusal({ error, error_description: description }: AuthorizationResponseError): Problem {
  const details = describe(error, description);
  switch (error) {
    case 'access_denied':
      return {
        status: 403,
        title: 'You are not signed in',
        text: 'Signing in was refused: you did not allow it, or you may not use this application. You can start again.',
        details,
      };
    case 'login_required':
    case 'consent_required':
    case 'interaction_required':
    case 'account_selection_required':
      return {
        status: 403,
        title: 'You are not signed in yet',
        text: 'The issuer would have had to ask you something, and was told not to. Start again without that.',
        details,
      };
    case 'temporarily_unavailable':
    case 'server_error':
      return { status: 503, title: 'The sign-in service has a problem', text: 'Try again in a moment.', details };
    default:
      return {
        status: 400,
        title: 'The issuer refused the request',
        text: 'Tell the owner of this application what stands below.',
        details,
      };
  }
}

function describe(error: string, description: string | undefined): string {
  return description === undefined ? error : `${error}: ${description}`;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'OAUTH_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && UNREACHABLE.has(cause.code)) return true;
  }
  return false;
}
