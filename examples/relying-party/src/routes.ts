import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Issuer, Tokens } from './issuer.ts';
import { homePage, knownPrompts, knownScopes } from './pages/home.ts';
import { problemPage } from './pages/problem.ts';
import { signedInPage } from './pages/signed-in.ts';
import { stylesheet } from './pages/stylesheet.ts';
import { noSuchPage, type Problem, problemOf, strangeRequest, unknownSignIn } from './problem.ts';
import { type Notice, remember, type Session, type Sessions } from './sessions.ts';

/** What the routes work with. */
export interface RouteContext {
  readonly issuerId: string;
  readonly redirectUri: string;
  readonly issuer: Issuer;
  readonly sessions: Sessions;
}

interface Request {
  readonly url: URL;
  readonly session: Session | undefined;
  readonly form: URLSearchParams;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Route = (context: RouteContext, request: Request) => Promise<Answer>;

const routes: Readonly<Record<string, Route>> = {
  'GET /': home,
  'GET /style.css': async () => ({ status: 200, headers: { 'content-type': 'text/css' }, body: stylesheet }),
  'POST /login': login,
  'POST /refresh': refresh,
  'POST /introspect': introspect,
  'POST /revoke': revoke,
  'POST /signout': signOut,
  'POST /signout-everywhere': signOutEverywhere,
  'GET /logout/frontchannel': frontChannelLogout,
  'POST /logout/backchannel': backChannelLogout,
};

/** What the issuer itself posts, without a page of ours. */
const fromIssuer: ReadonlySet<string> = new Set(['POST /logout/backchannel']);

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Not no-referrer: browsers would then not say where a form comes from.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'content-type': 'text/html; charset=utf-8',
};

const MAX_FORM_BYTES = 16_384;

/** Answers the application's requests. */
export function createListener(context: RouteContext): (message: IncomingMessage, response: ServerResponse) => void {
  return (message, response) => {
    void answerRequest(context, message).then(({ status, headers: own, body = '' }) => {
      response.writeHead(status, { ...headers, ...own });
      response.end(message.method === 'HEAD' ? undefined : body);
    });
  };
}

async function answerRequest(context: RouteContext, message: IncomingMessage): Promise<Answer> {
  const base = new URL(context.redirectUri);
  const url = URL.parse(message.url ?? '/', base);
  const method = message.method === 'HEAD' ? 'GET' : (message.method ?? 'GET');
  if (url === null || url.origin !== base.origin) return problemAnswer(strangeRequest);
  try {
    const session = context.sessions.find(message.headers.cookie);
    if (method === 'GET' && url.pathname === base.pathname)
      return await callback(context, { url, session, form: url.searchParams });
    const name = `${method} ${url.pathname}`;
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (route === undefined) return problemAnswer(noSuchPage);
    if (method === 'POST' && !fromIssuer.has(name) && !isOwnForm(message, base)) return problemAnswer(strangeRequest);
    const form = method === 'POST' ? await readForm(message) : url.searchParams;
    return await route(context, { url, session, form });
  } catch (error) {
    return problemAnswer(problemOf(error, context.issuerId));
  }
}

/** Other sites must not press the application's buttons. Browsers say where a form comes from. */
function isOwnForm(message: IncomingMessage, base: URL): boolean {
  const { origin, host } = message.headers;
  return origin === undefined || origin === base.origin || origin === `http://${host}`;
}

async function readForm(message: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  message.setEncoding('utf8');
  for await (const chunk of message as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) throw new Error('the form is too large');
  }
  return new URLSearchParams(text);
}

async function home({ issuer, issuerId }: RouteContext, { session }: Request): Promise<Answer> {
  const notice = session?.notice;
  if (session !== undefined) session.notice = undefined;
  if (session?.tokens === undefined) return { status: 200, body: homePage(issuerId, notice) };
  const userInfo = await issuer.userInfo(session.tokens).then(
    (claims) => ({ claims }),
    (error: unknown) => ({ problem: sentence(problemOf(error, issuerId)) }),
  );
  return { status: 200, body: signedInPage({ tokens: session.tokens, userInfo, notice }) };
}

async function login(
  { issuer, sessions }: RouteContext,
  { session = sessions.create(), form }: Request,
): Promise<Answer> {
  const prompt = form.get('prompt') ?? '';
  const connector = form.get('connector_id')?.trim() ?? '';
  const { url, pending } = await issuer.begin({
    scopes: ['openid', ...form.getAll('scope').filter((scope) => knownScopes.includes(scope))],
    parameters: {
      ...(knownPrompts.includes(prompt) ? { prompt } : {}),
      ...(connector === '' ? {} : { connector_id: connector }),
    },
  });
  remember(session, pending);
  return { status: 303, headers: { location: url.href, 'set-cookie': sessions.cookie(session) } };
}

async function callback({ issuer, sessions, redirectUri }: RouteContext, { url, session }: Request): Promise<Answer> {
  const state = url.searchParams.get('state') ?? '';
  const pending = session?.pending.get(state);
  if (session === undefined || pending === undefined) return problemAnswer(unknownSignIn);
  // Whatever comes of it: an answer is taken once.
  session.pending.delete(state);
  const answer = new URL(redirectUri);
  answer.search = url.search;
  const tokens = await issuer.complete(answer, pending);
  // A new identifier, so that nobody who knew the old one is signed in with it.
  sessions.remove(session);
  const signedIn = sessions.create();
  signedIn.tokens = tokens;
  // Sign-ins under way in other tabs go on.
  for (const other of session.pending.values()) remember(signedIn, other);
  return { status: 303, headers: { location: '/', 'set-cookie': sessions.cookie(signedIn) } };
}

async function refresh(context: RouteContext, request: Request): Promise<Answer> {
  return act(context, request, async (tokens, session) => {
    session.tokens = await context.issuer.refresh(tokens);
    return { kind: 'good', title: 'Refreshed', text: 'Below are the new tokens.' };
  });
}

async function introspect(context: RouteContext, request: Request): Promise<Answer> {
  return act(context, request, async ({ accessToken, refreshToken }) => {
    const isRefresh = request.form.get('token') === 'refresh_token';
    const details = await context.issuer.introspect(isRefresh ? (refreshToken ?? '') : accessToken);
    const title = isRefresh ? 'Introspection of the refresh token' : 'Introspection of the access token';
    return { kind: 'good', title, text: 'What the issuer says about it (RFC 7662):', details };
  });
}

async function revoke(context: RouteContext, request: Request): Promise<Answer> {
  return act(context, request, async ({ accessToken, refreshToken }) => {
    await context.issuer.revoke(refreshToken ?? accessToken);
    const text = 'The issuer does not accept it any more (RFC 7009). Try to refresh or introspect.';
    return { kind: 'good', title: 'Revoked', text };
  });
}

async function signOut({ sessions }: RouteContext, { session }: Request): Promise<Answer> {
  if (session !== undefined) sessions.remove(session);
  return { status: 303, headers: { location: '/', 'set-cookie': sessions.expiredCookie } };
}

/** RP-Initiated Logout §2: here, and at the issuer, which tells the other applications and sends the browser back. */
async function signOutEverywhere(
  { issuer, sessions, redirectUri }: RouteContext,
  { session }: Request,
): Promise<Answer> {
  if (session !== undefined) sessions.remove(session);
  const home = new URL('/', redirectUri).href;
  const location = session?.tokens === undefined ? home : (await issuer.endSession(session.tokens, home)).href;
  return { status: 303, headers: { location, 'set-cookie': sessions.expiredCookie } };
}

/** Front-Channel Logout §2: in a frame of the issuer's page, where a browser sends no cookie of ours; `sid` says which session. */
async function frontChannelLogout({ sessions, issuerId }: RouteContext, { form }: Request): Promise<Answer> {
  const sid = form.get('sid');
  if (form.get('iss') === issuerId && sid !== null) sessions.removeBy({ sid });
  const policy = `default-src 'none'; frame-ancestors ${new URL(issuerId).origin}`;
  return {
    status: 200,
    headers: { 'content-security-policy': policy },
    body: '<!doctype html><title>Signed out</title>',
  };
}

/** Back-Channel Logout §2.8. Where the token cannot be judged the answer is an error of ours, so that the issuer tries again. */
async function backChannelLogout({ issuer, sessions }: RouteContext, { form }: Request): Promise<Answer> {
  const claims = await issuer.readLogoutToken(form.get('logout_token') ?? '');
  const headers = { 'content-type': 'application/json' };
  if (claims === undefined) return { status: 400, headers, body: '{"error":"invalid_request"}' };
  sessions.removeBy(claims);
  return { status: 200, headers, body: '{}' };
}

/** Does something with the tokens and shows what came of it on the home page. */
async function act(
  { issuerId }: RouteContext,
  { session }: Request,
  work: (tokens: Tokens, session: Session) => Promise<Notice>,
): Promise<Answer> {
  if (session?.tokens !== undefined) {
    session.notice = await work(session.tokens, session).catch((error: unknown): Notice => {
      const problem = problemOf(error, issuerId);
      return { kind: 'bad', title: problem.title, text: sentence(problem) };
    });
  }
  return { status: 303, headers: { location: '/' } };
}

function sentence({ text, details }: Problem): string {
  return details === undefined ? text : `${text} (${details})`;
}

function problemAnswer(problem: Problem): Answer {
  return { status: problem.status, body: problemPage(problem) };
}
