import { type Client, encodeSubject } from '@tessera/oauth';
import type { Page, UserAgent } from '@tessera/testkit';
import { expect } from 'vitest';
import { answerOf, createClient, type Harness, type HarnessOptions, ISSUER, signIn, startHarness } from './harness.ts';
import { createTestSigner } from './id-tokens.ts';

/** Where the client `app` may be returned to after a logout, with a query of its own. */
export const BYE = 'https://app.example.com/bye?tenant=7';
/** Signs ID tokens as the issuer. */
export const signer = createTestSigner();
/** Who signs in by password. */
export const JANE = encodeSubject('id-of-jane', 'ldap');

/** The client `app`, which may be returned to. */
export const leavableApp = (settings: Client['settings'] = {}) =>
  createClient('app', { postLogoutRedirectUris: [BYE, 'com.example.app:/bye'], settings });

/** The service with sessions, one browser, and what logouts are looked at by. */
export interface LogoutBench {
  readonly harness: Harness;
  readonly browser: UserAgent;
  readonly sessionIds: () => readonly string[];
  readonly cookieNames: () => readonly string[];
  /** Opens the logout endpoint. */
  readonly goTo: (parameters?: Readonly<Record<string, string>>) => Promise<Page>;
  /** Signs in, and returns an ID token of that session. */
  readonly signInAndGetHint: (changes?: Readonly<Record<string, unknown>>) => Promise<string>;
  /** Expects that nothing of the sign-in is left. */
  readonly expectSignedOut: () => Promise<void>;
  close(): Promise<void>;
}

/** The address of the logout endpoint, below the issuer's path. */
export function logoutPath(parameters: Readonly<Record<string, string>> = {}): string {
  return `/logout?${new URLSearchParams(parameters).toString()}`;
}

/** Starts the service for logouts; nobody is asked for consent. */
export async function startLogoutBench(options: HarnessOptions = {}): Promise<LogoutBench> {
  const harness = await startHarness({
    clients: [leavableApp()],
    keys: [signer.key],
    oauth2: { skipApprovalScreen: true },
    ...options,
    sessions: { enabled: true, ...options.sessions },
  });
  const browser = harness.browser();
  const sessionIds = () => [...harness.storage.sessions.sessions.keys()];
  const cookieNames = () => browser.jar.all().flatMap(({ name }) => (name === 'tessera_locale' ? [] : [name]));
  return {
    harness,
    browser,
    sessionIds,
    cookieNames,
    goTo: (parameters) => browser.get(harness.url(logoutPath(parameters))),
    async signInAndGetHint(changes = {}) {
      const before = new Set(sessionIds());
      await signIn(browser, await harness.open(browser));
      const sid = sessionIds().find((id) => !before.has(id));
      return signer.token({ iss: ISSUER, aud: 'app', sub: JANE, exp: 1, iat: 0, sid, ...changes });
    },
    async expectSignedOut() {
      expect([sessionIds(), cookieNames()]).toEqual([[], []]);
      const silent = await harness.open(browser, { prompt: 'none' });
      expect(answerOf(silent)).toMatchObject({ error: 'login_required' });
    },
    async close() {
      await harness.service.close();
      await harness.close();
    },
  };
}
