import { expect } from 'vitest';
import { authorize } from '../driver/authorize.ts';
import { type LogoutVisit, postLogoutUri, type SignedIn } from '../driver/logout.ts';
import { expectErrorAtClient } from './authorization-answer.ts';

/** What says that somebody would have to sign in (OIDC Core §3.1.2.6). */
export const INTERACTION_ERRORS = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
];

/** OIDC RP-Initiated Logout §3: back at the client, with `state` if one was sent, and nothing else. */
export function expectReturn({ sentTo }: LogoutVisit, { run }: SignedIn, state: string | undefined): void {
  const expected = new URL(postLogoutUri(run));
  if (state !== undefined) expected.searchParams.set('state', state);
  expect(sentTo?.href).toBe(expected.href);
}

/** The session is really gone: `prompt=none` finds nobody. */
export async function expectSignedOut({ run, person, client }: SignedIn): Promise<void> {
  const request = await authorize(run, { person, client, parameters: { prompt: 'none' } });
  expectErrorAtClient(request.visit, request, INTERACTION_ERRORS);
}

/** A page that says that the person is signed out; the client is not called. */
export function expectSignedOutPage({ sentTo, lastPage }: LogoutVisit): void {
  expect(sentTo?.href, 'the client is not called').toBeUndefined();
  expect([lastPage.status, lastPage.body.includes('id="signed-out"')]).toEqual([200, true]);
}

/** A page that explains what is wrong with the request; the client is not called. */
export function expectLogoutRefused({ sentTo, lastPage }: LogoutVisit): void {
  expect(sentTo?.href, 'the client is not called').toBeUndefined();
  expect([lastPage.status, lastPage.body.includes('id="error-reference"')]).toEqual([400, true]);
}
