import { expect } from 'vitest';
import { expectTokenError, expectTokens, expectUserinfo } from '../conditions/endpoint-answers.ts';
import { expectIdToken } from '../conditions/id-token.ts';
import { type EndpointAnswer, requestTokens, requestUserinfo } from '../driver/client.ts';
import { completeFlow, type FlowResult, redeemCode } from '../driver/flow.ts';
import type { ModuleRun } from '../driver/module-run.ts';
import { CLIENT, type ConformanceClient, SECOND_CLIENT } from '../system.ts';
import type { Modules } from './conformance-module.ts';

/** Claims of an ID token that a refresh must not change (OIDC Core §12.2). */
const LASTING_CLAIMS = ['iss', 'sub', 'aud', 'auth_time', 'azp'];

async function redeemAgain(run: ModuleRun): Promise<FlowResult> {
  const flow = await completeFlow(run);
  expectTokenError(await redeemCode(flow.request, flow.code ?? ''), 'invalid_grant');
  return flow;
}

/** What becomes of codes and refresh tokens. */
export const CODE_MODULES = {
  'oidcc-codereuse': {
    checks: 'A code that is redeemed a second time at once: invalid_grant (RFC 6749 §4.1.2).',
    run: async (run) => void (await redeemAgain(run)),
  },
  'oidcc-codereuse-30seconds': {
    checks: 'The same later, and the access token of the first redemption ends with it.',
    // The thirty seconds of grace are for providers that learn of a redemption late. Here the first redemption is durable
    // before it is answered, and until the code expires, a minute after it was issued, no time that passes changes anything.
    run: async (run) => {
      const { accessToken } = await redeemAgain(run);
      const { status } = await requestUserinfo(run.provider.endpoint('userinfo_endpoint'), accessToken ?? '');
      expect(status).toBe(401);
    },
  },
  'oidcc-refresh-token': {
    checks: 'A refresh keeps who and when; the refresh token of another client is invalid_grant.',
    run: async (run) => {
      expect(run.provider.list('grant_types_supported')).toContain('refresh_token');
      await refreshAs(run, CLIENT);
      const second = await refreshAs(run, SECOND_CLIENT);
      expectTokenError(await refresh(run, CLIENT, second), 'invalid_grant');
    },
  },
} satisfies Modules;

function refresh(run: ModuleRun, client: ConformanceClient, refreshToken: string): Promise<EndpointAnswer> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  return requestTokens(run.provider.endpoint('token_endpoint'), client, form);
}

/** Gets a refresh token, uses it once, and returns the one that is good then (OIDC Core §11 and §12). */
async function refreshAs(run: ModuleRun, client: ConformanceClient): Promise<string> {
  const scope = 'openid offline_access';
  const flow = await completeFlow(run, { client, scope, parameters: { prompt: 'consent' } });
  expect(flow.request.visit.pages).toEqual(['approval']);
  const answer = await refresh(run, client, flow.refreshToken ?? '');
  expectTokens(answer);
  const accessToken = String(answer.body['access_token']);
  const request = { ...flow.request, nonce: undefined };
  const idToken = String(answer.body['id_token']);
  const claims = await expectIdToken(idToken, request, 'token endpoint', { accessToken, code: flow.code });
  for (const name of LASTING_CLAIMS) expect([name, claims[name]]).toEqual([name, flow.claims[name]]);
  expect(claims.iat).toBeGreaterThanOrEqual(flow.claims.iat ?? 0);
  expectUserinfo(await requestUserinfo(run.provider.endpoint('userinfo_endpoint'), accessToken), request, claims.sub);
  return typeof answer.body['refresh_token'] === 'string' ? answer.body['refresh_token'] : (flow.refreshToken ?? '');
}
