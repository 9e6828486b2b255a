import { expect } from 'vitest';
import type { BearerMethod } from '../driver/client.ts';
import { completeFlow } from '../driver/flow.ts';
import type { ConformanceModule, Modules } from './conformance-module.ts';

function userinfoBy(bearerMethod: BearerMethod, checks: string): ConformanceModule {
  return {
    checks,
    run: async (run) => {
      const { userinfo, claims } = await completeFlow(run, { bearerMethod });
      expect(userinfo?.['sub']).toBe(claims.sub);
    },
  };
}

/** OIDC Core §5.3.1: the ways to ask for userinfo. */
export const USERINFO_MODULES = {
  'oidcc-userinfo-get': userinfoBy('get', 'GET with the access token in the header.'),
  'oidcc-userinfo-post-header': userinfoBy('post-header', 'POST with the access token in the header.'),
  'oidcc-userinfo-post-body': userinfoBy('post-body', 'POST with the access token in the form.'),
} satisfies Modules;
