import type { CodeChallengeMethod } from './pkce.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';
import { USERINFO_CLAIMS } from './userinfo-claims.ts';

/** The discovery document (OIDC Discovery §3, RFC 8414 §2), by wire names. An endpoint that is switched off is absent. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint?: string;
  readonly token_endpoint?: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint?: string;
  readonly device_authorization_endpoint?: string;
  readonly introspection_endpoint?: string;
  readonly introspection_endpoint_auth_methods_supported?: readonly string[];
  readonly revocation_endpoint?: string;
  readonly revocation_endpoint_auth_methods_supported?: readonly string[];
  readonly end_session_endpoint?: string;
  readonly pushed_authorization_request_endpoint?: string;
  readonly registration_endpoint?: string;
  readonly grant_types_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly response_modes_supported: readonly string[];
  readonly subject_types_supported: readonly string[];
  readonly id_token_signing_alg_values_supported: readonly SigningAlgorithm[];
  readonly code_challenge_methods_supported: readonly CodeChallengeMethod[];
  readonly scopes_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly claims_supported: readonly string[];
  readonly prompt_values_supported: readonly string[];
  readonly ui_locales_supported: readonly string[];
  readonly authorization_response_iss_parameter_supported: true;
  readonly claims_parameter_supported: false;
  readonly request_parameter_supported: false;
  readonly request_uri_parameter_supported: false;
}

/** The endpoints that metadata may list, with their paths below the issuer (Dex's where Dex has them). */
export const ENDPOINT_PATHS = {
  authorization: '/auth',
  token: '/token',
  jwks: '/keys',
  userinfo: '/userinfo',
  deviceAuthorization: '/device/code',
  introspection: '/token/introspect',
  revocation: '/token/revoke',
  endSession: '/logout',
  pushedAuthorizationRequest: '/par',
  registration: '/register',
} as const;

/** Name of an endpoint in {@link ENDPOINT_PATHS}. */
export type EndpointName = keyof typeof ENDPOINT_PATHS;

/** What this installation has switched on. */
export interface MetadataInput {
  /** Without a trailing slash. */
  readonly issuer: string;
  /** Endpoints that exist; the JWKS always does. */
  readonly endpoints: readonly EndpointName[];
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly responseModes: readonly string[];
  /** Algorithms ID tokens may be signed with, the usual one first. */
  readonly signingAlgorithms: readonly SigningAlgorithm[];
  readonly codeChallengeMethods: readonly CodeChallengeMethod[];
  readonly scopes: readonly string[];
  /** Default `client_secret_basic`, `client_secret_post` and `none`. */
  readonly tokenEndpointAuthMethods?: readonly string[];
  /** Default `none`, `login`, `consent` and `select_account`. */
  readonly promptValues?: readonly string[];
  /** BCP 47 tags in canonical case. Default `en` and `zh-CN`. */
  readonly uiLocales?: readonly string[];
}

/** Claims that tokens carry about themselves; the rest of `claims_supported` is about the person. */
const TOKEN_CLAIMS = ['iss', 'aud', 'iat', 'exp', 'auth_time', 'nonce', 'at_hash', 'c_hash', 'azp'] as const;

/**
 * Builds the discovery document (OIDC Discovery §3, RFC 8414 §2, RFC 9207 §3). Only what is switched on is listed; the grant
 * `implicit` only when a response type yields a token at the authorization endpoint. Introspection and revocation need an
 * authenticated client, so `none` is not among their methods.
 */
export function authorizationServerMetadata(input: MetadataInput): AuthorizationServerMetadata {
  const authMethods = input.tokenEndpointAuthMethods ?? ['client_secret_basic', 'client_secret_post', 'none'];
  const confidentialMethods = authMethods.filter((method) => method !== 'none');
  const has = (name: EndpointName) => input.endpoints.includes(name);
  const url = (name: EndpointName) => `${input.issuer}${ENDPOINT_PATHS[name]}`;
  return {
    issuer: input.issuer,
    ...(has('authorization') && { authorization_endpoint: url('authorization') }),
    ...(has('token') && { token_endpoint: url('token') }),
    jwks_uri: url('jwks'),
    ...(has('userinfo') && { userinfo_endpoint: url('userinfo') }),
    ...(has('deviceAuthorization') && { device_authorization_endpoint: url('deviceAuthorization') }),
    ...(has('introspection') && {
      introspection_endpoint: url('introspection'),
      introspection_endpoint_auth_methods_supported: confidentialMethods,
    }),
    ...(has('revocation') && {
      revocation_endpoint: url('revocation'),
      revocation_endpoint_auth_methods_supported: confidentialMethods,
    }),
    ...(has('endSession') && { end_session_endpoint: url('endSession') }),
    ...(has('pushedAuthorizationRequest') && {
      pushed_authorization_request_endpoint: url('pushedAuthorizationRequest'),
    }),
    ...(has('registration') && { registration_endpoint: url('registration') }),
    ...capabilities(input),
    token_endpoint_auth_methods_supported: authMethods,
  };
}

type Capabilities = Pick<
  AuthorizationServerMetadata,
  Exclude<
    Extract<keyof AuthorizationServerMetadata, `${string}_supported`>,
    `${'token' | 'introspection' | 'revocation'}_endpoint_auth_methods_supported`
  >
>;

function capabilities(input: MetadataInput): Capabilities {
  const hasFrontChannelTokens = input.responseTypes.some((type) => type.split(' ').some((word) => word !== 'code'));
  return {
    grant_types_supported: input.grantTypes.filter((grant) => grant !== 'implicit' || hasFrontChannelTokens).toSorted(),
    response_types_supported: input.responseTypes.toSorted(),
    response_modes_supported: input.responseModes,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: input.signingAlgorithms,
    code_challenge_methods_supported: input.codeChallengeMethods,
    scopes_supported: input.scopes,
    claims_supported: [...TOKEN_CLAIMS, ...USERINFO_CLAIMS],
    prompt_values_supported: input.promptValues ?? ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: input.uiLocales ?? ['en', 'zh-CN'],
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };
}
