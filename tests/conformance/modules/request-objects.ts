import { randomBytes } from 'node:crypto';
import { importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { expect } from 'vitest';
import { answerOf, expectErrorPage, expectErrorParameters } from '../conditions/authorization-answer.ts';
import { authorize } from '../driver/authorize.ts';
import { completeFlow } from '../driver/flow.ts';
import type { ModuleRun } from '../driver/module-run.ts';
import { CLIENT, CLIENT_PATHS } from '../system.ts';
import type { Modules } from './conformance-module.ts';

const UNSIGNED_REASON = 'none is not in request_object_signing_alg_values_supported';

/** What a request object without a signature may be answered. */
const REFUSALS = [
  'request_not_supported',
  'request_uri_not_supported',
  'invalid_request_object',
  'invalid_request_uri',
  'invalid_request',
];

function parametersInside(run: ModuleRun): Record<string, string> {
  return {
    client_id: CLIENT.id,
    redirect_uri: run.redirectUri,
    response_type: run.entry.responseType,
    ...(run.entry.responseMode === 'default' ? {} : { response_mode: run.entry.responseMode }),
    scope: 'openid',
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
  };
}

/** The skip is right, and what nobody signed is refused at the client. */
async function expectUnsignedRefused(run: ModuleRun, parameters: Record<string, string>): Promise<void> {
  expect(run.provider.list('request_object_signing_alg_values_supported')).not.toContain('none');
  const request = await authorize(run, { parameters });
  expectErrorParameters(answerOf(request.visit), request, REFUSALS);
}

/** RFC 9101, OIDC Core §6. */
export const REQUEST_OBJECT_MODULES = {
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': {
    checks: 'An unsigned request object behind a registered address.',
    skipReason: UNSIGNED_REASON,
    run: async (run) => {
      const requestUri = `${run.system.clientOrigin}${CLIENT_PATHS.requestObject}`;
      const body = new UnsecuredJWT(parametersInside(run)).encode();
      run.listener.serve(new URL(requestUri).pathname, { contentType: 'application/jwt', body });
      await expectUnsignedRefused(run, { request_uri: requestUri });
    },
  },
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': {
    checks: 'An unsigned request object in the request.',
    skipReason: UNSIGNED_REASON,
    run: (run) => expectUnsignedRefused(run, { request: new UnsecuredJWT(parametersInside(run)).encode() }),
  },
  'oidcc-ensure-request-object-with-redirect-uri': {
    // The suite would send it unsigned and skip the module here; signed it can be checked all the same.
    checks: 'The redirect URI inside the request object wins; one outside that is not registered is never called.',
    run: async (run) => {
      const inside = parametersInside(run);
      const outside = { ...inside, redirect_uri: `${run.redirectUri}/not-registered` };
      const request = await signed(run, inside);
      await completeFlow(run, { parameters: { ...outside, request } });
      const bad = await signed(run, outside);
      const refused = await authorize(run, { parameters: { ...outside, request: bad } });
      expectErrorPage(refused.visit);
    },
  },
} satisfies Modules;

async function signed({ provider, system }: ModuleRun, claims: Record<string, string>): Promise<string> {
  const { requestObjectKey } = system;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: requestObjectKey.kid ?? '' })
    .setIssuer(CLIENT.id)
    .setAudience(provider.issuer)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(await importJWK(requestObjectKey, 'RS256'));
}
