import type { JWTPayload } from 'jose';
import { expect } from 'vitest';
import { expectSuccess } from '../conditions/authorization-answer.ts';
import { expectTokens, expectUserinfo } from '../conditions/endpoint-answers.ts';
import { expectIdToken } from '../conditions/id-token.ts';
import { type AuthorizationRequest, authorize, type RequestChoices } from './authorize.ts';
import { type BearerMethod, type EndpointAnswer, requestTokens, requestUserinfo, type SecretMethod } from './client.ts';
import type { ModuleRun } from './module-run.ts';

/** How a whole flow goes. */
export interface FlowChoices extends RequestChoices {
  /** `client_secret_basic` when left out. */
  readonly secretMethod?: SecretMethod;
  /** Further parameters of the token request. */
  readonly tokenForm?: Readonly<Record<string, string>>;
  /** How userinfo is asked; `get` when left out. */
  readonly bearerMethod?: BearerMethod;
}

/** What a flow gave, all of it verified. */
export interface FlowResult {
  readonly request: AuthorizationRequest;
  readonly code: string | undefined;
  /** Of the token endpoint where there is a code, else of the authorization endpoint. */
  readonly idToken: string;
  readonly claims: JWTPayload;
  /** The last access token; undefined where none is issued. */
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Undefined where no access token is issued. */
  readonly userinfo: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The whole flow of the response type, with everything checked that is checked in every module: the answer at the client, ID
 * tokens of both endpoints, the answer of the token endpoint, and userinfo with each access token.
 */
export async function completeFlow(run: ModuleRun, choices: FlowChoices = {}): Promise<FlowResult> {
  const request = await authorize(run, choices);
  const { parameters } = expectSuccess(request.visit, request);
  const code = parameters.get('code');
  const front = await frontTokens(request, parameters);
  const back = code === undefined ? undefined : await redeem(request, code, choices);
  const last = back ?? front;
  if (last.idToken === undefined || last.claims === undefined) return expect.fail('there is no ID token');
  // OIDC Core §3.3.3.6: both are about the same person and sign-in.
  if (front.claims !== undefined) expect(last.claims.sub).toBe(front.claims.sub);
  const accessTokens = [front.accessToken, back?.accessToken].filter((token) => token !== undefined);
  let userinfo: EndpointAnswer | undefined;
  for (const token of accessTokens) {
    userinfo = await requestUserinfo(run.provider.endpoint('userinfo_endpoint'), token, choices.bearerMethod);
    expectUserinfo(userinfo, request, last.claims.sub);
  }
  return {
    request,
    code,
    idToken: last.idToken,
    claims: last.claims,
    accessToken: accessTokens.at(-1),
    refreshToken: back?.refreshToken,
    userinfo: userinfo?.body,
  };
}

/** Redeems a code and says what came of it, right or wrong. */
export function redeemCode(
  { provider, client, redirectUri }: Pick<AuthorizationRequest, 'provider' | 'client' | 'redirectUri'>,
  code: string,
  { secretMethod, tokenForm = {} }: Pick<FlowChoices, 'secretMethod' | 'tokenForm'> = {},
): Promise<EndpointAnswer> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...tokenForm };
  return requestTokens(provider.endpoint('token_endpoint'), client, form, secretMethod);
}

interface IssuedTokens {
  readonly idToken: string | undefined;
  readonly claims: JWTPayload | undefined;
  readonly accessToken: string | undefined;
  readonly refreshToken?: string | undefined;
}

async function frontTokens(
  request: AuthorizationRequest,
  parameters: ReadonlyMap<string, string>,
): Promise<IssuedTokens> {
  const idToken = parameters.get('id_token');
  const accessToken = parameters.get('access_token');
  const company = { accessToken, code: parameters.get('code') };
  const claims = idToken === undefined ? undefined : await expectIdToken(idToken, request, 'front', company);
  return { idToken, claims, accessToken };
}

async function redeem(request: AuthorizationRequest, code: string, choices: FlowChoices): Promise<IssuedTokens> {
  const answer = await redeemCode(request, code, choices);
  expectTokens(answer);
  const idToken = String(answer.body['id_token']);
  const accessToken = String(answer.body['access_token']);
  const claims = await expectIdToken(idToken, request, 'token endpoint', { accessToken, code });
  const refreshToken = answer.body['refresh_token'] as string | undefined;
  return { idToken, claims, accessToken, refreshToken };
}
