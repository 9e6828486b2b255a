import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { browserStateCookie, createBrowserState, sessionState } from './session-state.ts';

const answer = { clientId: 'app', redirectUri: 'https://app.example.com:8443/cb?x=1', browserState: 'state-1' };

describe('session_state', () => {
  it('OIDC Session Management §4.2: is a hash over client, origin, browser state and salt, with the salt behind it', () => {
    const hash = createHash('sha256').update('app https://app.example.com:8443 state-1 salt').digest('base64url');
    expect(sessionState(answer, 'salt')).toBe(`${hash}.salt`);
    expect(sessionState(answer)).not.toBe(sessionState(answer));
    expect(sessionState(answer)).toMatch(/^[\w-]{43}\.[\w-]{16}$/);
  });

  it.each([
    ['client', { clientId: 'other' }],
    ['origin', { redirectUri: 'https://app.example.com/cb' }],
    ['browser state', { browserState: 'state-2' }],
  ])('changes with the %s', (_, change) => {
    expect(sessionState({ ...answer, ...change }, 'salt')).not.toBe(sessionState(answer, 'salt'));
  });

  it.each(['com.example.app:/cb', 'urn:ietf:wg:oauth:2.0:oob', ''])(
    'is left out for %j, which has no origin',
    (redirectUri) => {
      expect(sessionState({ ...answer, redirectUri })).toBeUndefined();
    },
  );
});

describe('the cookie of the browser state', () => {
  it('OIDC Session Management §3.2: is readable by the frame, wherever the frame stands', () => {
    const https = { path: '/dex', isSecure: true };
    expect(browserStateCookie(https, 'x')).toBe('__Host-tessera_browser_state=x; Path=/; SameSite=None; Secure');
    expect(browserStateCookie(https, 'x', 9)).toContain('; Max-Age=9; ');
    const http = { path: '/dex', isSecure: false };
    expect(browserStateCookie(http, 'x')).toBe('tessera_browser_state=x; Path=/dex; SameSite=Lax');
    expect(createBrowserState()).toMatch(/^[\w-]{22}$/);
  });
});
