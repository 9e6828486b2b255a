import { type Authentication, federationErrors } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { type HttpHandler, type HttpRequest, type HttpResponse, invalid } from '@tessera/http';
import { passwordGuessCounter } from '@tessera/oauth';
import { connectorsFor, findConnectorFor } from '../authorization/connectors.ts';
import { pageResponse, repeatableBy } from '../site.ts';
import type { LoginFailure } from '../views/models.ts';
import type { EndpointContext } from './context.ts';
import { endWithError } from './continue.ts';
import { methodRefusal } from './method-refusal.ts';
import { assertIdentified, completeSignIn, NO_USER_ID, noteFailure, retrySeconds } from './sign-in.ts';
import { loginHref, type Step, withFlow } from './step.ts';

/** The form of a password connector: shows it (GET) and checks what was typed (POST `login`, `password`). */
export function passwordLoginEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    withFlow(context, request, request.query().get('state'), async (step) => {
      const { flow, client, subject } = step;
      const connector = findConnectorFor(context, client, flow.connectorId, flow);
      if (connector?.kind !== 'password' || connector.id !== request.segments['connector']) {
        return methodRefusal(context, request, 'not-begun', flow.restart, subject);
      }
      if (request.method === 'GET') return form(context, request, step, 200, { login: flow.loginHint });
      return request.query().has('cancel')
        ? endWithError(context, request, step, 'access_denied', 'The person did not sign in.')
        : submit(context, request, step);
    });
}

async function submit(context: EndpointContext, request: HttpRequest, step: Step): Promise<HttpResponse> {
  const fields = await request.form();
  if (fields.repeated.length > 0) throw invalid(400, 'A field is there more than once.');
  const login = fields.get('login') ?? '';
  const password = fields.get('password') ?? '';
  // N65: nothing typed proves nothing; to some directories an empty password even is a sign-in of nobody.
  const staysSignedIn = fields.get('remember_me') === 'yes';
  if (login === '' || password === '') {
    return form(context, request, step, 401, { login, staysSignedIn, failure: { reason: 'wrong-credentials' } });
  }
  const { connectorId, scopes } = step.flow;
  let authentication: Authentication;
  try {
    const counted = await countGuess(context, request, connectorId, login);
    authentication = assertIdentified(
      await context.federation.login({ connectorId, username: login, password, scopes }),
    );
    await counted.forget();
  } catch (thrown) {
    const error = TesseraError.from(thrown);
    const { status, failure } = judgeFailure(error);
    noteFailure(context, step, error);
    return form(context, request, step, status, { login, staysSignedIn, failure });
  }
  return completeSignIn(context, request, step, { authentication, amr: ['pwd'], staysSignedIn });
}

/**
 * Counts a password before it is looked at, together with those of the grant `password` (N63). Throws TesseraError
 * `resource_exhausted` when there were too many for that name from there (N64).
 */
async function countGuess(
  { storage, logger }: EndpointContext,
  { remoteAddress }: HttpRequest,
  connectorId: string,
  username: string,
): Promise<{ readonly forget: () => Promise<void> }> {
  const guesses = passwordGuessCounter({ connectorId, username, remoteAddress });
  const { count, isAllowed, retryAfterSeconds } = await storage.countAttempt(guesses);
  if (!isAllowed) {
    const message = 'too many passwords were tried for this name from this address';
    throw new TesseraError({
      kind: 'resource_exhausted',
      code: 'authorize.too_many_passwords',
      message,
      retryAfterSeconds,
    });
  }
  return {
    // Who knows the password has not guessed; that it is not forgotten must not cost them their sign-in.
    async forget() {
      if (count === 1) return;
      await storage.forgetAttempts([guesses.key]).catch((err: unknown) => {
        logger.warn({ err }, 'what was counted of a sign-in is not forgotten');
      });
    },
  };
}

/** What a person is told when a sign-in fails: never which half was wrong, and always a way to try again. */
function judgeFailure(error: TesseraError): { readonly status: number; readonly failure: LoginFailure } {
  switch (error.code) {
    case federationErrors.invalidCredentials:
      return { status: 401, failure: { reason: 'wrong-credentials' } };
    case federationErrors.userAmbiguous:
    case federationErrors.notInRequiredGroups:
    case federationErrors.upstreamRefused:
    case NO_USER_ID:
      return { status: 403, failure: { reason: 'account-problem' } };
    default:
      break;
  }
  switch (error.kind) {
    case 'resource_exhausted':
      return { status: 429, failure: { reason: 'throttled', retryAfterSeconds: retrySeconds(error) } };
    case 'unavailable':
    case 'deadline_exceeded':
      return { status: 503, failure: { reason: 'unavailable' } };
    case 'invalid_argument':
    case 'not_found':
    case 'already_exists':
    case 'conflict':
    case 'unauthenticated':
    case 'permission_denied':
    case 'internal':
      throw error;
  }
}

function form(
  context: EndpointContext,
  request: HttpRequest,
  { flow, client, subject, chosenLocale }: Step,
  status: number,
  shown: {
    readonly login?: string | undefined;
    readonly staysSignedIn?: boolean;
    readonly failure?: LoginFailure;
  },
): HttpResponse {
  const connectors = connectorsFor(context, client, flow);
  const connector = connectors.find(({ id }) => id === flow.connectorId);
  // Written anew, not repeated from the request: an address of ours holds nothing that came from outside.
  const action = loginHref(context, flow, chosenLocale);
  const [path = '', query = ''] = action.split('?');
  const repeatable = repeatableBy(request, path, query);
  const { enabled, rememberMeCheckedByDefault } = context.config.sessions;
  const page = context.views.login({
    ...context.site.pageModel(repeatable, subject),
    action,
    cancelAction: `${action}&cancel=yes`,
    methodName: connector?.name,
    usernamePrompt: connector?.usernamePrompt ?? '',
    login: shown.login,
    failure: shown.failure,
    staySignedIn: enabled ? (shown.staysSignedIn ?? flow.staysSignedIn ?? rememberMeCheckedByDefault) : undefined,
    backHref: connectors.length > 1 ? flow.restart : undefined,
  });
  const response = pageResponse(status, page, context.site, repeatable);
  return shown.failure?.reason === 'throttled' && shown.failure.retryAfterSeconds !== undefined
    ? { ...response, headers: { ...response.headers, 'retry-after': String(shown.failure.retryAfterSeconds) } }
    : response;
}
