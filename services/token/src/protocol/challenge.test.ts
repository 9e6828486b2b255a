import { expect, it } from 'vitest';
import { basicChallenge, bearerChallenge } from './challenge.ts';

it('RFC 9110 §5.6.4: quotes and backslashes in a challenge are escaped', () => {
  expect(basicChallenge('a"b\\c')).toBe('Basic realm="a\\"b\\\\c", charset="UTF-8"');
});

it('RFC 6750 §3: a challenge names realm, error and the scope that is needed', () => {
  expect(bearerChallenge('https://id')).toBe('Bearer realm="https://id"');
  const failure = { error: 'insufficient_scope', description: 'More.', scope: 'openid' } as const;
  expect(bearerChallenge('https://id', failure)).toBe(
    'Bearer realm="https://id", error="insufficient_scope", error_description="More.", scope="openid"',
  );
});
