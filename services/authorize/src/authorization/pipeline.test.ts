import { createParameters, sanitizeErrorDescription } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clients, type OAuth2, refusalOf, resources, valid, validate } from '../testing/authorization-requests.ts';
import { createCheckContext, outcomeOf, RESPONSE_TYPES } from '../testing/check-context.ts';
import { type AuthorizationParameters, authorizationQuery, CALLBACK, CHALLENGE } from '../testing/harness.ts';
import { MAX_REQUEST_CHARACTERS } from './checks/length.ts';
import { CHECKS } from './checks-table.ts';
import { validateAuthorizationRequest } from './pipeline.ts';
import { ClientRefusal, PageRefusal } from './refusal.ts';

describe('which error goes where', () => {
  const foreign = 'https://evil.example/cb';
  const cases: readonly (readonly [string, AuthorizationParameters, expected: string])[] = [
    ['1. RFC 6749 §4.1.2.1: a client that is not known', { client_id: 'nobody', redirect_uri: foreign }, 'page'],
    ['2. RFC 6749 §4.2.2.1: a redirect URI that is not the client’s', { redirect_uri: foreign, scope: '' }, 'page'],
    [
      '3. RFC 9101 §6.1: a request object that is not genuine, and no address that is the client’s',
      { request: 'a.b.c', redirect_uri: foreign },
      'page',
    ],
    [
      '4. RFC 6749 §3.1.1: no response type, though a fragment is asked for',
      { response_type: '', response_mode: 'fragment' },
      'query',
    ],
    ['5. RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6: the code flow', { scope: '' }, 'query'],
    [
      '6. RFC 6749 §4.2.2.1, OIDC Core §3.2.2.6, §3.3.2.6: tokens in front',
      { response_type: 'code id_token' },
      'fragment',
    ],
    [
      '7. Form Post Response Mode §2: form_post, even without a response type',
      { response_type: '', response_mode: 'form_post' },
      'form_post',
    ],
  ];

  it.each(cases)('%s', async (_, changes, expected) => {
    const refusal = await refusalOf(authorizationQuery(changes));
    const place = refusal instanceof ClientRefusal ? refusal.request.responseMode : refusal;
    if (expected === 'page') expect(place).toBeInstanceOf(PageRefusal);
    else expect(place).toBe(expected);
  });

  it('OAuth 2.0 Multiple Response Types §5: every type answers errors where it answers', async () => {
    for (const type of RESPONSE_TYPES) {
      const refusal = await refusalOf(authorizationQuery({ response_type: type, scope: 'nothing' }));
      expect(refusal, type).toMatchObject({ request: { responseMode: type === 'code' ? 'query' : 'fragment' } });
    }
  });

  it('RFC 6749 §4.1.2.1: the table tells the person up to the redirect URI, and the client from there on', () => {
    const told = CHECKS.map((row) => row.told);
    const [first, second, third, ...rest] = CHECKS.map(({ name }) => name);
    expect([first, second, third]).toEqual(['client', 'request object', 'redirect URI']);
    expect(told.slice(0, 3)).toEqual(['person', 'client-if-registered', 'person']);
    expect(new Set(told.slice(3))).toEqual(new Set(['client']));
    expect(rest.slice(0, 2)).toEqual(['repetition', 'length']);
  });
});

describe('whatever is sent', () => {
  it('N14, RFC 9700 §4.11: is accepted, told to the person, or told to the client at an address that is its own', async () => {
    const value = fc.oneof(
      fc.constantFrom('app', 'spa', 'off', CALLBACK, 'https://evil.example/', 'com.example.app:/cb', 'native'),
      fc.constantFrom('code', 'token', 'id_token token', 'form_post', 'fragment', 'query', 'openid', 'none', 'a.b.c'),
      fc.string(),
    );
    const name = fc.constantFrom(
      ...[
        'client_id',
        'redirect_uri',
        'response_type',
        'response_mode',
        'scope',
        'state',
        'nonce',
        'prompt',
        'max_age',
      ],
      ...[
        'claims',
        'request',
        'request_uri',
        'registration',
        'acr_values',
        'id_token_hint',
        'resource',
        'code_challenge',
      ],
    );
    const pairs = fc.array(fc.tuple(name, value), { maxLength: 8 });
    const base = fc.constantFrom(
      [],
      [...new URLSearchParams(authorizationQuery())],
      [...new URLSearchParams(authorizationQuery({ response_type: 'code id_token', nonce: 'n' }))],
    );
    const context = createCheckContext({ clients, resources });
    await fc.assert(
      fc.asyncProperty(base, pairs, async (usual, more) => {
        const parameters = createParameters([...usual, ...more]);
        const outcome = await outcomeOf(validateAuthorizationRequest(parameters, context));
        if (outcome instanceof PageRefusal) return;
        const target = outcome instanceof ClientRefusal ? outcome.request : outcome;
        if (target instanceof Error) throw target;
        expect(target.client.redirectUris).toContain(target.redirectUri);
        const type = parameters.get('response_type') ?? '';
        if (/token/.test(type) && target.responseMode === 'query') expect(type).not.toMatch(/(^| )(id_)?token( |$)/);
      }),
      { numRuns: 300 },
    );
  });
});

const atTheClient: readonly (readonly [string, AuthorizationParameters, error: string])[] = [
  ['no response_type', { response_type: undefined }, 'invalid_request'],
  ['an unknown response_type', { response_type: 'codex' }, 'invalid_request'],
  [
    'a response_type with a word twice that is not served so',
    { response_type: 'none none' },
    'unsupported_response_type',
  ],
  ['response_type none', { response_type: 'none' }, 'unsupported_response_type'],
  ['a type the client does not have', { client_id: 'only-code', response_type: 'token' }, 'unauthorized_client'],
  ['implicit without its grant', { client_id: 'no-implicit', response_type: 'id_token' }, 'unauthorized_client'],
  [
    'hybrid without the grant implicit',
    { client_id: 'no-implicit', response_type: 'code token' },
    'unauthorized_client',
  ],
  ['hybrid without the grant for codes', { client_id: 'no-code', response_type: 'code token' }, 'unauthorized_client'],
  ['code without its grant', { client_id: 'no-code' }, 'unauthorized_client'],
  ['an unknown response_mode', { response_mode: 'web_message' }, 'invalid_request'],
  ['tokens in the query', { response_type: 'token', response_mode: 'query' }, 'invalid_request'],
  ['a registration', { registration: '{}' }, 'registration_not_supported'],
  ['no scope', { scope: undefined }, 'invalid_scope'],
  ['a scope without openid', { scope: 'email' }, 'invalid_scope'],
  ['an API scope beside others without openid', { scope: 'files.read email' }, 'invalid_scope'],
  ['offline_access alone', { scope: 'offline_access' }, 'invalid_scope'],
  ['an ID token without openid', { scope: 'files.read', response_type: 'id_token token', nonce: 'n' }, 'invalid_scope'],
  ['an unrecognised scope', { scope: 'openid files.write' }, 'invalid_scope'],
  ['a scope outside the charset', { scope: 'openid "' }, 'invalid_scope'],
  ['a scope the client may not ask for', { client_id: 'limited', scope: 'openid profile' }, 'invalid_scope'],
  ['a peer that does not trust', { scope: 'openid audience:server:client_id:wary' }, 'invalid_scope'],
  ['an unknown peer', { scope: 'openid audience:server:client_id:nobody' }, 'invalid_scope'],
  ['a disabled peer', { scope: 'openid audience:server:client_id:trusting-but-off' }, 'invalid_scope'],
  ['an unknown resource', { resource: 'https://nobody/' }, 'invalid_target'],
  ['id_token without a nonce', { response_type: 'id_token' }, 'invalid_request'],
  ['id_token token without a nonce', { response_type: 'token id_token' }, 'invalid_request'],
  ['code id_token without a nonce', { response_type: 'code id_token' }, 'invalid_request'],
  ['code id_token token without a nonce', { response_type: 'code id_token token' }, 'invalid_request'],
  ['a public client without PKCE', { client_id: 'spa' }, 'invalid_request'],
  ['a client held to PKCE without it', { client_id: 'careful' }, 'invalid_request'],
  ['a method without a challenge', { code_challenge_method: 'S256' }, 'invalid_request'],
  ['a challenge without a method, which means plain', { code_challenge: CHALLENGE }, 'invalid_request'],
  ['the method plain', { code_challenge: CHALLENGE, code_challenge_method: 'plain' }, 'invalid_request'],
  ['the method s256', { code_challenge: CHALLENGE, code_challenge_method: 's256' }, 'invalid_request'],
  ['a short challenge', { code_challenge: 'x'.repeat(42), code_challenge_method: 'S256' }, 'invalid_request'],
  ['an unknown prompt', { prompt: 'login signup' }, 'invalid_request'],
  ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
  ['prompt create, as there is no page for it', { prompt: 'create' }, 'invalid_request'],
  ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
  ['a max_age in words', { max_age: '1h' }, 'invalid_request'],
  ['an id_token_hint that is no token', { id_token_hint: 'not.a.token' }, 'invalid_request'],
  ['claims that are no JSON', { claims: '{' }, 'invalid_request'],
  [
    'a sub among several in claims that is no text',
    { claims: '{"id_token":{"sub":{"values":["s-1",7]}}}' },
    'invalid_request',
  ],
  ['no sub among none in claims', { claims: '{"id_token":{"sub":{"values":[]}}}' }, 'invalid_request'],
  ['a sub in claims that is no text', { claims: '{"id_token":{"sub":{"value":7}}}' }, 'invalid_request'],
  ['a request that no address holds', { nonce: 'n'.repeat(MAX_REQUEST_CHARACTERS) }, 'invalid_request'],
];

describe('told to the client', () => {
  it.each(atTheClient)('RFC 6749 §4.1.2.1, RFC 7636 §4.4.1, OIDC Core §3.1.2.6: %s', async (_, changes, error) => {
    const refusal = await refusalOf(authorizationQuery(changes));
    expect(refusal).toBeInstanceOf(ClientRefusal);
    expect(refusal).toMatchObject({ error, request: { redirectUri: CALLBACK, state: 'st-1' } });
  });

  it.each(RESPONSE_TYPES)('OAuth 2.0 Multiple Response Types §3: %s is unsupported where it is off', async (type) => {
    const responseTypes = RESPONSE_TYPES.filter((other) => other !== type);
    expect(await refusalOf(authorizationQuery({ response_type: type, nonce: 'n' }), { responseTypes })).toMatchObject({
      error: 'unsupported_response_type',
    });
  });

  it('OAuth 2.0 Multiple Response Types §2.1: a response_mode that is off, told in the usual way of the type', async () => {
    const off: OAuth2 = { responseModes: ['query'] };
    for (const response_mode of ['fragment', 'form_post']) {
      expect(await refusalOf(authorizationQuery({ response_mode }), off)).toMatchObject({
        error: 'invalid_request',
        request: { responseMode: 'query' },
      });
    }
  });

  it('RFC 8252 §7.1: nothing can be posted to an application on the device', async () => {
    const native = { client_id: 'native', redirect_uri: 'com.example.app:/cb', response_mode: 'form_post' };
    expect(await refusalOf(authorizationQuery(native))).toMatchObject({
      error: 'invalid_request',
      request: { responseMode: 'query' },
    });
  });

  it('RFC 6749 §3.1: a parameter that is there twice, with no state when it is the state', async () => {
    expect(await refusalOf(`${authorizationQuery()}&nonce=a&nonce=b`)).toMatchObject({
      error: 'invalid_request',
      request: { state: 'st-1' },
    });
    expect(await refusalOf(`${authorizationQuery()}&state=st-2`)).toMatchObject({
      error: 'invalid_request',
      request: { state: undefined },
    });
  });

  it('RFC 7636 §4.4.1: a confidential client without PKCE where the configuration enforces it', async () => {
    const pkce = { enforce: true, codeChallengeMethodsSupported: ['S256'] } as const;
    expect(await refusalOf(authorizationQuery(), { pkce })).toMatchObject({ error: 'invalid_request' });
    expect(await refusalOf(authorizationQuery())).toBeUndefined();
  });

  it('RFC 6749 §4.1.2.1: every description keeps to the charset and says nothing of what was sent', async () => {
    const all = await Promise.all([
      ...atTheClient.map(([, changes]) => refusalOf(authorizationQuery(changes))),
      refusalOf(`${authorizationQuery()}&nonce=a&nonce=b`),
    ]);
    const refusals = all.filter((refusal) => refusal instanceof ClientRefusal);
    expect(refusals).toHaveLength(atTheClient.length + 1);
    for (const { description } of refusals) {
      expect(sanitizeErrorDescription(description)).toBe(description);
      expect(description).toMatch(/^[A-Z].{8,120}\.$/);
      expect(description).not.toMatch(/codex|files\.|wary|web_message|signup/);
    }
  });
});

describe('accepted', () => {
  it.each([
    ['code', 'query', { code: true, token: false, idToken: false }],
    ['token', 'fragment', { code: false, token: true, idToken: false }],
    ['id_token', 'fragment', { code: false, token: false, idToken: true }],
    ['token id_token', 'fragment', { code: false, token: true, idToken: true }],
    ['id_token code', 'fragment', { code: true, token: false, idToken: true }],
    ['token code', 'fragment', { code: true, token: true, idToken: false }],
    ['token code id_token', 'fragment', { code: true, token: true, idToken: true }],
  ])('OAuth 2.0 Multiple Response Types §5: %s, in any order of its words, by %s', async (type, mode, expected) => {
    const request = await valid({ response_type: type, nonce: 'n' });
    expect([request.responseType, request.responseMode]).toEqual([expected, mode]);
    for (const response_mode of ['fragment', 'form_post']) {
      const asked = await valid({ response_type: type, nonce: 'n', response_mode });
      expect(asked.responseMode).toBe(response_mode);
    }
  });

  it.each(['code', 'code token', 'token'])('OIDC Core §3.3.2.11: %s needs no nonce', async (type) => {
    expect((await valid({ response_type: type })).nonce).toBeUndefined();
  });

  it('RFC 6749 §3.1.2.3: the only redirect URI is taken where an OAuth request leaves it out', async () => {
    const implied = await valid({ scope: 'files.read', redirect_uri: undefined });
    expect(implied).toMatchObject({ redirectUri: CALLBACK, isRedirectUriImplied: true });
    expect(await valid({ scope: 'files.read' })).toMatchObject({ isRedirectUriImplied: false });
  });

  it('RFC 6749 §3.3: a request about APIs alone needs no openid', async () => {
    expect((await valid({ scope: 'files.read offline_access' })).scopes).toEqual(['files.read', 'offline_access']);
    expect((await valid({ scope: 'files.read', response_type: 'token' })).scopes).toEqual(['files.read']);
  });

  it('OIDC Core §11: offline_access is ignored where no code is issued', async () => {
    const asked = { scope: 'openid offline_access', nonce: 'n' };
    expect((await valid({ ...asked, response_type: 'id_token token' })).scopes).toEqual(['openid']);
    expect((await valid({ ...asked, response_type: 'code token' })).scopes).toEqual(['openid', 'offline_access']);
  });

  it('RFC 7636 §4: PKCE is about codes, and ignored where none is issued', async () => {
    const asked = { client_id: 'spa', response_type: 'token', code_challenge: 'x', code_challenge_method: 'x' };
    expect((await valid(asked)).pkce).toBeUndefined();
  });

  it('RFC 6749 §3.1, OIDC Core §3.1.2.1: parameters that are unknown or only hints never lead to an error', async () => {
    const request = await valid({
      display: 'wap',
      claims: '{"userinfo":{"name":{"essential":true}},"other":1}',
      claims_locales: 'fr',
      acr_values: '1 2',
      login_hint: 'nobody@example.com',
      ui_locales: 'xx-bogus',
      max_age: '0',
      extra: 'foobar',
    });
    expect(request).toMatchObject({
      loginHint: 'nobody@example.com',
      claims: { userinfo: { name: { essential: true } } },
      acrValues: ['1', '2'],
      maxAgeSeconds: 0,
    });
    for (const display of ['page', 'popup', 'touch', 'hologram']) await valid({ display });
  });

  it('RFC 8707 §2: resource may be there more than once', async () => {
    const query = `${authorizationQuery({ scope: 'openid files.read' })}&resource=https://files/&resource=https://b/`;
    expect((await validate(query)).resources).toEqual(['https://files/', 'https://b/']);
  });

  it('RFC 6749 §3.3: scopes are there once each, in the order asked; extra spaces do not matter', async () => {
    const asked = ' email  openid email audience:server:client_id:trusting audience:server:client_id:app ';
    expect((await valid({ scope: asked })).scopes).toEqual([
      'email',
      'openid',
      'audience:server:client_id:trusting',
      'audience:server:client_id:app',
    ]);
  });

  it('keeps state, nonce, challenge and redirect URI as they came', async () => {
    const state = '%20 "ü<>&+/='.repeat(20);
    const sent = { state, nonce: state, client_id: 'spa', code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    expect(await valid(sent)).toMatchObject({
      state,
      nonce: state,
      redirectUri: CALLBACK,
      pkce: { challenge: CHALLENGE, method: 'S256' },
    });
  });

  it('RFC 7636 §4.3: plain where it is switched on for all or for this client, also as the default method', async () => {
    const policy = { enforce: true, codeChallengeMethodsSupported: ['S256', 'plain'] } as const;
    const pkce = { challenge: CHALLENGE, method: 'plain' };
    expect(await valid({ code_challenge: CHALLENGE }, { pkce: policy })).toMatchObject({ pkce });
    expect(await valid({ client_id: 'plain', code_challenge: CHALLENGE })).toMatchObject({ pkce });
  });

  it.each([
    [{ prompt: 'consent' }, true],
    [{ approval_prompt: 'force' }, true],
    [{ prompt: 'login  select_account' }, false],
    [{ approval_prompt: 'auto' }, false],
    [{}, false],
  ])('OIDC Core §3.1.2.4: %j asks for approval again: %s', async (changes, forcesApproval) => {
    expect((await valid(changes)).forcesApproval).toBe(forcesApproval);
  });

  it('OIDC Core §3.1.2.1: prompt none is for whoever knows the session to answer', async () => {
    expect((await valid({ prompt: 'none' })).prompts).toEqual(['none']);
  });

  it.each([
    [{ client_id: 'fresh' }, 600],
    [{ client_id: 'fresh', max_age: '60' }, 60],
    [{ client_id: 'fresh', max_age: '6000' }, 600],
    [{ max_age: '6000' }, 6000],
    [{}, undefined],
  ])('OIDC Core §3.1.2.1, RFC 7591 §2: %j allows a sign-in of %s seconds ago', async (changes, maxAgeSeconds) => {
    const request = await valid(changes);
    expect(request.maxAgeSeconds).toBe(maxAgeSeconds);
    expect(request.needsFreshSignIn).toBe(maxAgeSeconds !== undefined);
  });

  it('OIDC Dynamic Registration §2: default_acr_values where the request names none', async () => {
    expect((await valid({ client_id: 'fresh' })).acrValues).toEqual(['gold']);
    expect((await valid({ client_id: 'fresh', acr_values: 'tenant:acme' })).acrValues).toEqual(['gold']);
    expect((await valid({ client_id: 'fresh', acr_values: 'silver' })).acrValues).toEqual(['silver']);
  });

  it('OIDC Core §5.5.1: of several subs that claims asks for, each would do, and nobody else', async () => {
    const request = await valid({ claims: '{"id_token":{"sub":{"values":["s-1","s-2"]}}}' });
    expect(request.idTokenHint).toEqual({ subject: 's-1', alternatives: ['s-2'] });
    const only = await valid({ claims: '{"id_token":{"sub":{"values":["s-2"]}}}' });
    expect(only.idTokenHint).toEqual({ subject: 's-2' });
  });

  it('OIDC Core §5.5.1: a sub that claims asks for by value says who has to sign in', async () => {
    const claims = '{"id_token":{"sub":{"value":"s-1"},"acr":{"essential":true,"values":["gold"]}}}';
    const request = await valid({ claims });
    expect(request.idTokenHint).toEqual({ subject: 's-1' });
    expect(request.claims?.idToken?.['acr']).toEqual({ essential: true, values: ['gold'] });
  });

  it('leaves out a login_hint that no account can have', async () => {
    expect((await valid({ login_hint: 'x'.repeat(257) })).loginHint).toBeUndefined();
  });
});
