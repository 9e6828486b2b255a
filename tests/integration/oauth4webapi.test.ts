import { createUserAgent } from '@tessera/testkit';
import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { agreeForDevice } from '../support/device-pages.ts';
import { DEVICE, importSigningKey, SIGNING } from '../support/relying-parties.ts';
import { shapes } from '../support/shapes.ts';
import { signIn } from '../support/sign-in.ts';
import { APP, CALLBACK } from '../support/system-config.ts';

const SCOPE = 'openid email profile groups offline_access';
const insecure = { [oauth.allowInsecureRequests]: true };
const key = await importSigningKey();

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const found = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure });
  return oauth.processDiscoveryResponse(url, found);
}

describe.each(shapes)('$name', ({ issuer }) => {
  test('oauth4webapi, configured from RFC 8414 metadata alone, completes every flow', async () => {
    const as = await discover(issuer);
    const app: oauth.Client = { client_id: APP.id };
    const authentication = oauth.ClientSecretBasic(APP.secret);
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const answer = await signIn({ issuer, scope: SCOPE, codeVerifier: verifier, parameters: { nonce } });
    const parameters = oauth.validateAuthResponse(as, app, answer, 'some-state');
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      app,
      authentication,
      parameters,
      CALLBACK,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '';
    const info = await oauth.userInfoRequest(as, app, tokens.access_token, insecure);
    expect((await oauth.processUserInfoResponse(as, app, subject, info)).email).toBe('admin@example.com');
    const again = await oauth.refreshTokenGrantRequest(as, app, authentication, tokens.refresh_token ?? '', insecure);
    const refreshed = await oauth.processRefreshTokenResponse(as, app, again);
    const request = new Request(`${issuer}/resource`, {
      headers: { authorization: `Bearer ${refreshed.access_token}` },
    });
    const accessToken = await oauth.validateJwtAccessToken(as, request, APP.id, insecure);
    expect([accessToken.client_id, accessToken.sub]).toEqual([APP.id, subject]);
    const introspected = await oauth.introspectionRequest(as, app, authentication, refreshed.access_token, insecure);
    expect((await oauth.processIntrospectionResponse(as, app, introspected)).active).toBe(true);
    const revoked = await oauth.revocationRequest(as, app, authentication, refreshed.refresh_token ?? '', insecure);
    await oauth.processRevocationResponse(revoked);
    const after = await oauth.introspectionRequest(as, app, authentication, refreshed.access_token, insecure);
    expect((await oauth.processIntrospectionResponse(as, app, after)).active).toBe(false);
  });

  test('RFC 7523 §2.2, RFC 9101 §5.1: a signed request by oauth4webapi, and signed answers of every kind', async () => {
    const as = await discover(issuer);
    const app: oauth.Client = {
      client_id: SIGNING.id,
      userinfo_signed_response_alg: 'RS256',
      introspection_signed_response_alg: 'RS256',
    };
    const authentication = oauth.PrivateKeyJwt(key);
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const requested = { redirect_uri: CALLBACK, scope: 'openid email', state, nonce, connector_id: 'local' };
    const hybrid = { ...requested, response_type: 'code id_token', max_age: '60' };
    const request = await oauth.issueRequestObject(as, app, hybrid, key);
    const outside = { request, state: undefined, redirect_uri: undefined, response_type: undefined };
    const answer = await signIn({ issuer, clientId: SIGNING.id, scope: 'openid', parameters: outside });
    const parameters = await oauth.validateCodeIdTokenResponse(as, app, answer, nonce, state, 60, insecure);
    const redeemed = await oauth.authorizationCodeGrantRequest(
      as,
      app,
      authentication,
      parameters,
      CALLBACK,
      oauth.nopkce,
      insecure,
    );
    const expected = { expectedNonce: nonce, maxAge: 60, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, app, redeemed, expected);
    await oauth.validateApplicationLevelSignature(as, redeemed, insecure);
    const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '';
    const info = await oauth.userInfoRequest(as, app, tokens.access_token, insecure);
    expect((await oauth.processUserInfoResponse(as, app, subject, info)).email).toBe('admin@example.com');
    await oauth.validateApplicationLevelSignature(as, info, insecure);
    const introspected = await oauth.introspectionRequest(as, app, authentication, tokens.access_token, insecure);
    expect((await oauth.processIntrospectionResponse(as, app, introspected)).sub).toBe(subject);
    await oauth.validateApplicationLevelSignature(as, introspected, insecure);
  });

  test('RFC 6749 §4.4: oauth4webapi gets tokens for itself', async () => {
    const as = await discover(issuer);
    const app: oauth.Client = { client_id: SIGNING.id };
    const authentication = oauth.PrivateKeyJwt(key);
    const response = await oauth.clientCredentialsGrantRequest(as, app, authentication, {}, insecure);
    const tokens = await oauth.processClientCredentialsResponse(as, app, response);
    expect(tokens).not.toHaveProperty('refresh_token');
    const introspected = await oauth.introspectionRequest(as, app, authentication, tokens.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(as, app, introspected)).toMatchObject({
      active: true,
      client_id: SIGNING.id,
    });
  });

  test('RFC 8628 §3.5: oauth4webapi is told to wait, and then the tokens', async () => {
    const as = await discover(issuer);
    const app: oauth.Client = { client_id: DEVICE.id };
    const parameters = { scope: 'openid email' };
    const begun = await oauth.deviceAuthorizationRequest(as, app, oauth.None(), parameters, insecure);
    const request = await oauth.processDeviceAuthorizationResponse(as, app, begun);
    const poll = async (): Promise<oauth.TokenEndpointResponse> => {
      const answer = await oauth.deviceCodeGrantRequest(as, app, oauth.None(), request.device_code, insecure);
      return oauth.processDeviceCodeResponse(as, app, answer);
    };
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await agreeForDevice(createUserAgent(), request.verification_uri_complete ?? '', request.user_code);
    const tokens = await poll();
    expect(oauth.getValidatedIdTokenClaims(tokens)?.['email']).toBe('admin@example.com');
  });
});
