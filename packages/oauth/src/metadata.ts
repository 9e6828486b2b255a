import { CLIENT_AUTH_METHODS, HMAC_ALGORITHMS, type HmacAlgorithm } from './client-settings.ts';
import type { CodeChallengeMethod } from './pkce.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-algorithm.ts';

/**
 * The discovery document by wire names (OIDC Discovery §3, RFC 8414 §2, and what the IANA registry of authorization server
 * metadata adds). What is switched off is absent.
 */
export interface AuthorizationServerMetadata extends ServerEndpoints, LogoutCapabilities, RequestObjectCapabilities {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly grant_types_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly response_modes_supported: readonly string[];
  readonly subject_types_supported: readonly ('public' | 'pairwise')[];
  readonly id_token_signing_alg_values_supported: readonly (SigningAlgorithm | HmacAlgorithm)[];
  readonly userinfo_signing_alg_values_supported?: readonly SigningAlgorithm[];
  /** RFC 9701 §7. */
  readonly introspection_signing_alg_values_supported?: readonly SigningAlgorithm[];
  readonly code_challenge_methods_supported: readonly CodeChallengeMethod[];
  readonly scopes_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly claims_supported: readonly string[];
  readonly claim_types_supported: readonly ['normal'];
  readonly acr_values_supported?: readonly string[];
  readonly display_values_supported: readonly string[];
  readonly prompt_values_supported: readonly string[];
  readonly ui_locales_supported: readonly string[];
  readonly authorization_response_iss_parameter_supported: true;
  readonly claims_parameter_supported: true;
}

/** The endpoints of the document, each only where it exists, with how clients sign in at those that only they may use. */
export interface ServerEndpoints {
  readonly authorization_endpoint?: string;
  readonly token_endpoint?: string;
  readonly userinfo_endpoint?: string;
  readonly device_authorization_endpoint?: string;
  readonly introspection_endpoint?: string;
  readonly introspection_endpoint_auth_methods_supported?: readonly string[];
  readonly introspection_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly revocation_endpoint?: string;
  readonly revocation_endpoint_auth_methods_supported?: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported?: readonly string[];
  readonly end_session_endpoint?: string;
  /** OIDC Session Management §3.3. */
  readonly check_session_iframe?: string;
  readonly pushed_authorization_request_endpoint?: string;
  readonly registration_endpoint?: string;
}

/** OIDC Front-Channel Logout §3 and Back-Channel Logout §2.1; absent where no sessions are kept. */
export interface LogoutCapabilities {
  readonly frontchannel_logout_supported?: true;
  readonly frontchannel_logout_session_supported?: true;
  readonly backchannel_logout_supported?: true;
  readonly backchannel_logout_session_supported?: true;
}

/** RFC 9101 §9 and §10, OIDC Discovery §3. The two switches are always said: `request_uri_parameter_supported` is true by default. */
export interface RequestObjectCapabilities {
  readonly request_parameter_supported: boolean;
  readonly request_uri_parameter_supported: boolean;
  readonly require_request_uri_registration?: true;
  readonly request_object_signing_alg_values_supported?: readonly SigningAlgorithm[];
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
  checkSession: '/session/check',
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
  /** Algorithms that sign, the usual one first. */
  readonly signingAlgorithms: readonly SigningAlgorithm[];
  /** Further algorithms that ID tokens still in use were signed with. Default none. */
  readonly formerSigningAlgorithms?: readonly SigningAlgorithm[];
  readonly codeChallengeMethods: readonly CodeChallengeMethod[];
  /** Scopes, and the claims about the person that they ask for. */
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  /** Whether a client can have subjects of its own (OIDC Core §8.1). */
  readonly hasPairwiseSubjects: boolean;
  /** Whether browser sessions are kept, and with them logout at the clients. */
  readonly hasSessions: boolean;
  /** Request objects (RFC 9101): by value, and by reference to a registered address. */
  readonly requestObjects: { readonly byValue: boolean; readonly byReference: boolean };
  /** Default all of {@link CLIENT_AUTH_METHODS}. */
  readonly tokenEndpointAuthMethods?: readonly string[];
  /** Default `none`, `login`, `consent` and `select_account`. */
  readonly promptValues?: readonly string[];
  /** BCP 47 tags in canonical case. Default `en` and `zh-CN`. */
  readonly uiLocales?: readonly string[];
  /** Authentication context classes (OIDC Core §2); left out when there are none. */
  readonly acrValues?: readonly string[];
}

/** Claims that tokens carry about themselves and the sign-in; the rest of `claims_supported` is about the person. */
const TOKEN_CLAIMS = [
  ...['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp'],
  ...['at_hash', 'c_hash', 's_hash'],
] as const;

/** Values of `display` (OIDC Core §3.1.2.1): one page adapts itself to all of them. */
const DISPLAY_VALUES = ['page', 'popup', 'touch', 'wap'] as const;

/**
 * Builds the discovery document (OIDC Discovery §3, RFC 8414 §2, RFC 9207 §3). Only what is switched on is listed; the grant
 * `implicit` only when a response type yields a token at the authorization endpoint. Introspection and revocation need an
 * authenticated client, so `none` is not among their methods.
 */
export function authorizationServerMetadata(input: MetadataInput): AuthorizationServerMetadata {
  const authMethods = input.tokenEndpointAuthMethods ?? CLIENT_AUTH_METHODS;
  return {
    issuer: input.issuer,
    jwks_uri: `${input.issuer}${ENDPOINT_PATHS.jwks}`,
    ...endpoints(input, authMethods),
    ...(input.hasSessions && {
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    }),
    ...flows(input),
    ...signatures(input),
    ...requestObjects(input),
    token_endpoint_auth_methods_supported: authMethods,
    ...named('token_endpoint_auth_signing_alg_values_supported', assertionAlgorithms(authMethods)),
    scopes_supported: input.scopes,
    claims_supported: unique([...TOKEN_CLAIMS, ...(input.hasSessions ? ['sid'] : []), ...input.claims]),
    claim_types_supported: ['normal'],
    claims_parameter_supported: true,
    ...named('acr_values_supported', input.acrValues ?? []),
    display_values_supported: DISPLAY_VALUES,
    prompt_values_supported: input.promptValues ?? ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: input.uiLocales ?? ['en', 'zh-CN'],
    authorization_response_iss_parameter_supported: true,
  };
}

function endpoints(input: MetadataInput, authMethods: readonly string[]): ServerEndpoints {
  const confidential = authMethods.filter((method) => method !== 'none');
  const algorithms = assertionAlgorithms(confidential);
  const at = <Member extends string>(member: Member, name: EndpointName): { readonly [Key in Member]?: string } =>
    (input.endpoints.includes(name) ? { [member]: `${input.issuer}${ENDPOINT_PATHS[name]}` } : {}) as {
      [Key in Member]?: string;
    };
  return {
    ...at('authorization_endpoint', 'authorization'),
    ...at('token_endpoint', 'token'),
    ...at('userinfo_endpoint', 'userinfo'),
    ...at('device_authorization_endpoint', 'deviceAuthorization'),
    ...at('introspection_endpoint', 'introspection'),
    ...(input.endpoints.includes('introspection') && {
      introspection_endpoint_auth_methods_supported: confidential,
      ...named('introspection_endpoint_auth_signing_alg_values_supported', algorithms),
    }),
    ...at('revocation_endpoint', 'revocation'),
    ...(input.endpoints.includes('revocation') && {
      revocation_endpoint_auth_methods_supported: confidential,
      ...named('revocation_endpoint_auth_signing_alg_values_supported', algorithms),
    }),
    ...at('end_session_endpoint', 'endSession'),
    ...at('check_session_iframe', 'checkSession'),
    ...at('pushed_authorization_request_endpoint', 'pushedAuthorizationRequest'),
    ...at('registration_endpoint', 'registration'),
  };
}

/** RFC 8414 §2: said whenever a method with signed assertions is, and never `none` among them. */
function assertionAlgorithms(authMethods: readonly string[]): readonly string[] {
  return [
    ...(authMethods.includes('private_key_jwt') ? SIGNING_ALGORITHMS : []),
    ...(authMethods.includes('client_secret_jwt') ? HMAC_ALGORITHMS : []),
  ];
}

type Flows = Pick<
  AuthorizationServerMetadata,
  | 'grant_types_supported'
  | 'response_types_supported'
  | 'response_modes_supported'
  | 'subject_types_supported'
  | 'code_challenge_methods_supported'
>;

function flows(input: MetadataInput): Flows {
  const hasFrontChannelTokens = input.responseTypes.some((type) => type.split(' ').some((word) => word !== 'code'));
  return {
    grant_types_supported: input.grantTypes.filter((grant) => grant !== 'implicit' || hasFrontChannelTokens).toSorted(),
    response_types_supported: input.responseTypes.toSorted(),
    response_modes_supported: input.responseModes,
    subject_types_supported: input.hasPairwiseSubjects ? ['public', 'pairwise'] : ['public'],
    code_challenge_methods_supported: input.codeChallengeMethods,
  };
}

type Signatures = Pick<
  AuthorizationServerMetadata,
  | 'id_token_signing_alg_values_supported'
  | 'userinfo_signing_alg_values_supported'
  | 'introspection_signing_alg_values_supported'
>;

/** Confidential clients may have ID tokens keyed by their secret. Introspection is signed with the usual algorithm alone. */
function signatures(input: MetadataInput): Signatures {
  const { signingAlgorithms, formerSigningAlgorithms = [], endpoints: served } = input;
  return {
    id_token_signing_alg_values_supported: unique([
      ...signingAlgorithms,
      ...formerSigningAlgorithms,
      ...HMAC_ALGORITHMS,
    ]),
    ...(served.includes('userinfo') && { userinfo_signing_alg_values_supported: signingAlgorithms }),
    ...(served.includes('introspection') && {
      introspection_signing_alg_values_supported: signingAlgorithms.slice(0, 1),
    }),
  };
}

function requestObjects({ requestObjects: { byValue, byReference } }: MetadataInput): RequestObjectCapabilities {
  return {
    request_parameter_supported: byValue,
    request_uri_parameter_supported: byReference,
    ...(byReference && { require_request_uri_registration: true }),
    ...((byValue || byReference) && { request_object_signing_alg_values_supported: SIGNING_ALGORITHMS }),
  };
}

/** Lists without items are left out (OIDC Discovery §4.2). */
function named<Member extends string>(
  member: Member,
  values: readonly string[],
): { readonly [Key in Member]?: readonly string[] } {
  return (values.length === 0 ? {} : { [member]: values }) as { [Key in Member]?: readonly string[] };
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
