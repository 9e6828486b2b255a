import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { answerOf } from '../conditions/authorization-answer.ts';
import { expectTokenError } from '../conditions/endpoint-answers.ts';
import { authorize } from '../driver/authorize.ts';
import { completeFlow, redeemCode } from '../driver/flow.ts';
import type { ConformanceModule, Modules } from './conformance-module.ts';

function succeedsWith(parameters: Readonly<Record<string, string>>, checks: string): ConformanceModule {
  return { checks, run: async (run) => void (await completeFlow(run, { parameters })) };
}

const STRANGERS_HINT = 'nobody.we.know@elsewhere.example';

/** Parameters that change nothing, or little, and never lead to an error (OIDC Core §3.1.2.1). */
export const REQUEST_MODULES = {
  'oidcc-display-page': succeedsWith({ display: 'page' }, 'display=page succeeds.'),
  'oidcc-display-popup': succeedsWith({ display: 'popup' }, 'display=popup succeeds.'),
  'oidcc-ensure-request-with-unknown-parameter-succeeds': succeedsWith(
    { extra: 'foobar' },
    'A parameter that nobody knows is ignored (RFC 6749 §3.1).',
  ),
  'oidcc-ui-locales': succeedsWith({ ui_locales: 'se' }, 'A language that is not served is no error.'),
  'oidcc-claims-locales': succeedsWith({ claims_locales: 'se' }, 'Languages of claims are no error.'),
  'oidcc-login-hint': {
    checks: 'A hint at an account that does not exist is no error; it stands in the form.',
    run: async (run) => {
      const hints: unknown[] = [];
      await completeFlow(run, {
        person: run.newPerson(),
        parameters: { login_hint: STRANGERS_HINT },
        onPage: (name, page) => name === 'login' && hints.push(page.form('login').fields['login']),
      });
      expect(hints).toEqual([STRANGERS_HINT]);
    },
  },
  'oidcc-ensure-request-with-acr-values-succeeds': {
    checks: 'acr_values is no error; an acr, if there is one, is one that was asked for.',
    run: async (run) => {
      const known = run.provider.list('acr_values_supported');
      const asked = known.length === 0 ? ['1', '2'] : known;
      const { claims } = await completeFlow(run, { parameters: { acr_values: asked.join(' ') } });
      expect([undefined, ...asked]).toContain(claims['acr']);
    },
  },
  'oidcc-ensure-post-request-succeeds': {
    checks: 'The authorization endpoint takes a POST from a browser that was never here (OIDC Core §3.1.2.1).',
    run: async (run) => void (await completeFlow(run, { method: 'POST', person: run.newPerson() })),
  },
  'oidcc-ensure-request-with-valid-pkce-succeeds': {
    checks: 'A confidential client may use PKCE (RFC 7636); its code is then good for nothing without the verifier.',
    run: async (run) => {
      const verifier = randomBytes(32).toString('base64url');
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      const parameters = { code_challenge: challenge, code_challenge_method: 'S256' };
      await completeFlow(run, { parameters, tokenForm: { code_verifier: verifier } });
      const request = await authorize(run, { parameters });
      const code = answerOf(request.visit).parameters.get('code') ?? '';
      expectTokenError(await redeemCode(request, code), 'invalid_grant');
    },
  },
} satisfies Modules;
