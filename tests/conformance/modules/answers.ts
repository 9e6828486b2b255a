import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { answerOf, expectErrorPage, expectErrorParameters, expectRefusal } from '../conditions/authorization-answer.ts';
import { expectPublicKeys } from '../conditions/discovery.ts';
import { authorize } from '../driver/authorize.ts';
import { completeFlow } from '../driver/flow.ts';
import type { ModuleRun } from '../driver/module-run.ts';
import { POST_CLIENT } from '../system.ts';
import type { Modules } from './conformance-module.ts';

const withoutNonce = { parameters: { nonce: undefined } };

/** The answer itself, and requests that must not be answered so. */
export const ANSWER_MODULES = {
  'oidcc-server': {
    checks:
      'A stranger signs in and agrees; a state of 128 characters comes back; the keys are public ones, each with its kid.',
    run: async (run) => {
      await expectPublicKeys(run.provider.jwks);
      const parameters = { state: randomBytes(64).toString('hex') };
      const { request } = await completeFlow(run, { person: run.newPerson(), parameters });
      expect(request.visit.pages.slice(0, 2)).toEqual(['connectors', 'login']);
      if (run.entry.responseMode === 'form_post') expectPostingPage(run, request.visit.lastPage);
    },
  },
  'oidcc-response-type-missing': {
    checks: 'An error page, or invalid_request or unsupported_response_type in the query, whatever the profile.',
    run: async (run) => {
      const request = await authorize(run, { parameters: { response_type: undefined } });
      if (request.visit.answer === undefined) return expectErrorPage(request.visit);
      const answer = answerOf(request.visit);
      expect(answer.via).toBe(run.entry.responseMode === 'form_post' ? 'form_post' : 'query');
      expectErrorParameters(answer, request, ['invalid_request', 'unsupported_response_type']);
    },
  },
  'oidcc-idtoken-signature': {
    checks: 'The ID token is signed with RS256, with the key of its kid.',
    run: async (run) => void (await completeFlow(run)),
  },
  'oidcc-idtoken-unsigned': {
    checks: 'ID tokens without a signature.',
    skipReason: 'none is not in id_token_signing_alg_values_supported',
    run: async ({ provider }) => expect(provider.list('id_token_signing_alg_values_supported')).not.toContain('none'),
  },
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': {
    checks: 'No nonce in the request, none in the ID token (OIDC Core §3.1.2.1).',
    run: async (run) => {
      const { claims } = await completeFlow(run, withoutNonce);
      expect(claims).not.toHaveProperty('nonce');
    },
  },
  'oidcc-ensure-request-without-nonce-fails': {
    checks: 'An ID token in front needs a nonce: invalid_request or a page (OIDC Core §3.2.2.11).',
    run: async (run) => {
      const request = await authorize(run, withoutNonce);
      expectRefusal(request.visit, request, ['invalid_request']);
    },
  },
  'oidcc-ensure-registered-redirect-uri': {
    checks: 'A path or a query added to a registered redirect URI leads to a page of ours, and never to the client.',
    run: async (run) => {
      for (const redirectUri of [
        `${run.redirectUri}/${randomBytes(8).toString('hex')}`,
        `${run.redirectUri}?added=1`,
      ]) {
        expectErrorPage((await authorize(run, { parameters: { redirect_uri: redirectUri } })).visit);
      }
    },
  },
  'oidcc-server-client-secret-post': {
    checks: 'The client proves itself by client_secret_post.',
    run: async (run) => void (await completeFlow(run, { client: POST_CLIENT, secretMethod: 'client_secret_post' })),
  },
} satisfies Modules;

/**
 * OAuth 2.0 Form Post Response Mode §2, and what real browsers need beyond it: a policy under which the form may be sent. It
 * names the scheme of the client, to which an application may send its visitors on.
 */
function expectPostingPage(
  { redirectUri }: ModuleRun,
  page: { readonly body: string; readonly headers: Headers },
): void {
  expect(page.body).toContain('<button');
  expect(page.body).toContain('.submit()</script>');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(/form-action ([^;]*)/.exec(policy)?.[1]?.split(' ')).toContain(new URL(redirectUri).protocol);
}
