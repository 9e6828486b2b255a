import { describe, expect, it } from 'vitest';
import { authorizationServerMetadata, type EndpointName, type MetadataInput } from './metadata.ts';
import { SIGNING_ALGORITHMS } from './signing-algorithm.ts';

const input: MetadataInput = {
  issuer: 'https://issuer.example/dex',
  endpoints: ['authorization', 'token', 'userinfo', 'introspection', 'revocation'],
  grantTypes: ['refresh_token', 'implicit', 'authorization_code'],
  responseTypes: ['id_token', 'code'],
  responseModes: ['query', 'fragment', 'form_post'],
  signingAlgorithms: ['RS256', 'ES256'],
  codeChallengeMethods: ['S256'],
  scopes: ['openid', 'email'],
  claims: ['sub', 'email', 'email_verified'],
  hasPairwiseSubjects: false,
  hasSessions: false,
  requestObjects: { byValue: false, byReference: false },
};

const everything: MetadataInput = {
  ...input,
  endpoints: [
    ...['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'deviceAuthorization'],
    ...['endSession', 'checkSession', 'pushedAuthorizationRequest', 'registration'],
  ] as readonly EndpointName[],
  hasPairwiseSubjects: true,
  hasSessions: true,
  requestObjects: { byValue: true, byReference: true },
  acrValues: ['urn:example:silver'],
};

const hmac = ['HS256', 'HS384', 'HS512'];
const assertionAlgorithms = [...SIGNING_ALGORITHMS, ...hmac];
const secretMethods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'];

/** IANA's registry of authorization server metadata (RFC 8414 §7.1), as far as this server could have it. */
const registeredNames = new Set(
  `issuer authorization_endpoint token_endpoint jwks_uri userinfo_endpoint registration_endpoint end_session_endpoint
  check_session_iframe device_authorization_endpoint pushed_authorization_request_endpoint introspection_endpoint
  introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported
  revocation_endpoint revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
  scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported
  subject_types_supported id_token_signing_alg_values_supported userinfo_signing_alg_values_supported
  introspection_signing_alg_values_supported request_object_signing_alg_values_supported
  token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported display_values_supported
  claim_types_supported claims_supported ui_locales_supported claims_parameter_supported prompt_values_supported
  request_parameter_supported request_uri_parameter_supported require_request_uri_registration
  code_challenge_methods_supported authorization_response_iss_parameter_supported frontchannel_logout_supported
  frontchannel_logout_session_supported backchannel_logout_supported backchannel_logout_session_supported`.split(/\s+/),
);

describe('authorizationServerMetadata', () => {
  it('N29, N43: promises neither DPoP (RFC 9449 §5.1) nor client certificates (RFC 8705 §3.3 and §5), which are not served', () => {
    const metadata = authorizationServerMetadata(everything);
    expect(Object.keys(metadata).filter((name) => /dpop|mtls|certificate/.test(name))).toEqual([]);
    expect(JSON.stringify(metadata)).not.toMatch(/tls_client_auth|dpop/i);
  });

  it('OIDC Discovery §3: describes what is switched on', () => {
    expect(authorizationServerMetadata(input)).toEqual({
      issuer: 'https://issuer.example/dex',
      authorization_endpoint: 'https://issuer.example/dex/auth',
      token_endpoint: 'https://issuer.example/dex/token',
      jwks_uri: 'https://issuer.example/dex/keys',
      userinfo_endpoint: 'https://issuer.example/dex/userinfo',
      introspection_endpoint: 'https://issuer.example/dex/token/introspect',
      introspection_endpoint_auth_methods_supported: secretMethods,
      introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      revocation_endpoint: 'https://issuer.example/dex/token/revoke',
      revocation_endpoint_auth_methods_supported: secretMethods,
      revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      grant_types_supported: ['authorization_code', 'implicit', 'refresh_token'],
      response_types_supported: ['code', 'id_token'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256', ...hmac],
      userinfo_signing_alg_values_supported: ['RS256', 'ES256'],
      introspection_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid', 'email'],
      claims_supported: [
        ...['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'at_hash', 'c_hash'],
        ...['s_hash', 'email', 'email_verified'],
      ],
      claim_types_supported: ['normal'],
      display_values_supported: ['page', 'popup', 'touch', 'wap'],
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
      ui_locales_supported: ['en', 'zh-CN'],
      token_endpoint_auth_methods_supported: [...secretMethods, 'none'],
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: true,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    });
  });

  it('RFC 8414 §7.1: with everything switched on all names are registered ones', () => {
    const names = Object.keys(authorizationServerMetadata(everything));
    expect(names.filter((name) => !registeredNames.has(name))).toEqual([]);
    expect(names.toSorted()).toEqual([...registeredNames].toSorted());
  });

  it('RFC 8414 §2: every list has items, and none twice', () => {
    for (const [name, value] of Object.entries(authorizationServerMetadata(everything))) {
      if (!Array.isArray(value)) continue;
      expect(value.length, name).toBeGreaterThan(0);
      expect(new Set(value).size, name).toBe(value.length);
    }
  });

  it.each([
    ['authorization', 'authorization_endpoint', '/auth'],
    ['token', 'token_endpoint', '/token'],
    ['userinfo', 'userinfo_endpoint', '/userinfo'],
    ['deviceAuthorization', 'device_authorization_endpoint', '/device/code'],
    ['introspection', 'introspection_endpoint', '/token/introspect'],
    ['revocation', 'revocation_endpoint', '/token/revoke'],
    ['endSession', 'end_session_endpoint', '/logout'],
    ['checkSession', 'check_session_iframe', '/session/check'],
    ['pushedAuthorizationRequest', 'pushed_authorization_request_endpoint', '/par'],
    ['registration', 'registration_endpoint', '/register'],
  ] as const)('RFC 8414 §2: the endpoint %s is listed only when it exists', (name, member, path) => {
    const listed = (endpoints: readonly EndpointName[]) =>
      Object.entries(authorizationServerMetadata({ ...input, endpoints })).filter(
        ([key]) => key.endsWith('_endpoint') || key.endsWith('_iframe'),
      );
    expect(listed([name])).toEqual([[member, `https://issuer.example/dex${path}`]]);
    expect(listed([])).toEqual([]);
  });

  it('OIDC Discovery §3: the grant implicit is listed only with a response type that needs it', () => {
    const grants = (responseTypes: readonly string[]) =>
      authorizationServerMetadata({ ...input, responseTypes }).grant_types_supported;
    expect(grants(['code'])).not.toContain('implicit');
    expect(grants(['code id_token'])).toContain('implicit');
  });

  it('N44: public clients are not offered introspection or revocation, whatever the token endpoint offers', () => {
    const metadata = authorizationServerMetadata({
      ...input,
      tokenEndpointAuthMethods: ['none', 'client_secret_post'],
    });
    expect(metadata.token_endpoint_auth_methods_supported).toEqual(['none', 'client_secret_post']);
    expect(metadata.introspection_endpoint_auth_methods_supported).toEqual(['client_secret_post']);
    expect(metadata.revocation_endpoint_auth_methods_supported).toEqual(['client_secret_post']);
  });

  it('RFC 8414 §2: algorithms of assertions are those of the methods that are offered, and never none', () => {
    const algorithms = (...tokenEndpointAuthMethods: readonly string[]) =>
      authorizationServerMetadata({ ...input, tokenEndpointAuthMethods })
        .token_endpoint_auth_signing_alg_values_supported;
    expect(algorithms('client_secret_basic', 'none')).toBeUndefined();
    expect(algorithms('client_secret_jwt')).toEqual(hmac);
    expect(algorithms('private_key_jwt')).toEqual(SIGNING_ALGORITHMS);
  });

  it('RFC 9101 §10.5 and OIDC Discovery §3: request objects are offered as they are taken, signed only', () => {
    const offered = (byValue: boolean, byReference: boolean) => {
      const metadata = authorizationServerMetadata({ ...input, requestObjects: { byValue, byReference } });
      const algorithms = metadata.request_object_signing_alg_values_supported;
      expect(algorithms).toEqual(byValue || byReference ? SIGNING_ALGORITHMS : undefined);
      return [
        metadata.request_parameter_supported,
        metadata.request_uri_parameter_supported,
        metadata.require_request_uri_registration,
      ];
    };
    expect(offered(false, false)).toEqual([false, false, undefined]);
    expect(offered(true, false)).toEqual([true, false, undefined]);
    expect(offered(false, true)).toEqual([false, true, true]);
  });

  it('OIDC Core §8.1: pairwise subjects are listed where there are any', () => {
    expect(authorizationServerMetadata(everything).subject_types_supported).toEqual(['public', 'pairwise']);
  });

  it('OIDC Front-Channel Logout §3 and Back-Channel Logout §2.1: logout at clients comes with sessions', () => {
    const flags = (hasSessions: boolean) => {
      const metadata = authorizationServerMetadata({ ...input, hasSessions });
      expect(metadata.claims_supported.includes('sid')).toBe(hasSessions);
      return Object.entries(metadata).filter(([name]) => name.includes('channel_logout'));
    };
    expect(flags(true)).toEqual([
      ['frontchannel_logout_supported', true],
      ['frontchannel_logout_session_supported', true],
      ['backchannel_logout_supported', true],
      ['backchannel_logout_session_supported', true],
    ]);
    expect(flags(false)).toEqual([]);
  });

  it('OIDC Discovery §3: algorithms of ID tokens that are still in use stay listed, and no other list has them', () => {
    const metadata = authorizationServerMetadata({ ...input, formerSigningAlgorithms: ['ES256', 'PS512'] });
    expect(metadata.id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256', 'PS512', ...hmac]);
    expect(metadata.userinfo_signing_alg_values_supported).toEqual(['RS256', 'ES256']);
  });

  it('lets the caller name prompts, languages and authentication context classes', () => {
    const metadata = authorizationServerMetadata({
      ...input,
      promptValues: ['none'],
      uiLocales: ['en'],
      acrValues: ['1'],
    });
    expect([metadata.prompt_values_supported, metadata.ui_locales_supported]).toEqual([['none'], ['en']]);
    expect(metadata.acr_values_supported).toEqual(['1']);
  });
});
