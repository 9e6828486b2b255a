import { createParameters, sanitizeErrorDescription } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationParameters,
  authorizationQuery,
  CALLBACK,
  CHALLENGE,
  createClient,
} from '../testing/harness.ts';
import { MAX_REQUEST_CHARACTERS } from './checks/length.ts';
import type { PkcePolicy } from './checks/pkce.ts';
import { validateAuthorizationRequest } from './pipeline.ts';
import { ClientRefusal, PageRefusal } from './refusal.ts';
import type { ValidRequest } from './request.ts';

const clients = new Map(
  [
    createClient('app'),
    createClient('spa', { isPublic: true }),
    createClient('off', { isEnabled: false }),
    createClient('trusting', { trustedPeers: ['app'] }),
    createClient('trusting-but-off', { trustedPeers: ['app'], isEnabled: false }),
    createClient('wary'),
  ].map((client) => [client.id as string, client]),
);
const strict: PkcePolicy = { enforce: false, codeChallengeMethodsSupported: ['S256'] };

function validate(query: string, pkce: PkcePolicy = strict): ValidRequest {
  const parameters = createParameters(new URLSearchParams(query));
  return validateAuthorizationRequest(parameters, { clients: { ...directory, find: (id) => clients.get(id) }, pkce });
}

const directory = { ready: async () => undefined, close: () => undefined };

function refusalOf(query: string, pkce?: PkcePolicy): unknown {
  try {
    validate(query, pkce);
  } catch (refusal) {
    return refusal;
  }
  return undefined;
}

describe('told on a page of ours', () => {
  it.each<[string, string, string]>([
    ['no client_id', authorizationQuery({ client_id: undefined }), 'bad-request'],
    ['client_id twice', `${authorizationQuery()}&client_id=app`, 'bad-request'],
    ['an unknown client', authorizationQuery({ client_id: 'nobody' }), 'unknown-application'],
    ['a disabled client', authorizationQuery({ client_id: 'off' }), 'unknown-application'],
    ['no redirect_uri', authorizationQuery({ redirect_uri: undefined }), 'untrusted-return'],
    ['redirect_uri twice', `${authorizationQuery()}&redirect_uri=${encodeURIComponent(CALLBACK)}`, 'untrusted-return'],
    [
      'N1: a longer host',
      authorizationQuery({ redirect_uri: 'https://app.example.com.evil.com/cb?tenant=7' }),
      'untrusted-return',
    ],
    [
      'N2: a dot segment',
      authorizationQuery({ redirect_uri: 'https://app.example.com/x/../cb?tenant=7' }),
      'untrusted-return',
    ],
    [
      'N3: a path parameter',
      authorizationQuery({ redirect_uri: 'https://app.example.com/..;/cb?tenant=7' }),
      'untrusted-return',
    ],
    [
      'N5: user information',
      authorizationQuery({ redirect_uri: 'https://app.example.com@evil.com/cb?tenant=7' }),
      'untrusted-return',
    ],
    ['N6: a forged answer', authorizationQuery({ redirect_uri: `${CALLBACK}&code=x` }), 'untrusted-return'],
    ['N8: another case', authorizationQuery({ redirect_uri: CALLBACK.replace('/cb', '/CB') }), 'untrusted-return'],
    ['N9: a script', authorizationQuery({ redirect_uri: 'JavaScript:alert(1)' }), 'untrusted-return'],
    ['another query', authorizationQuery({ redirect_uri: `${CALLBACK}&x=1` }), 'untrusted-return'],
    ['a fragment', authorizationQuery({ redirect_uri: `${CALLBACK}#x` }), 'untrusted-return'],
  ])('RFC 6749 §4.1.2.1, N14: %s', (_, query, problem) => {
    const refusal = refusalOf(query);
    expect(refusal).toBeInstanceOf(PageRefusal);
    expect(refusal).toMatchObject({ problem });
  });
});

const atTheClient: readonly (readonly [string, AuthorizationParameters, error: string])[] = [
  ['no response_type', { response_type: undefined }, 'invalid_request'],
  ['an unknown response_type', { response_type: 'codex' }, 'invalid_request'],
  ['response_type token', { response_type: 'token' }, 'unsupported_response_type'],
  ['response_type id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
  ['response_type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
  ['response_mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['response_mode form_post', { response_mode: 'form_post' }, 'invalid_request'],
  ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
  ['a long request object', { request: 'e'.repeat(8_000) }, 'request_not_supported'],
  ['a request_uri', { request_uri: 'https://app.example.com/r' }, 'request_uri_not_supported'],
  ['a registration', { registration: '{}' }, 'registration_not_supported'],
  ['no scope', { scope: undefined }, 'invalid_scope'],
  ['a scope without openid', { scope: 'email' }, 'invalid_scope'],
  ['an unrecognised scope', { scope: 'openid files.read' }, 'invalid_scope'],
  ['a peer that does not trust', { scope: 'openid audience:server:client_id:wary' }, 'invalid_scope'],
  ['an unknown peer', { scope: 'openid audience:server:client_id:nobody' }, 'invalid_scope'],
  ['a disabled peer', { scope: 'openid audience:server:client_id:trusting-but-off' }, 'invalid_scope'],
  ['a public client without PKCE', { client_id: 'spa' }, 'invalid_request'],
  ['a method without a challenge', { code_challenge_method: 'S256' }, 'invalid_request'],
  ['a challenge without a method, which means plain', { code_challenge: CHALLENGE }, 'invalid_request'],
  ['the method plain', { code_challenge: CHALLENGE, code_challenge_method: 'plain' }, 'invalid_request'],
  ['the method s256', { code_challenge: CHALLENGE, code_challenge_method: 's256' }, 'invalid_request'],
  ['a short challenge', { code_challenge: 'x'.repeat(42), code_challenge_method: 'S256' }, 'invalid_request'],
  ['an unknown prompt', { prompt: 'login create' }, 'invalid_request'],
  ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
  ['prompt none', { prompt: 'none' }, 'login_required'],
  ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
  ['a max_age in words', { max_age: '1h' }, 'invalid_request'],
  ['a request that no address holds', { nonce: 'n'.repeat(MAX_REQUEST_CHARACTERS) }, 'invalid_request'],
];

describe('told to the client', () => {
  it.each(atTheClient)('RFC 6749 §4.1.2.1, RFC 7636 §4.4.1, OIDC Core §3.1.2.6: %s', (_, changes, error) => {
    const refusal = refusalOf(authorizationQuery(changes));
    expect(refusal).toBeInstanceOf(ClientRefusal);
    expect(refusal).toMatchObject({ error, request: { redirectUri: CALLBACK, state: 'st-1' } });
  });

  it('RFC 6749 §3.1: a parameter that is there twice, with no state when it is the state', () => {
    expect(refusalOf(`${authorizationQuery()}&nonce=a&nonce=b`)).toMatchObject({
      error: 'invalid_request',
      request: { state: 'st-1' },
    });
    expect(refusalOf(`${authorizationQuery()}&state=st-2`)).toMatchObject({
      error: 'invalid_request',
      request: { state: undefined },
    });
  });

  it('RFC 7636 §4.4.1: a confidential client without PKCE where the configuration enforces it', () => {
    expect(refusalOf(authorizationQuery(), { ...strict, enforce: true })).toMatchObject({ error: 'invalid_request' });
    expect(refusalOf(authorizationQuery())).toBeUndefined();
  });

  it('RFC 6749 §4.1.2.1: every description keeps to the charset and says nothing of what was sent', () => {
    const refusals = [
      ...atTheClient.map(([, changes]) => refusalOf(authorizationQuery(changes))),
      refusalOf(`${authorizationQuery()}&nonce=a&nonce=b`),
    ].filter((refusal) => refusal instanceof ClientRefusal);
    expect(refusals).toHaveLength(atTheClient.length + 1);
    for (const { description } of refusals) {
      expect(sanitizeErrorDescription(description)).toBe(description);
      expect(description).toMatch(/^[A-Z].{8,120}\.$/);
      expect(description).not.toMatch(/codex|files\.read|wary|e30/);
    }
  });
});

describe('accepted', () => {
  it('RFC 6749 §3.1, OIDC Core §3.1.2.1: parameters that are unknown or only hints never lead to an error', () => {
    const valid = validate(
      authorizationQuery({
        display: 'popup',
        claims: '{"userinfo":{"name":{"essential":true}}}',
        claims_locales: 'fr',
        acr_values: '1 2',
        id_token_hint: 'not.a.token',
        login_hint: 'nobody@example.com',
        ui_locales: 'xx-bogus',
        max_age: '0',
        extra: 'foobar',
      }),
    );
    expect(valid.loginHint).toBe('nobody@example.com');
  });

  it('RFC 8707 §2: resource may be there more than once', () => {
    expect(validate(`${authorizationQuery()}&resource=https://a/&resource=https://b/`).client.id).toBe('app');
  });

  it('RFC 6749 §3.3: scopes are there once each, in the order asked; extra spaces do not matter', () => {
    const scope = ' email  openid email audience:server:client_id:trusting audience:server:client_id:app ';
    expect(validate(authorizationQuery({ scope })).scopes).toEqual([
      'email',
      'openid',
      'audience:server:client_id:trusting',
      'audience:server:client_id:app',
    ]);
  });

  it('keeps state, nonce, challenge and redirect URI as they came', () => {
    const state = '%20 "ü<>&+/='.repeat(20);
    const sent = { state, nonce: state, client_id: 'spa', code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    expect(validate(authorizationQuery(sent))).toMatchObject({
      state,
      nonce: state,
      redirectUri: CALLBACK,
      pkce: { challenge: CHALLENGE, method: 'S256' },
    });
  });

  it('RFC 7636 §4.3: plain where it is switched on, also as the default method', () => {
    const policy: PkcePolicy = { enforce: true, codeChallengeMethodsSupported: ['S256', 'plain'] };
    const pkce = { challenge: CHALLENGE, method: 'plain' };
    expect(validate(authorizationQuery({ code_challenge: CHALLENGE }), policy)).toMatchObject({ pkce });
  });

  it.each([
    [{ prompt: 'consent' }, true],
    [{ approval_prompt: 'force' }, true],
    [{ prompt: 'login  select_account' }, false],
    [{ approval_prompt: 'auto' }, false],
    [{}, false],
  ])('OIDC Core §3.1.2.4: %j asks for approval again: %s', (changes, forcesApproval) => {
    expect(validate(authorizationQuery(changes)).forcesApproval).toBe(forcesApproval);
  });

  it('leaves out a login_hint that no account can have', () => {
    expect(validate(authorizationQuery({ login_hint: 'x'.repeat(257) })).loginHint).toBeUndefined();
  });
});
