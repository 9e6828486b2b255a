import { createUserAgent, type UserAgent } from '@tessera/testkit';
import * as client from 'openid-client';
import { agreeForDevice } from '../../support/device-pages.ts';
import type { Verifiers } from '../../support/key-observers.ts';
import { beginAttempt } from '../../support/openid-client.ts';
import { walkPages } from '../../support/sign-in.ts';
import { APP, CALLBACK, SIGNED_OUT } from '../../support/system-config.ts';
import type { Patience } from './patience.ts';
import { DEVICE } from './upgraded-system.ts';

const SCOPE = 'openid email profile groups offline_access';

/** Somebody who signed in, and the application that acts for them. */
export interface Acting {
  readonly agent: UserAgent;
  readonly config: client.Configuration;
  readonly subject: string;
  /** Of the last answer. */
  tokens: client.TokenEndpointResponse;
}

/** What people and applications can do. Each throws Error when it does not come out as it has to. */
export interface Deeds {
  signIn(): Promise<Acting>;
  refresh(acting: Acting): Promise<void>;
  /** Asks for userinfo, and whether the access token is active. */
  look(acting: Acting): Promise<void>;
  /** Asks without a page who is signed in; `expected` is the error, or `none`. */
  expectAnswer(acting: Acting, expected: string): Promise<void>;
  signOut(acting: Acting): Promise<void>;
  /** Resolves with the id of the grant that ended. */
  revoke(acting: Acting): Promise<string>;
  agreeOnDevice(): Promise<Acting>;
}

/** What deeds are done with. */
export interface DeedsOptions {
  readonly issuer: string;
  readonly patience: Patience;
  readonly verifiers: Verifiers;
}

/** Learns about an issuer by its metadata. */
export async function createDeeds({ issuer, patience, verifiers }: DeedsOptions): Promise<Deeds> {
  const app = await discover(issuer, APP.id, client.ClientSecretBasic(APP.secret), patience);
  const device = await discover(issuer, DEVICE.id, client.None(), patience);

  const signIn = async (): Promise<Acting> => {
    const agent = createUserAgent({ stopAt: CALLBACK, fetch: patience.fetch });
    const { parameters, checks } = await beginAttempt(SCOPE);
    const { url, isStopped, status } = await walkPages(agent, client.buildAuthorizationUrl(app, parameters));
    if (!isStopped) throw new Error(`the sign-in ended at ${url.pathname} with ${status}`);
    const tokens = await client.authorizationCodeGrant(app, url, checks);
    show(tokens);
    return { agent, config: app, subject: tokens.claims()?.sub ?? '', tokens };
  };
  const show = ({ access_token, id_token }: client.TokenEndpointResponse): void => {
    for (const token of [access_token, id_token]) if (token !== undefined) verifiers.show(token);
  };
  const refresh = async (acting: Acting): Promise<void> => {
    acting.tokens = await client.refreshTokenGrant(acting.config, acting.tokens.refresh_token ?? '');
    show(acting.tokens);
  };
  const look = async ({ subject, tokens }: Acting): Promise<void> => {
    await client.fetchUserInfo(app, tokens.access_token, subject);
    const { active } = await client.tokenIntrospection(app, tokens.access_token);
    if (!active) throw new Error('a token that was just given is not active');
  };
  /** The browser's session is known: nothing is asked of the person. */
  const ask = async ({ agent }: Acting): Promise<string> => {
    const { parameters } = await beginAttempt('openid', { prompt: 'none' });
    const { url } = await agent.get(client.buildAuthorizationUrl(app, parameters));
    return url.searchParams.get('error') ?? (url.searchParams.has('code') ? 'none' : `at ${url.pathname}`);
  };
  const expectAnswer = async (acting: Acting, expected: string): Promise<void> => {
    const answer = await ask(acting);
    if (answer !== expected) throw new Error(`the browser's session: ${answer} in place of ${expected}`);
  };
  const signOut = async (acting: Acting): Promise<void> => {
    const hint = { id_token_hint: acting.tokens.id_token ?? '', post_logout_redirect_uri: SIGNED_OUT };
    const out = await acting.agent.get(client.buildEndSessionUrl(app, hint), { stopAt: SIGNED_OUT });
    if (!out.isStopped) throw new Error(`the sign-out ended at ${out.url.pathname} with ${out.status}`);
    await expectAnswer(acting, 'login_required');
  };
  const revoke = async ({ tokens }: Acting): Promise<string> => {
    const token = tokens.refresh_token ?? '';
    await client.tokenRevocation(app, token);
    const { active } = await client.tokenIntrospection(app, tokens.access_token);
    if (active) throw new Error('a token of a revoked grant is active');
    return grantIdOf(token);
  };
  const agreeOnDevice = async (): Promise<Acting> => {
    const request = await client.initiateDeviceAuthorization(device, { scope: 'openid email offline_access' });
    const agent = createUserAgent({ fetch: patience.fetch });
    const last = await agreeForDevice(agent, request.verification_uri, request.user_code);
    if (!last.body.includes('id="device-approved"')) throw new Error(`the device's code ended with ${last.status}`);
    const tokens = await client.pollDeviceAuthorizationGrant(device, { ...request, interval: 1 });
    show(tokens);
    return { agent, config: device, subject: tokens.claims()?.sub ?? '', tokens };
  };
  return { signIn, refresh, look, expectAnswer, signOut, revoke, agreeOnDevice };
}

/**
 * A client that gets its tokens from the token endpoint itself, so that it need not verify their signatures (OIDC Core
 * §3.1.3.7); the verifiers do, by a key set that they keep as long as they may.
 */
function discover(
  issuer: string,
  id: string,
  authentication: client.ClientAuth,
  patience: Patience,
): Promise<client.Configuration> {
  const options = {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: patience.fetch as client.CustomFetch,
  };
  return client.discovery(new URL(issuer), id, {}, authentication, options);
}

/** The grant of a refresh token: behind the prefix and a byte for the version. */
function grantIdOf(refreshToken: string): string {
  const hex = Buffer.from(refreshToken.slice('tsr_'.length), 'base64url').toString('hex', 1, 17);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
