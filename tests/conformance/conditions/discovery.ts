import { importJWK, type JSONWebKeySet } from 'jose';
import { expect } from 'vitest';
import type { Metadata, Provider } from '../driver/provider.ts';

/** Members of a JWK that say something of a private or symmetric key (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Names of server metadata that the suite knows (RFC 8414 §7.1 and OpenID's own); one of another name is a warning. */
const KNOWN_NAMES = new Set(
  `issuer authorization_endpoint token_endpoint jwks_uri userinfo_endpoint registration_endpoint end_session_endpoint
  check_session_iframe device_authorization_endpoint pushed_authorization_request_endpoint introspection_endpoint
  introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported
  revocation_endpoint revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
  scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported
  subject_types_supported id_token_signing_alg_values_supported userinfo_signing_alg_values_supported
  introspection_signing_alg_values_supported request_object_signing_alg_values_supported
  token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported display_values_supported
  claim_types_supported claims_supported ui_locales_supported claims_locales_supported claims_parameter_supported
  prompt_values_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration
  code_challenge_methods_supported authorization_response_iss_parameter_supported frontchannel_logout_supported
  frontchannel_logout_session_supported backchannel_logout_supported backchannel_logout_session_supported
  dpop_signing_alg_values_supported require_pushed_authorization_requests tls_client_certificate_bound_access_tokens
  mtls_endpoint_aliases signed_metadata op_policy_uri op_tos_uri service_documentation`.split(/\s+/),
);

/** OIDC Discovery §3 and §4, RFC 8414 §2, all that a certification of the configuration asks. */
export function expectDiscovery(provider: Provider): void {
  const { issuer, metadata } = provider;
  const list = (name: string) => provider.list(name);
  expect(metadata['issuer']).toBe(issuer);
  expect(issuer).not.toMatch(/[?#]/);
  expect(Object.keys(metadata).filter((name) => !KNOWN_NAMES.has(name))).toEqual([]);
  expectEndpoints(issuer, metadata);
  for (const name of ['response_types_supported', 'subject_types_supported', 'id_token_signing_alg_values_supported']) {
    expect([name, list(name).length > 0]).toEqual([name, true]);
  }
  expect(list('id_token_signing_alg_values_supported')).toContain('RS256');
  expect(list('grant_types_supported').length).toBeGreaterThan(0);
  expect(list('code_challenge_methods_supported')).toContain('S256');
  expect(list('claims_supported').length).toBeGreaterThan(0);
  expect(list('scopes_supported')).toContain('openid');
  // RFC 6749 §3.3: a scope is visible ASCII without quotes and backslashes.
  for (const scope of list('scopes_supported')) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(typeof metadata['request_uri_parameter_supported']).toBe('boolean');
  if (metadata['request_parameter_supported'] === true) {
    expect(list('request_object_signing_alg_values_supported')).toContain('RS256');
  }
  for (const name of ['ui_locales_supported', 'claims_locales_supported']) {
    // BCP 47 tags, in canonical case.
    expect(list(name)).toEqual(Intl.getCanonicalLocales(list(name)));
  }
}

/** Endpoints stand below the issuer, and are https wherever the issuer is: here it is http on loopback, and so are they. */
function expectEndpoints(issuer: string, metadata: Metadata): void {
  const urls = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri');
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
    expect(Object.keys(metadata)).toContain(name);
  }
  for (const [name, url] of urls) expect([name, String(url).startsWith(`${issuer}/`)]).toEqual([name, true]);
}

/** RFC 7517 §4 and §5: every key can be used, has a `kid` of its own, and says nothing private. */
export async function expectPublicKeys({ keys }: JSONWebKeySet): Promise<void> {
  expect(keys.length).toBeGreaterThan(0);
  expect(new Set(keys.map(({ kid }) => kid ?? '')).size).toBe(keys.length);
  for (const key of keys) {
    expect(key.kid).toMatch(/^.+$/);
    expect(Object.keys(key).filter((member) => PRIVATE_MEMBERS.includes(member))).toEqual([]);
    await importJWK(key, key.alg ?? 'RS256');
  }
}
