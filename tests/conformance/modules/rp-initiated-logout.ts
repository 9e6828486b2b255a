import { randomBytes } from 'node:crypto';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { expect } from 'vitest';
import { expectDiscovery } from '../conditions/discovery.ts';
import { expectLogoutRefused, expectReturn, expectSignedOut, expectSignedOutPage } from '../conditions/logout.ts';
import { logOut, postLogoutUri, type SignedIn, signInToLeave } from '../driver/logout.ts';
import type { ConformanceModule, Modules } from './conformance-module.ts';

const newState = () => randomBytes(8).toString('hex');

/** A request that must not lead back to the client. */
function refused(
  checks: string,
  parameters: (signedIn: SignedIn) => Promise<Record<string, string>> | Record<string, string>,
): ConformanceModule {
  return {
    checks,
    run: async (run) => {
      const signedIn = await signInToLeave(run);
      const asked = await parameters(signedIn);
      const usual = { post_logout_redirect_uri: postLogoutUri(run), state: newState() };
      expectLogoutRefused(await logOut(signedIn, { ...usual, ...asked }));
    },
  };
}

/** A request without a place to go to: the person is signed out, and a page says so. */
function endsOnPage(checks: string, parameters: (signedIn: SignedIn) => Record<string, string>): ConformanceModule {
  return {
    checks,
    run: async (run) => {
      const signedIn = await signInToLeave(run);
      expectSignedOutPage(await logOut(signedIn, parameters(signedIn)));
      await expectSignedOut(signedIn);
    },
  };
}

/** The hint's claims under another signature, or none. */
async function foreignHint({ flow, run }: SignedIn): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  const kid = run.provider.jwks.keys[0]?.kid ?? '';
  return new SignJWT(flow.claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
}

/** OIDC RP-Initiated Logout. */
export const RP_INITIATED_LOGOUT_MODULES = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': {
    checks: 'Discovery names the end_session_endpoint.',
    run: async ({ provider }) => {
      expectDiscovery(provider);
      expect(provider.endpoint('end_session_endpoint')).toContain(`${provider.issuer}/`);
    },
  },
  'oidcc-rp-initiated-logout': {
    checks: 'Back at the client with state and nothing else; the session is gone.',
    run: async (run) => {
      const signedIn = await signInToLeave(run);
      const state = newState();
      const parameters = { id_token_hint: signedIn.flow.idToken, post_logout_redirect_uri: postLogoutUri(run), state };
      expectReturn(await logOut(signedIn, parameters), signedIn, state);
      await expectSignedOut(signedIn);
    },
  },
  'oidcc-rp-initiated-logout-no-state': {
    checks: 'Without state none comes back.',
    run: async (run) => {
      const signedIn = await signInToLeave(run);
      const parameters = { id_token_hint: signedIn.flow.idToken, post_logout_redirect_uri: postLogoutUri(run) };
      expectReturn(await logOut(signedIn, parameters), signedIn, undefined);
      await expectSignedOut(signedIn);
    },
  },
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': refused(
    'An address that is not registered is never called.',
    ({ flow, run }) => ({
      id_token_hint: flow.idToken,
      post_logout_redirect_uri: `${postLogoutUri(run)}/${newState()}`,
    }),
  ),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': refused(
    'A registered address with a query added is another one.',
    ({ flow, run }) => ({ id_token_hint: flow.idToken, post_logout_redirect_uri: `${postLogoutUri(run)}?added=1` }),
  ),
  'oidcc-rp-initiated-logout-modified-id-token-hint': refused(
    'A hint whose signature was taken away is none.',
    ({ flow }) => ({ id_token_hint: new UnsecuredJWT(flow.claims).encode() }),
  ),
  'oidcc-rp-initiated-logout-bad-id-token-hint': refused(
    'A hint that is signed by a foreign key is none.',
    async (signedIn) => ({ id_token_hint: await foreignHint(signedIn) }),
  ),
  'oidcc-rp-initiated-logout-no-id-token-hint': refused('Without a hint nobody says whose address it is.', () => ({})),
  'oidcc-rp-initiated-logout-no-params': endsOnPage(
    'Without parameters: signed out, and a page that says so.',
    () => ({}),
  ),
  'oidcc-rp-initiated-logout-only-state': endsOnPage('With state alone the same.', () => ({ state: newState() })),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': endsOnPage(
    'With a hint and no address the same; no registered address is called.',
    ({ flow }) => ({ id_token_hint: flow.idToken, state: newState() }),
  ),
} satisfies Modules;
