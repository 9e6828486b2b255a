import { createHash, randomBytes } from 'node:crypto';
import { createUserAgent, type Page, type UserAgent } from '@tessera/testkit';
import { ADMIN, APP, CALLBACK } from './system-config.ts';

/** How a test signs in. Everything has a default: the example application, the local person, consent given. */
export interface SignInOptions {
  readonly issuer: string;
  readonly agent?: UserAgent;
  readonly connector?: string;
  readonly clientId?: string;
  readonly redirectUri?: string;
  readonly scope?: string;
  readonly login?: string;
  readonly password?: string;
  readonly codeVerifier?: string;
  /** Further parameters of the authorization request; undefined leaves one out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
}

/** The address of an authorization request. */
export function authorizationUrl(options: SignInOptions): URL {
  const url = new URL(`${options.issuer}/auth`);
  const parameters: Record<string, string | undefined> = {
    client_id: options.clientId ?? APP.id,
    redirect_uri: options.redirectUri ?? CALLBACK,
    response_type: 'code',
    scope: options.scope ?? 'openid email profile groups offline_access',
    state: 'some-state',
    connector_id: options.connector ?? 'local',
    ...(options.codeVerifier === undefined
      ? {}
      : {
          code_challenge: createHash('sha256').update(options.codeVerifier).digest('base64url'),
          code_challenge_method: 'S256',
        }),
    ...options.parameters,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

/** A code verifier (RFC 7636 §4.1). */
export function createVerifier(): string {
  return randomBytes(32).toString('base64url');
}

/** Signs in through the pages, as a browser without script does, and returns where the client is sent in the end. */
export async function signIn(options: SignInOptions): Promise<URL> {
  const agent = options.agent ?? createUserAgent({ stopAt: options.redirectUri ?? CALLBACK });
  const page = await walkPages(agent, authorizationUrl(options), options);
  if (!page.isStopped)
    throw new Error(`sign-in ended at ${page.url.pathname} with ${page.status}: ${page.body.slice(0, 400)}`);
  return page.url;
}

/** Goes to an address, signs in and agrees where that is asked for, and returns the page where there is no more of it. */
export async function walkPages(
  agent: UserAgent,
  url: URL | string,
  person: Pick<SignInOptions, 'login' | 'password'> = {},
): Promise<Page> {
  let page = await agent.get(url);
  if (!page.isStopped && page.url.pathname.endsWith('/login')) {
    page = await agent.submit(page.form('login', 'password'), {
      fields: { login: person.login ?? ADMIN.login, password: person.password ?? ADMIN.password },
    });
  }
  if (!page.isStopped && page.url.pathname.endsWith('/approval') && page.status === 200) {
    page = await agent.submit(page.form('req', 'hmac'), { button: 'approval' });
  }
  return page;
}

/** The code of an answer; throws when it is an error. */
export function codeOf(answer: URL): string {
  const code = answer.searchParams.get('code');
  if (code === null)
    throw new Error(`no code but ${answer.searchParams.get('error')}: ${answer.searchParams.get('error_description')}`);
  return code;
}

/** A client's id and, for a confidential one, its secret. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret?: string;
}

/** An answer of an endpoint that speaks JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Posts a form with the client's credentials in the `Authorization` header, or its id alone in the form. */
export async function post(
  url: string,
  form: Readonly<Record<string, string>>,
  client: ClientCredentials = APP,
): Promise<JsonAnswer> {
  const isConfidential = client.secret !== undefined;
  const response = await fetch(url, {
    method: 'POST',
    headers: isConfidential
      ? { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` }
      : {},
    body: new URLSearchParams(isConfidential ? form : { ...form, client_id: client.id }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Redeems a code at the token endpoint. */
export function redeem(
  issuer: string,
  code: string,
  extra: Readonly<Record<string, string>> = {},
  client?: ClientCredentials,
): Promise<JsonAnswer> {
  return post(`${issuer}/token`, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...extra }, client);
}

/** Uses a refresh token. */
export function refresh(
  issuer: string,
  token: string,
  extra: Readonly<Record<string, string>> = {},
  client?: ClientCredentials,
): Promise<JsonAnswer> {
  return post(`${issuer}/token`, { grant_type: 'refresh_token', refresh_token: token, ...extra }, client);
}

/** Tokens of one sign-in; throws when the token endpoint refuses. */
export async function signInForTokens(
  options: SignInOptions,
): Promise<{ access_token: string; id_token: string; refresh_token: string }> {
  const answer = await redeem(options.issuer, codeOf(await signIn(options)));
  if (answer.status !== 200) throw new Error(`token endpoint: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as { access_token: string; id_token: string; refresh_token: string };
}
