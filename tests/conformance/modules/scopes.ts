import { expect } from 'vitest';
import { expectScopeClaims, expectUpdatedAt } from '../conditions/scope-claims.ts';
import { completeFlow, type FlowChoices } from '../driver/flow.ts';
import { ALL_SCOPES, type ModuleRun } from '../driver/module-run.ts';
import { PERSON } from '../system.ts';
import type { ConformanceModule, Modules } from './conformance-module.ts';

/** OIDC Core §5.4: claims of scopes are at userinfo, and in the ID token where no access token is issued. */
async function expectClaimsOf(run: ModuleRun, scope: string, more: FlowChoices = {}): Promise<void> {
  for (const name of scope.split(' ')) expect(run.provider.list('scopes_supported')).toContain(name);
  const { claims, userinfo } = await completeFlow(run, { scope, ...more });
  const found = userinfo ?? claims;
  expectScopeClaims(found, scope);
  expectUpdatedAt(found);
}

function scopeModule(scope: string, checks: string): ConformanceModule {
  return { checks, run: (run) => expectClaimsOf(run, scope) };
}

/** Claims that are asked for by scopes, and by name. */
export const SCOPE_MODULES = {
  'oidcc-scope-profile': scopeModule('openid profile', 'All fourteen claims of profile, updated_at as a number.'),
  'oidcc-scope-email': scopeModule('openid email', 'email and email_verified.'),
  'oidcc-scope-address': scopeModule('openid address', 'address, as an object.'),
  'oidcc-scope-phone': scopeModule('openid phone', 'phone_number and phone_number_verified.'),
  'oidcc-scope-all': scopeModule(ALL_SCOPES, 'The claims of all standard scopes at once.'),
  'oidcc-alternate-happy-flow': {
    checks: 'The order of scopes and of parameters does not matter (RFC 6749 §3.3).',
    run: (run) => expectClaimsOf(run, 'email openid', { isReversed: true }),
  },
  'oidcc-claims-essential': {
    checks: 'name, asked for by claims with the scope openid alone, is where it was asked for and nowhere else.',
    run: async (run) => {
      const hasUserinfo = run.entry.responseType !== 'id_token';
      const where = hasUserinfo ? 'userinfo' : 'id_token';
      const { claims, userinfo } = await completeFlow(run, {
        parameters: { claims: JSON.stringify({ [where]: { name: { essential: true } } }) },
        ...(hasUserinfo ? { userinfoClaims: ['name'] } : { idTokenClaims: ['name'] }),
      });
      expect((userinfo ?? claims)['name']).toBe(PERSON.profile.name);
    },
  },
} satisfies Modules;
