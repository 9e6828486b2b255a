import type { ModuleName } from './modules/index.ts';

/** A response type as the plans write it. */
export type ResponseTypeName =
  | 'code'
  | 'id_token'
  | 'id_token token'
  | 'code id_token'
  | 'code token'
  | 'code id_token token';

/** `default`: the query for `code`, the fragment for all others. */
export type ResponseModeName = 'default' | 'form_post';

/** A module as a plan runs it. */
export interface PlanEntry {
  readonly module: ModuleName;
  readonly responseType: ResponseTypeName;
  readonly responseMode: ResponseModeName;
}

/** A certification profile: what the OpenID Foundation's suite runs for it, in its order. */
export interface Plan {
  /** The suite's id of the plan. */
  readonly id: string;
  readonly entries: readonly PlanEntry[];
}

/** The ways to ask that every response type has to take, first half. */
const REQUESTS = [
  'oidcc-scope-profile',
  'oidcc-scope-email',
  'oidcc-scope-address',
  'oidcc-scope-phone',
  'oidcc-scope-all',
  'oidcc-alternate-happy-flow',
  'oidcc-display-page',
  'oidcc-display-popup',
  'oidcc-prompt-login',
  'oidcc-prompt-none-not-logged-in',
  'oidcc-prompt-none-logged-in',
  'oidcc-max-age-1',
  'oidcc-max-age-10000',
  'oidcc-ensure-request-with-unknown-parameter-succeeds',
  'oidcc-id-token-hint',
  'oidcc-login-hint',
  'oidcc-ui-locales',
  'oidcc-claims-locales',
  'oidcc-ensure-request-with-acr-values-succeeds',
] as const;

const USERINFO = ['oidcc-userinfo-get', 'oidcc-userinfo-post-header', 'oidcc-userinfo-post-body'] as const;

const CODES = ['oidcc-codereuse', 'oidcc-codereuse-30seconds'] as const;

/** Requests that stand in a request object, and claims that are asked for one by one. */
const REQUEST_OBJECTS = [
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
  'oidcc-claims-essential',
  'oidcc-ensure-request-object-with-redirect-uri',
] as const;

const BASIC = [
  'oidcc-server',
  'oidcc-response-type-missing',
  'oidcc-idtoken-signature',
  'oidcc-idtoken-unsigned',
  ...USERINFO,
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
  ...REQUESTS,
  ...CODES,
  'oidcc-ensure-registered-redirect-uri',
  'oidcc-ensure-post-request-succeeds',
  'oidcc-server-client-secret-post',
  ...REQUEST_OBJECTS,
  'oidcc-refresh-token',
  'oidcc-ensure-request-with-valid-pkce-succeeds',
] as const;

/** For both types of the implicit profile. */
const IMPLICIT = [
  'oidcc-server',
  'oidcc-idtoken-signature',
  'oidcc-ensure-request-without-nonce-fails',
  ...REQUESTS,
  'oidcc-ensure-registered-redirect-uri',
  ...REQUEST_OBJECTS,
] as const;

/** For all three types of the hybrid profile, but for what stands beside it below. */
const HYBRID = [
  'oidcc-server',
  'oidcc-idtoken-signature',
  ...USERINFO,
  ...REQUESTS,
  ...CODES,
  'oidcc-ensure-registered-redirect-uri',
  'oidcc-server-client-secret-post',
  ...REQUEST_OBJECTS,
  'oidcc-refresh-token',
] as const;

const withoutAlternate = HYBRID.filter((module) => module !== 'oidcc-alternate-happy-flow');

function entries(
  modules: readonly ModuleName[],
  responseType: ResponseTypeName,
  responseMode: ResponseModeName,
): PlanEntry[] {
  return modules.map((module) => ({ module, responseType, responseMode }));
}

function basic(mode: ResponseModeName): PlanEntry[] {
  return entries(BASIC, 'code', mode);
}

function implicit(mode: ResponseModeName): PlanEntry[] {
  return [
    ...entries(IMPLICIT, 'id_token', mode),
    ...entries([...IMPLICIT, ...USERINFO, 'oidcc-response-type-missing'], 'id_token token', mode),
  ];
}

function hybrid(mode: ResponseModeName): PlanEntry[] {
  return [
    ...entries(
      [
        ...HYBRID,
        'oidcc-response-type-missing',
        'oidcc-ensure-request-without-nonce-fails',
        'oidcc-ensure-request-with-valid-pkce-succeeds',
      ],
      'code id_token',
      mode,
    ),
    ...entries([...withoutAlternate, 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow'], 'code token', mode),
    ...entries([...withoutAlternate, 'oidcc-ensure-request-without-nonce-fails'], 'code id_token token', mode),
  ];
}

/** For plans that are run with one response type, of the choice of whoever certifies. */
function once(modules: readonly ModuleName[]): PlanEntry[] {
  return entries(modules, 'code', 'default');
}

/** Every plan for providers without dynamic registration. */
export const PLANS: readonly Plan[] = [
  { id: 'oidcc-config-certification-test-plan', entries: once(['oidcc-discovery-endpoint-verification']) },
  { id: 'oidcc-basic-certification-test-plan', entries: basic('default') },
  { id: 'oidcc-implicit-certification-test-plan', entries: implicit('default') },
  { id: 'oidcc-hybrid-certification-test-plan', entries: hybrid('default') },
  { id: 'oidcc-formpost-basic-certification-test-plan', entries: basic('form_post') },
  { id: 'oidcc-formpost-implicit-certification-test-plan', entries: implicit('form_post') },
  { id: 'oidcc-formpost-hybrid-certification-test-plan', entries: hybrid('form_post') },
  {
    id: 'oidcc-rp-initiated-logout-certification-test-plan',
    entries: once([
      'oidcc-rp-initiated-logout-discovery-endpoint-verification',
      'oidcc-rp-initiated-logout',
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-modified-id-token-hint',
      'oidcc-rp-initiated-logout-no-id-token-hint',
      'oidcc-rp-initiated-logout-no-params',
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-no-state',
      'oidcc-rp-initiated-logout-only-state',
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
      'oidcc-rp-initiated-logout-bad-id-token-hint',
    ]),
  },
  {
    id: 'oidcc-session-management-certification-test-plan',
    entries: once([
      'oidcc-session-management-discovery-endpoint-verification',
      'oidcc-session-management-rp-initiated-logout',
    ]),
  },
  {
    id: 'oidcc-frontchannel-rp-initiated-logout-certification-test-plan',
    entries: once([
      'oidcc-frontchannel-logout-discovery-endpoint-verification',
      'oidcc-frontchannel-rp-initiated-logout',
    ]),
  },
  {
    id: 'oidcc-backchannel-rp-initiated-logout-certification-test-plan',
    entries: once([
      'oidcc-backchannel-logout-discovery-endpoint-verification',
      'oidcc-backchannel-rp-initiated-logout',
    ]),
  },
];
