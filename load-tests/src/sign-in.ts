import { createHash, randomBytes } from 'node:crypto';
import { createUserAgent, type UserAgent } from '@tessera/testkit';

/** An application and a person who signs in to it. */
export interface SignIn {
  /** The issuer, as its configuration says. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  readonly login: string;
  readonly password: string;
}

/** Signs in through the front door as a browser does, and returns the refresh token. Throws with what came instead. */
export async function signInForRefreshToken(signIn: SignIn): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const browser = createUserAgent({ stopAt: signIn.redirectUri });
  const code = await obtainCode(browser, signIn, verifier);
  const response = await fetch(`${signIn.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basicCredentials(signIn) },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: signIn.redirectUri,
      code_verifier: verifier,
    }),
  });
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  const refreshToken = answer['refresh_token'];
  if (typeof refreshToken === 'string') return refreshToken;
  const error = typeof answer['error'] === 'string' ? answer['error'] : 'and no refresh token';
  throw new Error(`the code was answered with ${response.status} ${error}`);
}

async function obtainCode(browser: UserAgent, signIn: SignIn, verifier: string): Promise<string> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: signIn.clientId,
    redirect_uri: signIn.redirectUri,
    scope: 'openid email profile groups offline_access',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(8).toString('hex'),
  });
  const page = await browser.get(`${signIn.issuer}/auth/local?${query.toString()}`);
  const form = page.form('login', 'password');
  const end = await browser.submit(form, { fields: { login: signIn.login, password: signIn.password } });
  const code = end.url.searchParams.get('code');
  if (end.isStopped && code !== null) return code;
  throw new Error(`the sign-in ended with ${end.status} at ${end.url.pathname} instead of the application`);
}

function basicCredentials({ clientId, clientSecret }: SignIn): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`;
}
