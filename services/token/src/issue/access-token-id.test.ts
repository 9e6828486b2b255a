import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  createAccessTokenId,
  createGrantlessTokenId,
  grantIdOfAccessToken,
  isGrantlessTokenId,
} from './access-token-id.ts';

it('RFC 9068 §2.2: the grant of every jti can be read again, and no two jti are the same', () => {
  fc.assert(
    fc.property(fc.uuid(), (grantId) => {
      const [one, two] = [createAccessTokenId(grantId), createAccessTokenId(grantId)];
      expect(one).not.toBe(two);
      expect([grantIdOfAccessToken(one), grantIdOfAccessToken(two)]).toEqual([grantId, grantId]);
    }),
  );
});

it('text of any other shape names no grant', () => {
  const id = createAccessTokenId('0b9f1c1e-6f0e-4d3a-8f43-6f2a1f8f7a11');
  for (const text of ['', id.slice(1), `${id}A`, `${id.slice(0, -1)}=`, `${id.slice(0, -1)}/`, `${id}\n`]) {
    expect(grantIdOfAccessToken(text)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^[\w-]{32}$/.test(text));
      expect(grantIdOfAccessToken(text)).toBeUndefined();
    }),
  );
});

it('RFC 6749 §4.4: the jti of a token without a grant is told apart from every other by its shape', () => {
  const id = createGrantlessTokenId();
  expect([isGrantlessTokenId(id), grantIdOfAccessToken(id)]).toEqual([true, undefined]);
  expect(createGrantlessTokenId()).not.toBe(id);
  fc.assert(
    fc.property(fc.uuid(), (grantId) => {
      expect(isGrantlessTokenId(createAccessTokenId(grantId))).toBe(false);
    }),
  );
});
