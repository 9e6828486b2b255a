import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  fetchUserInfo,
  type IDToken,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client';
import { createLogoutTokenVerifier, type LogoutTokenVerifier } from './logout-token.ts';
import type { RelyingPartyOptions } from './options.ts';

/** What the application keeps of a sign-in it has started, until the browser comes back. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** The tokens of a person who is signed in. */
export interface Tokens {
  readonly idToken: string;
  /** Claims of the ID token, verified. */
  readonly idClaims: IDToken;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

/** A sign-in as it is asked for. */
export interface SignInRequest {
  readonly scopes: readonly string[];
  /** Further parameters of the authorization request, e.g. `prompt`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the application asks of the issuer. */
export interface Issuer {
  /** Where to send the browser, and what to remember of it. */
  begin(request: SignInRequest): Promise<{ readonly url: URL; readonly pending: PendingSignIn }>;
  /** Turns the answer that came with the browser into tokens, and verifies everything about it. */
  complete(answer: URL, pending: PendingSignIn): Promise<Tokens>;
  refresh(tokens: Tokens): Promise<Tokens>;
  userInfo(tokens: Tokens): Promise<unknown>;
  introspect(token: string): Promise<unknown>;
  revoke(token: string): Promise<void>;
  /** Where to send the browser so that the person is signed out of the issuer too (RP-Initiated Logout §2). */
  endSession(tokens: Tokens, returnTo: string): Promise<URL>;
  /** What a logout token says, verified (Back-Channel Logout §2.6). Undefined for a bad one. */
  readonly readLogoutToken: LogoutTokenVerifier;
}

const TIMEOUT_SECONDS = 10;

/** The issuer, found by discovery (OIDC Discovery §4) when first needed and asked again until it answers. */
export function createIssuer(options: RelyingPartyOptions & { readonly redirectUri: string }): Issuer {
  let found: Promise<Configuration> | undefined;
  let verifier: LogoutTokenVerifier | undefined;
  const configuration = (): Promise<Configuration> => {
    found ??= discover(options).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  return {
    async begin({ scopes, parameters }) {
      const pending = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
      const url = buildAuthorizationUrl(await configuration(), {
        ...parameters,
        scope: scopes.join(' '),
        redirect_uri: options.redirectUri,
        state: pending.state,
        nonce: pending.nonce,
        // RFC 7636 §4.3
        code_challenge: await calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url, pending };
    },
    async complete(answer, { state, nonce, codeVerifier }) {
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      };
      return tokensOf(await authorizationCodeGrant(await configuration(), answer, checks));
    },
    async refresh(tokens) {
      if (tokens.refreshToken === undefined) throw new Error('there is no refresh token');
      return tokensOf(await refreshTokenGrant(await configuration(), tokens.refreshToken), tokens);
    },
    userInfo: async ({ accessToken, idClaims }) => fetchUserInfo(await configuration(), accessToken, idClaims.sub),
    introspect: async (token) => tokenIntrospection(await configuration(), token),
    revoke: async (token) => tokenRevocation(await configuration(), token),
    endSession: async ({ idToken }, returnTo) =>
      buildEndSessionUrl(await configuration(), { id_token_hint: idToken, post_logout_redirect_uri: returnTo }),
    async readLogoutToken(token) {
      const metadata = (await configuration()).serverMetadata();
      verifier ??= createLogoutTokenVerifier({ metadata, clientId: options.clientId });
      return verifier(token);
    },
  };
}

function discover({ issuer, clientId, clientSecret }: RelyingPartyOptions): Promise<Configuration> {
  const server = new URL(issuer);
  const authentication = clientSecret === undefined ? None() : ClientSecretBasic(clientSecret);
  return discovery(server, clientId, undefined, authentication, {
    timeout: TIMEOUT_SECONDS,
    // An issuer on this machine may do without TLS; any other has to be https.
    execute: server.protocol === 'http:' ? [allowInsecureRequests] : [],
  });
}

/** A refresh may leave the refresh token and the ID token as they are. */
function tokensOf(answer: TokenEndpointResponse & TokenEndpointResponseHelpers, before?: Tokens): Tokens {
  const idToken = answer.id_token ?? before?.idToken;
  const idClaims = answer.claims() ?? before?.idClaims;
  if (idToken === undefined || idClaims === undefined) throw new Error('there is no ID token in the answer');
  return {
    idToken,
    idClaims,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? before?.refreshToken,
  };
}
