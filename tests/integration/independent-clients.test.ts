import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { describe, expect, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { signIn } from '../support/sign-in.ts';
import { APP, CALLBACK } from '../support/system-config.ts';

const SCOPE = 'openid email profile groups offline_access';

describe.each(shapes)('$name', ({ issuer }) => {
  test.each([
    ['client_secret_basic', client.ClientSecretBasic(APP.secret)],
    ['client_secret_post', client.ClientSecretPost(APP.secret)],
  ])(
    'openid-client, configured from discovery alone, completes every flow with %s',
    async (_method, authentication) => {
      const config = await client.discovery(new URL(issuer), APP.id, {}, authentication, {
        execute: [client.allowInsecureRequests],
      });
      const pkceCodeVerifier = client.randomPKCECodeVerifier();
      const expectedState = client.randomState();
      const expectedNonce = client.randomNonce();
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: SCOPE,
        state: expectedState,
        nonce: expectedNonce,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const answer = await signIn({ issuer, scope: SCOPE, parameters: Object.fromEntries(url.searchParams) });
      const tokens = await client.authorizationCodeGrant(config, answer, {
        pkceCodeVerifier,
        expectedState,
        expectedNonce,
      });
      const claims = tokens.claims();
      expect(claims?.['email']).toBe('admin@example.com');
      const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
      expect(info['groups']).toEqual(['admins', 'developers']);
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(true);
      await client.tokenRevocation(config, refreshed.refresh_token ?? '');
      expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(false);
    },
  );

  test('oauth4webapi, configured from RFC 8414 metadata alone, completes every flow', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const url = new URL(issuer);
    const found = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure });
    const as = await oauth.processDiscoveryResponse(url, found);
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
});
