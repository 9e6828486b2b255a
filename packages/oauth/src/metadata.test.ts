import { describe, expect, it } from 'vitest';
import { authorizationServerMetadata, type EndpointName, type MetadataInput } from './metadata.ts';

const input: MetadataInput = {
  issuer: 'https://issuer.example/dex',
  endpoints: ['authorization', 'token', 'userinfo', 'introspection', 'revocation'],
  grantTypes: ['refresh_token', 'implicit', 'authorization_code'],
  responseTypes: ['id_token', 'code'],
  responseModes: ['query', 'fragment', 'form_post'],
  signingAlgorithms: ['RS256', 'ES256'],
  codeChallengeMethods: ['S256'],
  scopes: ['openid', 'email'],
};

describe('authorizationServerMetadata', () => {
  it('OIDC Discovery §3: describes what is switched on', () => {
    expect(authorizationServerMetadata(input)).toEqual({
      issuer: 'https://issuer.example/dex',
      authorization_endpoint: 'https://issuer.example/dex/auth',
      token_endpoint: 'https://issuer.example/dex/token',
      jwks_uri: 'https://issuer.example/dex/keys',
      userinfo_endpoint: 'https://issuer.example/dex/userinfo',
      introspection_endpoint: 'https://issuer.example/dex/token/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: 'https://issuer.example/dex/token/revoke',
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['authorization_code', 'implicit', 'refresh_token'],
      response_types_supported: ['code', 'id_token'],
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid', 'email'],
      claims_supported: expect.arrayContaining(['iss', 'sub', 'aud', 'email', 'federated_claims', 'phone_number']),
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
      ui_locales_supported: ['en', 'zh-CN'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
    });
  });

  it.each([
    ['authorization', 'authorization_endpoint', '/auth'],
    ['token', 'token_endpoint', '/token'],
    ['userinfo', 'userinfo_endpoint', '/userinfo'],
    ['deviceAuthorization', 'device_authorization_endpoint', '/device/code'],
    ['introspection', 'introspection_endpoint', '/token/introspect'],
    ['revocation', 'revocation_endpoint', '/token/revoke'],
    ['endSession', 'end_session_endpoint', '/logout'],
    ['pushedAuthorizationRequest', 'pushed_authorization_request_endpoint', '/par'],
    ['registration', 'registration_endpoint', '/register'],
  ] as const)('RFC 8414 §2: the endpoint %s is listed only when it exists', (name, member, path) => {
    const listed = (endpoints: readonly EndpointName[]) =>
      Object.entries(authorizationServerMetadata({ ...input, endpoints })).filter(([key]) => key.endsWith('_endpoint'));
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

  it('OIDC Discovery §3: no claim is listed twice', () => {
    const { claims_supported: claims } = authorizationServerMetadata(input);
    expect(new Set(claims).size).toBe(claims.length);
  });

  it('lets the caller name prompts and languages', () => {
    const metadata = authorizationServerMetadata({ ...input, promptValues: ['none'], uiLocales: ['en'] });
    expect([metadata.prompt_values_supported, metadata.ui_locales_supported]).toEqual([['none'], ['en']]);
  });
});
