import { randomBytes } from 'node:crypto';
import { waitFor } from '@tessera/testkit';
import { decodeJwt, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { expectDiscovery } from '../conditions/discovery.ts';
import { expectReturn, expectSignedOut } from '../conditions/logout.ts';
import type { ReceivedRequest } from '../driver/listener.ts';
import { logOut, logoutUrl, postLogoutUri, type SignedIn, signInToLeave } from '../driver/logout.ts';
import type { ModuleRun } from '../driver/module-run.ts';
import { signInOnScreen } from '../driver/screen.ts';
import { BACK_CHANNEL_CLIENT, CLIENT_PATHS, FRONT_CHANNEL_CLIENT } from '../system.ts';
import type { Modules } from './conformance-module.ts';

/** OIDC Back-Channel Logout §2.4. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

function expectCapabilities({ provider }: ModuleRun, names: readonly string[]): void {
  expectDiscovery(provider);
  for (const name of names) expect([name, provider.metadata[name]]).toEqual([name, true]);
}

/** Signs out by the hint and comes back to the client with `state`; the session is gone then. */
async function leave(signedIn: SignedIn) {
  const { run, flow } = signedIn;
  const state = randomBytes(8).toString('hex');
  const parameters = { id_token_hint: flow.idToken, post_logout_redirect_uri: postLogoutUri(run), state };
  const visit = await logOut(signedIn, parameters);
  expectReturn(visit, signedIn, state);
  await expectSignedOut(signedIn);
  return visit;
}

/** OIDC Front-Channel Logout and Back-Channel Logout. */
export const CHANNEL_LOGOUT_MODULES = {
  'oidcc-frontchannel-logout-discovery-endpoint-verification': {
    checks: 'Discovery says that clients are told in frames, with the session.',
    run: async (run) =>
      expectCapabilities(run, ['frontchannel_logout_supported', 'frontchannel_logout_session_supported']),
  },
  'oidcc-frontchannel-rp-initiated-logout': {
    checks:
      'The client is called in a frame with iss and the ID token’s sid and nothing else, then in the browser with state.',
    run: async (run) => {
      const signedIn = await signInToLeave(run, FRONT_CHANNEL_CLIENT);
      const { sid } = signedIn.flow.claims;
      const { frames, lastPage } = await leave(signedIn);
      expect(frames.map((frame) => frame.origin + frame.pathname)).toEqual([
        `${run.system.clientOrigin}${CLIENT_PATHS.frontChannelLogout}`,
      ]);
      expect(Object.fromEntries(frames[0]?.searchParams ?? [])).toEqual({ iss: run.provider.issuer, sid });
      expect(lastPage.headers.get('content-security-policy')).toContain(`frame-src ${run.system.clientOrigin}`);
      await expectToldOnScreen(run);
    },
  },
  'oidcc-backchannel-logout-discovery-endpoint-verification': {
    checks: 'Discovery says that clients are told directly, with the session.',
    run: async (run) =>
      expectCapabilities(run, ['backchannel_logout_supported', 'backchannel_logout_session_supported']),
  },
  'oidcc-backchannel-rp-initiated-logout': {
    checks:
      'The client gets a logout token that it may believe, whatever the browser does, and the browser with state.',
    run: async (run) => {
      const signedIn = await signInToLeave(run, BACK_CHANNEL_CLIENT);
      await leave(signedIn);
      const { sid, sub } = signedIn.flow.claims;
      const call = await waitFor(() => run.listener.requests.find((request) => sessionOf(request) === sid), {
        what: 'the logout token',
      });
      expect([call.method, call.contentType]).toEqual(['POST', 'application/x-www-form-urlencoded']);
      const form = new URLSearchParams(call.body);
      expect([...form.keys()]).toEqual(['logout_token']);
      const { payload, protectedHeader } = await jwtVerify(form.get('logout_token') ?? '', run.provider.keys, {
        issuer: run.provider.issuer,
        audience: BACK_CHANNEL_CLIENT.id,
        algorithms: ['RS256'],
      });
      expect(protectedHeader.kid).toBeTypeOf('string');
      expect(payload).toMatchObject({ sub, iat: expect.any(Number), jti: expect.any(String) });
      expect(payload['events']).toEqual({ [LOGOUT_EVENT]: {} });
      expect(payload).not.toHaveProperty('nonce');
    },
  },
} satisfies Modules;

/** In a real browser the frame is loaded before the page goes on, and it goes on without a click. */
async function expectToldOnScreen(run: ModuleRun): Promise<void> {
  const { page, idToken } = await signInOnScreen(run, FRONT_CHANNEL_CLIENT);
  const leaving = { id_token_hint: idToken, post_logout_redirect_uri: postLogoutUri(run), state: 'bye' };
  await page.goto(logoutUrl(run, leaving).href);
  await page.waitForURL(`${postLogoutUri(run)}?state=bye`);
  const { sid } = decodeJwt(idToken);
  const told = run.listener.requests.filter(({ url }) => url.searchParams.get('sid') === sid);
  expect(told.map(({ url }) => url.pathname)).toEqual([CLIENT_PATHS.frontChannelLogout]);
  await page.close();
}

/** The session that a logout token is about; undefined for every other request. */
function sessionOf({ url, body }: ReceivedRequest): unknown {
  if (url.pathname !== CLIENT_PATHS.backChannelLogout) return undefined;
  return decodeJwt(new URLSearchParams(body).get('logout_token') ?? '')['sid'];
}
