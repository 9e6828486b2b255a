import { createParameters, signHmacJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createCheckContext, outcomeOf } from '../testing/check-context.ts';
import { createClient } from '../testing/harness.ts';
import { createTestSigner } from '../testing/id-tokens.ts';
import { namesSession } from './logout-hint.ts';
import { LogoutRefusal } from './logout-refusal.ts';
import { parseLogoutRequest } from './logout-request.ts';

const ISSUER = 'https://id.example.com/dex';
const BYE = 'https://app.example.com/bye?x=1';
const SECRET = 's'.repeat(64);
const signer = createTestSigner();
const foreign = createTestSigner();
const app = createClient('app', { postLogoutRedirectUris: [BYE, 'com.example.app:/bye'] });
const hmacApp = createClient('hmac', { hmacSecret: SECRET });
const off = createClient('off', { isEnabled: false, postLogoutRedirectUris: [BYE] });
const context = createCheckContext({ clients: [app, hmacApp, off, createClient('other')], keys: [signer.key] });

const CLAIMS = { iss: ISSUER, aud: 'app', sub: 's-1', exp: 1_700_000_000, iat: 1, sid: 'session-1' };

function parse(parameters: Readonly<Record<string, string>>) {
  return outcomeOf(parseLogoutRequest(createParameters(Object.entries(parameters)), context));
}

async function refusalOf(parameters: Readonly<Record<string, string>>): Promise<LogoutRefusal> {
  const outcome = await parse(parameters);
  if (outcome instanceof LogoutRefusal) return outcome;
  throw new Error('not refused');
}

describe('OIDC RP-Initiated Logout §2: a logout request', () => {
  it('names client and session by the hint, which may have expired, and where to go', async () => {
    const hint = { client: app, subject: 's-1', sessionId: 'session-1', expiresAt: new Date(1_700_000_000_000) };
    const id_token_hint = signer.token(CLAIMS);
    expect(await parse({ id_token_hint, ui_locales: 'zh-CN en' })).toEqual({ client: app, hint, locale: 'zh-CN' });
    expect(
      await parse({ id_token_hint, client_id: 'app', post_logout_redirect_uri: BYE, state: 'a b&ü' }),
    ).toMatchObject({ hint, target: { clientId: 'app', redirectUri: BYE, state: 'a b&ü' } });
  });

  it('may name its client without a hint, or nobody at all', async () => {
    const target = { clientId: 'app', redirectUri: 'com.example.app:/bye' };
    expect(await parse({ client_id: 'app', post_logout_redirect_uri: target.redirectUri })).toEqual({
      client: app,
      target,
    });
    expect(await parse({ state: 'x', logout_hint: 'jane' })).toEqual({});
    expect((await refusalOf({ client_id: 'nobody' })).problem).toBe('unknown-application');
    expect((await refusalOf({ client_id: 'off', post_logout_redirect_uri: BYE })).problem).toBe('unknown-application');
  });

  it('is issued to whom `azp` says, or to the one it is for', async () => {
    const forOthers = signer.token({ ...CLAIMS, aud: ['other', 'x'], azp: 'app' });
    expect(await parse({ id_token_hint: forOthers })).toMatchObject({ client: app });
    expect(await parse({ id_token_hint: forOthers, client_id: 'other' })).toMatchObject({ client: { id: 'other' } });
    expect(await parse({ id_token_hint: signer.token({ ...CLAIMS, aud: ['app'] }) })).toMatchObject({ client: app });
    await refusalOf({ id_token_hint: signer.token({ ...CLAIMS, aud: ['app', 'other'] }) });
  });

  it('OIDC Core §10.1: with a hint by the secret of a client that has one', async () => {
    const token = (secret: string, aud = 'hmac') =>
      signHmacJws({ ...CLAIMS, aud }, { alg: 'HS256', secret, typ: 'JWT' });
    expect(await parse({ id_token_hint: token(SECRET) })).toMatchObject({ client: hmacApp });
    await refusalOf({ id_token_hint: token('x'.repeat(64)) });
    await refusalOf({ id_token_hint: token(SECRET, 'app') });
  });

  const unsigned = signer.token(CLAIMS, { alg: 'none' });
  it.each([
    ['N57: of a foreign key', foreign.token(CLAIMS)],
    ['N57: of another issuer', signer.token({ ...CLAIMS, iss: 'https://evil.example' })],
    ['N57: with the algorithm none', unsigned],
    ['N57: without a signature', `${unsigned.split('.').slice(0, 2).join('.')}.`],
    ['of a client that is unknown', signer.token({ ...CLAIMS, aud: 'nobody' })],
    ['of a client that is disabled', signer.token({ ...CLAIMS, aud: 'off' })],
    ['N81: that is an access token', signer.token(CLAIMS, { typ: 'at+jwt' })],
    ['N81: that is a logout token', signer.token(CLAIMS, { typ: 'logout+jwt' })],
    ['that is no token', 'x'],
  ])('OIDC RP-Initiated Logout §4: a hint %s is refused, on a page', async (_, id_token_hint) => {
    const refusal = await refusalOf({ id_token_hint, post_logout_redirect_uri: BYE });
    expect(refusal).toMatchObject({ problem: 'bad-logout', detail: expect.stringContaining('id_token_hint') });
  });

  it('is refused where `client_id` is not the client of the hint, or a parameter is there twice', async () => {
    await refusalOf({ id_token_hint: signer.token(CLAIMS), client_id: 'other' });
    const twice = createParameters([
      ['state', 'a'],
      ['state', 'b'],
    ]);
    await expect(parseLogoutRequest(twice, context)).rejects.toThrow('more than once');
  });
});

describe('OIDC RP-Initiated Logout §3: the address to go back to', () => {
  it.each([
    'https://app.example.com/bye',
    `${BYE}&y=2`,
    `${BYE}/`,
    'https://APP.example.com/bye?x=1',
    '//evil.example',
  ])('is compared exactly, so not %s', async (post_logout_redirect_uri) => {
    for (const who of [{ id_token_hint: signer.token(CLAIMS) }, { client_id: 'app' }]) {
      const refusal = await refusalOf({ ...who, post_logout_redirect_uri });
      expect(refusal).toMatchObject({ problem: 'untrusted-return', client: app });
    }
  });

  it('needs somebody who registered it', async () => {
    expect((await refusalOf({ post_logout_redirect_uri: BYE })).problem).toBe('bad-logout');
  });
});

describe('N56: a hint', () => {
  const hint = { client: app, subject: 'pairwise jane', sessionId: 's-1', expiresAt: new Date(0) };
  const subjectAt = (_client: unknown, subject: string) => `pairwise ${subject}`;
  const { sessionId: _, ...withoutSession } = hint;

  it.each([
    [hint, { id: 's-1', subject: 'jane' }, true],
    [hint, { id: 's-2', subject: 'jane' }, false],
    [hint, { id: 's-1', subject: 'eve' }, false],
    [withoutSession, { id: 's-2', subject: 'jane' }, true],
    [withoutSession, { id: 's-2', subject: 'eve' }, false],
  ])('%j names the session %j: %s', (named, session, expected) => {
    expect(namesSession(named, session, subjectAt)).toBe(expected);
  });
});
