import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../testing/authorization-requests.ts';
import { authorizationQuery, CALLBACK } from '../../testing/harness.ts';
import { PageRefusal } from '../refusal.ts';

describe('told on a page of ours', () => {
  it.each<[string, string, string]>([
    ['no client_id', authorizationQuery({ client_id: undefined }), 'bad-request'],
    ['client_id twice', `${authorizationQuery()}&client_id=app`, 'bad-request'],
    ['an unknown client', authorizationQuery({ client_id: 'nobody' }), 'unknown-application'],
    ['a disabled client', authorizationQuery({ client_id: 'off' }), 'unknown-application'],
    ['no redirect_uri in an OpenID request', authorizationQuery({ redirect_uri: undefined }), 'untrusted-return'],
    [
      'no redirect_uri where there are two',
      authorizationQuery({ client_id: 'two', scope: 'files.read', redirect_uri: undefined }),
      'untrusted-return',
    ],
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
    [
      'N13: a script, to be posted to',
      authorizationQuery({ redirect_uri: 'javascript:alert(1)', response_mode: 'form_post' }),
      'untrusted-return',
    ],
    ['another query', authorizationQuery({ redirect_uri: `${CALLBACK}&x=1` }), 'untrusted-return'],
    ['a fragment', authorizationQuery({ redirect_uri: `${CALLBACK}#x` }), 'untrusted-return'],
  ])('RFC 6749 §4.1.2.1, N14: %s', async (_, query, problem) => {
    const refusal = await refusalOf(query);
    expect(refusal).toBeInstanceOf(PageRefusal);
    expect(refusal).toMatchObject({ problem });
  });
});
