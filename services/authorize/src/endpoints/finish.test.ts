import { createFakeClock } from '@tessera/clock';
import type { FrontChannelTokens, FrontChannelTokensToIssue } from '@tessera/contracts';
import { createSecretRing, parseCode } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import type { HttpRequest, HttpResponse } from '@tessera/http';
import { createParameters } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { DEVICE_CODE_GRANT } from '../authorization/connectors.ts';
import type { Flow } from '../flow/flow.ts';
import { createFlows } from '../flow/flows.ts';
import { createSite } from '../site.ts';
import { createCheckContext } from '../testing/check-context.ts';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { CALLBACK, createClient, passwordConnector } from '../testing/harness.ts';
import { createTestViews } from '../views/views-fixture.ts';
import { type FinishContext, finishFlow } from './finish.ts';
import type { Step } from './step.ts';

const FLOW: Flow = {
  id: 'A'.repeat(22),
  version: 1,
  clientId: 'app',
  redirectUri: CALLBACK,
  state: 'st-1',
  scopes: ['openid', 'email', 'offline_access'],
  responseType: { code: true, token: false, idToken: false },
  responseMode: 'query',
  isRedirectUriImplied: false,
  resources: [],
  acrValues: [],
  forcesApproval: false,
  connectorId: 'ldap',
  browser: 'b',
  restart: '/dex/auth?x',
  connectorData: new Uint8Array(),
  authentication: {
    identity: {
      userId: 'u-1',
      username: 'Jane',
      preferredUsername: 'jane',
      email: 'jane@example.com',
      emailVerified: true,
      groups: [],
      claims: {},
    },
    connectorData: new Uint8Array(),
    authTime: new Date('2026-01-01T00:00:00Z'),
    amr: ['pwd'],
  },
};

const CODE: Partial<Flow> = {};
const IMPLICIT: Partial<Flow> = { responseType: { code: false, token: true, idToken: true }, responseMode: 'fragment' };
const HYBRID: Partial<Flow> = { responseType: { code: true, token: true, idToken: true }, responseMode: 'fragment' };

const REQUEST: HttpRequest = {
  method: 'POST',
  path: '/dex/approval',
  queryString: '',
  query: () => createParameters([]),
  form: async () => createParameters([]),
  headers: {},
  segments: {},
  remoteAddress: '127.0.0.1',
  cookie: () => undefined,
};

const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);

/** A flow that somebody signed in to, and everything that ends it. */
async function begin(changes: Partial<Flow> = {}, more: Partial<FinishContext> = {}) {
  const client = createClient('app', { settings: { authorizationCodeLifetimeSeconds: 30 } });
  const storage = createFakeStorage(createFakeClock());
  const checks = createCheckContext({ clients: [client], connectors: [passwordConnector('ldap')] });
  const issued: FrontChannelTokensToIssue[] = [];
  const context: FinishContext = {
    config: { ...checks.config, oauth2: { ...checks.config.oauth2, grantTypes: [DEVICE_CODE_GRANT] } },
    storage: storage.port,
    connectors: checks.connectors,
    logger: checks.logger,
    site: createSite({ config: checks.config }),
    views: createTestViews(),
    flows: createFlows({ storage: storage.port, config: checks.config }),
    codeSecrets: { ring: () => ring, ready: async () => undefined, close: () => undefined },
    tokens: {
      async issueFrontChannelTokens(request): Promise<FrontChannelTokens> {
        issued.push(request);
        return {
          scopes: request.authorization.scopes,
          expiresInSeconds: request.hasAccessToken ? 3600 : 0,
          ...(request.hasAccessToken ? { accessToken: 'at-1' } : {}),
          ...(request.hasIdToken ? { idToken: 'idt-1' } : {}),
        };
      },
    },
    ...more,
  };
  const flow = { ...FLOW, ...changes };
  await context.flows.put(flow);
  const subject = { client, redirectUri: flow.redirectUri };
  const step: Step = { flow, client, subject, chosenLocale: undefined };
  return { context, storage, issued, step, client, logs: checks.logs };
}

function finish({ context, step }: Awaited<ReturnType<typeof begin>>, scopes: readonly string[] = FLOW.scopes) {
  return finishFlow(context, REQUEST, step, { scopes });
}

function answerIn(part: 'search' | 'hash', { headers }: HttpResponse): Record<string, string> {
  const url = new URL(String(headers['location']));
  expect(url.href.startsWith('https://app.example.com/cb?tenant=7')).toBe(true);
  const parameters = Object.fromEntries(new URLSearchParams(url[part].slice(1)));
  delete parameters['tenant'];
  return parameters;
}

/** What an answer of all three parts carries. */
const ALL_NAMES = ['access_token', 'code', 'expires_in', 'id_token', 'iss', 'scope', 'state', 'token_type'];
const iss = 'https://id.example.com/dex';

describe('finishFlow', () => {
  it('RFC 6749 §4.1.2, RFC 9207 §2: the code flow answers a code in the query, and the token service is not asked', async () => {
    const flow = await begin(CODE);
    const answer = await finish(flow, ['openid', 'email']);
    expect(answer.status).toBe(303);
    const { code = '', ...rest } = answerIn('search', answer);
    expect(rest).toEqual({ state: 'st-1', iss });
    expect(Buffer.from(parseCode(ring, code)?.flowId ?? []).toString('base64url')).toBe(FLOW.id);
    expect(flow.issued).toEqual([]);
    expect(flow.storage.codes.get(FLOW.id)).toMatchObject({
      ttlSeconds: 30,
      authorization: { scopes: ['openid', 'email'], isRefreshable: false, details: { amr: ['pwd'] } },
    });
  });

  it('OIDC Core §3.2.2.5: the implicit flow answers tokens in the fragment, and ends without a code', async () => {
    const flow = await begin(IMPLICIT);
    const answer = await finish(flow, ['openid']);
    expect(answerIn('hash', answer)).toEqual({
      access_token: 'at-1',
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'openid',
      id_token: 'idt-1',
      state: 'st-1',
      iss,
    });
    expect(new URL(String(answer.headers['location'])).search).toBe('?tenant=7');
    expect(flow.storage.codes.size).toBe(0);
    expect(flow.issued).toMatchObject([{ state: 'st-1', authorization: { scopes: ['openid'], isRefreshable: false } }]);
    expect(flow.issued[0]).not.toHaveProperty('code');
    expect(await flow.context.flows.find(FLOW.id)).toEqual({ type: 'completed' });
  });

  it('OIDC Core §3.2.2.5: id_token alone comes without what is about access tokens', async () => {
    const flow = await begin({ responseType: { code: false, token: false, idToken: true }, responseMode: 'fragment' });
    expect(answerIn('hash', await finish(flow))).toEqual({ id_token: 'idt-1', state: 'st-1', iss });
  });

  it('OIDC Core §3.3.2.5: the hybrid flow answers both, with the code told to the issuer of the tokens for c_hash', async () => {
    const flow = await begin(HYBRID);
    const parameters = answerIn('hash', await finish(flow));
    expect(new Set(Object.keys(parameters))).toEqual(new Set(ALL_NAMES));
    const [request] = flow.issued;
    expect(request?.code).toBe(parameters['code']);
    expect(request?.authorization).toMatchObject({ isRefreshable: false, details: { grantType: 'implicit' } });
    const kept = flow.storage.codes.get(FLOW.id)?.authorization;
    expect(kept).toMatchObject({ isRefreshable: true });
    expect(kept?.details).not.toHaveProperty('grantType');
  });

  it('OAuth 2.0 Form Post Response Mode §2: form_post answers a page that posts, with nothing in an address', async () => {
    const flow = await begin({ ...HYBRID, responseMode: 'form_post' });
    const { status, headers, body } = await finish(flow);
    expect([status, headers['location'], headers['cache-control']]).toEqual([200, undefined, 'no-store']);
    const names = [...String(body).matchAll(/<input type="hidden" name="([^"]*)"/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(ALL_NAMES));
    expect(String(body)).toContain('action="https://app.example.com/cb?tenant=7"');
  });

  it('OIDC Session Management §2: the answer tells the state of the session where there is one', async () => {
    const { context, step } = await begin(CODE);
    const answer = await finishFlow(context, REQUEST, step, { scopes: FLOW.scopes, sessionState: 'hash.salt' });
    expect(answerIn('search', answer)).toMatchObject({ session_state: 'hash.salt' });
  });

  it('RFC 6749 §10.5: of two submits at once, one is answered, and both made the same grant', async () => {
    const flow = await begin(HYBRID);
    flow.storage.meet('complete', 2);
    const answers = await Promise.all([finish(flow), finish(flow)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303, 400]));
    expect(new Set(flow.issued.map(({ grantId }) => grantId)).size).toBe(1);
    expect(flow.issued[0]?.grantId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('another flow, another version, other scopes or other claims make another grant', async () => {
    const ids = new Set<string | undefined>();
    for (const [changes, scopes] of [
      [{}, ['openid']],
      [{ id: 'B'.repeat(22) }, ['openid']],
      [{ version: 2 }, ['openid']],
      [{}, ['openid', 'email']],
      [{ claims: { userinfo: { name: {} } } }, ['openid']],
    ] as const) {
      const flow = await begin({ ...IMPLICIT, ...changes });
      await finish(flow, scopes);
      ids.add(flow.issued[0]?.grantId);
    }
    expect(ids.size).toBe(5);
  });

  it('a token service that is down leaves the flow as it was, so that the person can try once more', async () => {
    let isDown = true;
    const working = await begin(HYBRID);
    const tokens: FinishContext['tokens'] = {
      async issueFrontChannelTokens(request) {
        if (isDown) throw unavailable('token.down', 'down');
        return working.context.tokens.issueFrontChannelTokens(request);
      },
    };
    const flow = await begin(HYBRID, { tokens });
    await expect(finish(flow)).rejects.toThrow('down');
    expect(await flow.context.flows.find(FLOW.id)).toMatchObject({ type: 'pending' });
    isDown = false;
    expect((await finish(flow)).status).toBe(303);
  });

  it('what runs at the end runs for the one that ended the flow, and must succeed before anything is answered', async () => {
    const flow = await begin(CODE);
    const endBy = (whenEnded: () => Promise<void> | void) =>
      finishFlow(flow.context, REQUEST, flow.step, { scopes: FLOW.scopes, whenEnded });
    await expect(endBy(() => Promise.reject(new Error('not on record')))).rejects.toThrow('not on record');
    const runs: string[] = [];
    const again = await endBy(() => void runs.push('run'));
    expect([again.status, runs]).toEqual([400, []]);
  });

  it('OIDC Core §5.5.1.1: a sign-in without the acr that is essential is a failed one', async () => {
    const claims = { idToken: { acr: { essential: true, values: ['gold'] } } };
    const flow = await begin({ ...HYBRID, claims });
    expect(answerIn('hash', await finish(flow))).toMatchObject({ error: 'access_denied', state: 'st-1', iss });
    expect([flow.issued, flow.storage.codes.size]).toEqual([[], 0]);
  });

  it('a connector that may not be used any more ends on a page, and a scope that was not asked for nowhere', async () => {
    const flow = await begin({ connectorId: 'gone' });
    expect((await finish(flow)).status).toBe(403);
    await expect(finish(await begin(CODE), ['admin'])).rejects.toThrow(RangeError);
  });

  it('RFC 8628 §3.3: the flow of a device ends at the device', async () => {
    const userCode = 'BCDF-GHJK';
    const flow = await begin({ deviceUserCode: userCode, redirectUri: '' });
    const { devices, decisions } = flow.storage.shortLived;
    devices.set(userCode, { userCode, clientId: 'app', payload: new Uint8Array(), expiresAt: new Date('2100-01-01') });
    expect(await finish(flow, ['openid'])).toMatchObject({
      status: 200,
      body: expect.stringContaining('device-approved'),
    });
    expect(decisions).toMatchObject([{ userCode, authorization: { scopes: ['openid'], redirectUri: '' } }]);
    expect(flow.storage.codes.size).toBe(0);
  });

  it('no code and no token gets into the log', async () => {
    const flow = await begin(HYBRID);
    const { code = '' } = answerIn('hash', await finish(flow));
    expect(flow.logs).not.toHaveLength(0);
    for (const secret of [code, 'at-1', 'idt-1', 'st-1', FLOW.id]) expect(flow.logs.join()).not.toContain(secret);
  });
});
