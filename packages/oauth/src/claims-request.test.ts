import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CLAIMS_REQUEST_BYTES, parseClaimsRequest } from './claims-request.ts';

describe('parseClaimsRequest', () => {
  it('OIDC Core §5.5: reads what is asked of userinfo and of the ID token', () => {
    const text = JSON.stringify({
      userinfo: { given_name: { essential: true }, nickname: null, 'https://claims.example/x': {} },
      id_token: { acr: { essential: true, values: ['gold', 'silver'] }, sub: { value: 's-1' }, auth_time: null },
    });
    expect(parseClaimsRequest(text)).toEqual({
      ok: true,
      claims: {
        userinfo: { given_name: { essential: true }, nickname: {}, 'https://claims.example/x': {} },
        idToken: { acr: { essential: true, values: ['gold', 'silver'] }, sub: { value: 's-1' }, auth_time: {} },
      },
    });
  });

  it('OIDC Core §5.5 and §5.5.1: members that are not known are ignored', () => {
    const text = '{"verified_claims":[1],"userinfo":{"name":{"purpose":"x","essential":false}}}';
    expect(parseClaimsRequest(text)).toEqual({ ok: true, claims: { userinfo: { name: { essential: false } } } });
    expect(parseClaimsRequest('{}')).toEqual({ ok: true, claims: {} });
  });

  it.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '"userinfo"',
    '{"userinfo":null}',
    '{"userinfo":[]}',
    '{"id_token":"sub"}',
    '{"userinfo":{"name":true}}',
    '{"userinfo":{"name":[]}}',
    '{"userinfo":{"name":{"essential":"yes"}}}',
    '{"id_token":{"acr":{"values":"gold"}}}',
  ])('OIDC Core §5.5: %s is malformed', (text) => {
    expect(parseClaimsRequest(text)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('N91: is bounded in bytes', () => {
    const padded = (bytes: number) => `{"x":"${'é'.repeat((bytes - 8) / 2)}"}`;
    expect(parseClaimsRequest(padded(MAX_CLAIMS_REQUEST_BYTES)).ok).toBe(true);
    expect(parseClaimsRequest(padded(MAX_CLAIMS_REQUEST_BYTES + 2))).toEqual({ ok: false, reason: 'too-long' });
  });

  it('N91: names of built-in properties are claims like any other', () => {
    const outcome = parseClaimsRequest(
      '{"__proto__":{"x":1},"userinfo":{"__proto__":{"essential":true},"constructor":null}}',
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(Object.keys(outcome.claims.userinfo ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(outcome.claims.userinfo)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(outcome.claims))).toEqual(outcome.claims);
  });

  it('never throws, and gives a document that is the same after it was kept, whatever the text', () => {
    const claim = fc.record(
      { essential: fc.boolean(), value: fc.jsonValue(), values: fc.array(fc.jsonValue()) },
      { requiredKeys: [] },
    );
    const target = fc.dictionary(fc.string(), fc.option(claim));
    const request = fc.record({ userinfo: target, id_token: target }, { requiredKeys: [] });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          request.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const outcome = parseClaimsRequest(text);
          if (!outcome.ok) return;
          expect(
            parseClaimsRequest(JSON.stringify({ userinfo: outcome.claims.userinfo, id_token: outcome.claims.idToken })),
          ).toEqual(outcome);
        },
      ),
    );
  });
});
