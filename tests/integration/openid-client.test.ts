import { createUserAgent } from '@tessera/testkit';
import { decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { describe, expect, test } from 'vitest';
import { agreeForDevice } from '../support/device-pages.ts';
import { beginAttempt, configure } from '../support/openid-client.ts';
import { DEVICE, HMAC, importSigningKey, SIGNING } from '../support/relying-parties.ts';
import { shapes } from '../support/shapes.ts';
import { walkPages } from '../support/sign-in.ts';
import { APP, CALLBACK, OTHER, SIGNED_OUT } from '../support/system-config.ts';

const SCOPE = 'openid email profile groups offline_access';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const key = await importSigningKey();
/** RFC 9701: the answer of the introspection endpoint is signed as well. */
const SIGNED_INTROSPECTION = { introspection_signed_response_alg: 'RS256' };
/** What each method needs that a client can have, and what is agreed with it beside. */
const METHODS: readonly Method[] = [
  { name: 'client_secret_basic', id: APP.id, authentication: client.ClientSecretBasic(APP.secret) },
  {
    name: 'client_secret_post',
    id: APP.id,
    authentication: client.ClientSecretPost(APP.secret),
    metadata: SIGNED_INTROSPECTION,
  },
  {
    name: 'client_secret_jwt',
    id: HMAC.id,
    authentication: client.ClientSecretJwt(HMAC.secret),
    metadata: { id_token_signed_response_alg: 'HS256' },
  },
  {
    name: 'private_key_jwt',
    id: SIGNING.id,
    authentication: client.PrivateKeyJwt(key),
    metadata: { userinfo_signed_response_alg: 'RS256', ...SIGNED_INTROSPECTION },
  },
];

interface Method {
  readonly name: string;
  readonly id: string;
  readonly authentication: client.ClientAuth;
  readonly metadata?: Partial<client.ClientMetadata>;
}

/** Signs in at the address of an authorization request and returns where the application is sent. */
async function answerTo(url: URL): Promise<URL> {
  const page = await walkPages(createUserAgent({ stopAt: CALLBACK }), url);
  expect(page.isStopped, `${page.url.pathname}: ${page.body.slice(0, 400)}`).toBe(true);
  return page.url;
}

describe.each(shapes)('$name', ({ issuer }) => {
  test.each(METHODS)('openid-client completes every flow of a code with $name', async (method) => {
    const config = await configure(issuer, method.id, method.authentication, method.metadata);
    const { parameters, checks } = await beginAttempt(SCOPE);
    const url =
      method.id === SIGNING.id
        ? await client.buildAuthorizationUrlWithJAR(config, parameters, key)
        : client.buildAuthorizationUrl(config, parameters);
    const tokens = await client.authorizationCodeGrant(config, await answerTo(url), checks);
    if (method.id === HMAC.id) await jwtVerify(tokens.id_token ?? '', Buffer.from(HMAC.secret), { issuer });
    const claims = tokens.claims();
    expect(claims?.['email']).toBe('admin@example.com');
    const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
    expect(info['groups']).toEqual(['admins', 'developers']);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(true);
    await client.tokenRevocation(config, refreshed.refresh_token ?? '');
    expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(false);
  });

  test('openid-client gets tokens for itself, and exchanges those of a person for others', async () => {
    const config = await configure(issuer, APP.id, client.ClientSecretBasic(APP.secret));
    const own = await client.clientCredentialsGrant(config);
    expect(await client.tokenIntrospection(config, own.access_token)).toMatchObject({
      active: true,
      client_id: APP.id,
    });
    const { parameters, checks } = await beginAttempt('openid email');
    const answer = await answerTo(client.buildAuthorizationUrl(config, parameters));
    const tokens = await client.authorizationCodeGrant(config, answer, checks);
    const exchanged = await client.genericGrantRequest(config, EXCHANGE, {
      subject_token: tokens.access_token,
      subject_token_type: ACCESS_TOKEN,
      audience: OTHER.id,
    });
    expect(exchanged['issued_token_type']).toBe(ACCESS_TOKEN);
    expect(decodeJwt(exchanged.access_token)).toMatchObject({ sub: tokens.claims()?.sub, client_id: APP.id });
  });

  test('RFC 8628 §3.4: openid-client gets tokens on a device, for who agreed on another one', async () => {
    const config = await configure(issuer, DEVICE.id, client.None());
    const request = await client.initiateDeviceAuthorization(config, { scope: 'openid email offline_access' });
    const last = await agreeForDevice(createUserAgent(), request.verification_uri, request.user_code);
    expect(last.body).toContain('id="device-approved"');
    // It asks only now, and not until an interval has passed.
    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...request, interval: 1 });
    expect(tokens.claims()?.['email']).toBe('admin@example.com');
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(tokens.claims()?.sub);
  });

  test('RP-Initiated Logout §2: openid-client signs a person out, who has to sign in again', async () => {
    const config = await configure(issuer, APP.id, client.ClientSecretBasic(APP.secret));
    const { parameters, checks } = await beginAttempt('openid');
    const agent = createUserAgent({ stopAt: CALLBACK });
    const request = client.buildAuthorizationUrl(config, parameters);
    const { url: answer } = await walkPages(agent, request);
    const tokens = await client.authorizationCodeGrant(config, answer, checks);
    request.searchParams.set('prompt', 'none');
    // The session stands: what is missing is the consent, which was given for once.
    expect((await agent.get(request)).url.searchParams.get('error')).toBe('consent_required');
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: SIGNED_OUT,
      state: 'signed-out-state',
    });
    const out = await agent.get(end, { stopAt: SIGNED_OUT });
    expect([out.isStopped, out.url.searchParams.get('state')]).toEqual([true, 'signed-out-state']);
    expect((await agent.get(request)).url.searchParams.get('error')).toBe('login_required');
  });
});
