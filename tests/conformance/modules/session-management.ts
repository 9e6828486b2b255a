import { expect } from 'vitest';
import { expectDiscovery } from '../conditions/discovery.ts';
import { INTERACTION_ERRORS } from '../conditions/logout.ts';
import { logoutUrl, postLogoutUri } from '../driver/logout.ts';
import { answerOnScreen, askSessionFrame, codeRequest, signInOnScreen } from '../driver/screen.ts';
import { CLIENT } from '../system.ts';
import type { Modules } from './conformance-module.ts';

/** OIDC Session Management. Real scripts ask the iframe, in a real browser. */
export const SESSION_MANAGEMENT_MODULES = {
  'oidcc-session-management-discovery-endpoint-verification': {
    checks: 'Discovery names the iframe, which may be framed by everybody.',
    run: async ({ provider }) => {
      expectDiscovery(provider);
      expect(provider.endpoint('end_session_endpoint')).toContain(`${provider.issuer}/`);
      const frame = await fetch(provider.endpoint('check_session_iframe'));
      expect([frame.status, frame.headers.get('x-frame-options')]).toEqual([200, null]);
      expect(frame.headers.get('content-security-policy')).toContain('frame-ancestors *');
    },
  },
  'oidcc-session-management-rp-initiated-logout': {
    checks: 'The iframe says unchanged after the sign-in and changed after the logout, which comes back with state.',
    run: async (run) => {
      const { page, idToken, sessionState } = await signInOnScreen(run, CLIENT);
      const message = `${CLIENT.id} ${sessionState}`;
      expect(await askSessionFrame(page, run, message)).toBe('unchanged');
      expect(await askSessionFrame(page, run, `another-client ${sessionState}`)).toBe('changed');
      expect(await askSessionFrame(page, run, 'what is this')).toBe('error');
      const leaving = { id_token_hint: idToken, post_logout_redirect_uri: postLogoutUri(run), state: 'bye' };
      await page.goto(logoutUrl(run, leaving).href);
      await page.waitForSelector('#client');
      expect(page.url()).toBe(`${postLogoutUri(run)}?state=bye`);
      expect(await askSessionFrame(page, run, message)).toBe('changed');
      await page.goto(codeRequest(run, CLIENT, { prompt: 'none' }).href);
      expect(INTERACTION_ERRORS).toContain((await answerOnScreen(page)).get('error'));
      await page.close();
    },
  },
} satisfies Modules;
