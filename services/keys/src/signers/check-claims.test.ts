import { createFakeClock } from '@tessera/clock';
import type { TokenToSign, TokenType } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { everyType, testIssuer } from '../testing/test-service.ts';
import { checkClaims } from './check-claims.ts';

const clock = createFakeClock();
const nowSeconds = clock.now().getTime() / 1000;
const rules = { issuer: testIssuer, maxLifetimeSeconds: 600 };
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

function tokenOf(type: TokenType, extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  const token = everyType(clock).find((one) => one.type === type);
  if (token === undefined) throw new Error('no such type');
  return { type, claims: { ...token.claims, ...extra } };
}

function verdict(token: TokenToSign): string {
  try {
    checkClaims(token, rules, nowSeconds);
    return 'signed';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

function refusals(type: TokenType, extras: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return extras.map((extra) => verdict(tokenOf(type, extra)));
}

const without = (...names: readonly string[]) => names.map((name) => ({ [name]: undefined }));
const withText = (...names: readonly string[]) => names.map((name) => ({ [name]: 'x' }));
const badAudiences = [{ aud: '' }, { aud: [] }, { aud: ['app', ''] }, { aud: 1 }, { aud: { app: true } }];

describe('claims', () => {
  it.each(everyType(clock))(
    'of type $type that are as they should be are signed, for one audience or several',
    (token) => {
      expect(verdict(token)).toBe('signed');
      expect(verdict({ ...token, claims: { ...token.claims, aud: ['app', 'api'] } })).toBe('signed');
    },
  );

  it.each<[title: string, type: TokenType, extras: readonly Readonly<Record<string, unknown>>[]]>([
    [
      'RFC 9068 §2.2 and §5: an access token has all its claims, and none that make it an ID token',
      'access_token',
      [...without('aud', 'iat', 'exp', 'sub', 'jti', 'client_id'), { client_id: '' }, ...withText('nonce', 'events')],
    ],
    [
      'OIDC Core §2 and RFC 9068 §5: an ID token has all its claims, and no client_id',
      'id_token',
      [...without('aud', 'iat', 'exp', 'sub'), { sub: '' }, { exp: '1' }, ...withText('client_id')],
    ],
    [
      'OIDC Back-Channel Logout §2.4, N72: a logout token has all its claims, and no nonce',
      'logout_token',
      [
        ...without('aud', 'iat', 'exp', 'jti', 'events'),
        ...withText('nonce', 'client_id'),
        { sub: undefined, sid: undefined },
      ],
    ],
    [
      'OIDC Core §5.3.2: a signed userinfo answer names issuer, audience and subject, and cannot pass for an ID token',
      'userinfo',
      [...without('aud', 'sub'), ...withText('nonce', 'client_id'), { exp: nowSeconds + 60 }],
    ],
    [
      'RFC 9701 §5: an introspection answer keeps everything about the token in token_introspection',
      'introspection',
      [
        ...without('aud', 'iat', 'token_introspection'),
        ...[{ token_introspection: [] }, { token_introspection: 'x' }, { token_introspection: null }],
        ...[{ sub: 's' }, { exp: nowSeconds + 60 }],
      ],
    ],
  ])('%s', (_title, type, extras) => {
    const all = [...extras, ...badAudiences];
    expect(refusals(type, all)).toEqual(all.map(() => 'keys.claims_refused'));
  });

  it('N81: no other token than a logout token has events, nor another than introspection its member', () => {
    for (const type of ['access_token', 'id_token', 'userinfo', 'introspection'] as const) {
      expect(verdict(tokenOf(type, { events: { [EVENT]: {} } }))).toBe('keys.claims_refused');
    }
    for (const type of ['access_token', 'id_token', 'userinfo', 'logout_token'] as const) {
      expect(verdict(tokenOf(type, { token_introspection: {} }))).toBe('keys.claims_refused');
    }
  });

  it('OIDC Back-Channel Logout §2.4: events has exactly the one event, an empty object', () => {
    const events = [{}, [], 'x', { [EVENT]: [] }, { [EVENT]: { a: 1 } }, { [EVENT]: {}, other: {} }, { other: {} }];
    expect(
      refusals(
        'logout_token',
        events.map((value) => ({ events: value })),
      ),
    ).toEqual(events.map(() => 'keys.claims_refused'));
  });

  it('OIDC Back-Channel Logout §2.4: a subject or a session is enough, and each is a text', () => {
    expect(refusals('logout_token', without('sub', 'sid'))).toEqual(['signed', 'signed']);
    const refused = refusals('logout_token', [{ sub: 1 }, { sid: '' }]);
    expect(refused).toEqual(['keys.claims_refused', 'keys.claims_refused']);
  });

  it.each(['access_token', 'id_token', 'logout_token'] as const)('%s ends before its key is gone', (type) => {
    const lifetimes = [600, 601, Number.POSITIVE_INFINITY].map((seconds) => ({ exp: nowSeconds + seconds }));
    expect(refusals(type, lifetimes)).toEqual(['signed', 'keys.lifetime_too_long', 'keys.claims_refused']);
  });
});
