import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from './client-settings.ts';
import { isHmacSecretLongEnough, signHmacJws, verifyHmacJws } from './hmac-jws.ts';

const secret = 'a client secret of more than sixty-four bytes, enough for all three of them';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function verify(token: string, more: Partial<Parameters<typeof verifyHmacJws>[1]> = {}) {
  return verifyHmacJws(token, { algorithms: HMAC_ALGORITHMS, secret, typ: 'JWT', ...more });
}

function reasonOf(token: string, more: Partial<Parameters<typeof verifyHmacJws>[1]> = {}): string | undefined {
  const outcome = verify(token, more);
  return outcome.ok ? undefined : outcome.reason;
}

describe('verifyHmacJws', () => {
  const example =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9' +
    '.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ' +
    '.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const exampleKey = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url',
  );

  it('RFC 7515 Appendix A.1: verifies the example', () => {
    expect(verify(example, { secret: exampleKey })).toEqual({
      ok: true,
      payload: { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true },
      header: { alg: 'HS256', typ: 'JWT' },
    });
    expect(reasonOf(`${example.slice(0, -1)}g`, { secret: exampleKey })).toBe('bad-signature');
    expect(reasonOf(example, { secret: exampleKey.subarray(1) })).toBe('bad-signature');
  });

  it('N34: an algorithm that is not allowed is refused, none and asymmetric ones always', () => {
    const token = signHmacJws({ sub: 'x' }, { alg: 'HS256', secret, typ: 'JWT' });
    expect(reasonOf(token, { algorithms: ['HS512'] })).toBe('algorithm-not-allowed');
    const none = `${encode({ alg: 'none' })}.${encode({ sub: 'x' })}.AAAA`;
    expect(reasonOf(none)).toBe('algorithm-not-allowed');
    expect(reasonOf(none, { algorithms: ['none' as HmacAlgorithm] })).toBe('algorithm-not-allowed');
    const input = `${encode({ alg: 'ES256' })}.${encode({ sub: 'x' })}`;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    expect(reasonOf(signed, { algorithms: ['ES256' as HmacAlgorithm] })).toBe('algorithm-not-allowed');
  });

  it('RFC 7518 §3.2: a secret shorter than the hash verifies nothing', () => {
    for (const [alg, bytes] of [['HS256', 32] as const, ['HS384', 48] as const, ['HS512', 64] as const]) {
      const short = 's'.repeat(bytes - 1);
      const input = `${encode({ alg })}.${encode({ sub: 'x' })}`;
      const token = `${input}.${createHmac(`sha${bytes * 8}`, short)
        .update(input)
        .digest('base64url')}`;
      expect(reasonOf(token, { secret: short })).toBe('short-secret');
      expect(isHmacSecretLongEnough(alg, short)).toBe(false);
      expect(isHmacSecretLongEnough(alg, 's'.repeat(bytes))).toBe(true);
      expect(() => signHmacJws({}, { alg, secret: short, typ: 'JWT' })).toThrow(RangeError);
    }
  });

  it('N81: the type must be the expected one', () => {
    const token = signHmacJws({}, { alg: 'HS256', secret, typ: 'application/Client-Authentication+JWT' });
    expect(reasonOf(token)).toBe('wrong-type');
    expect(reasonOf(token, { typ: 'client-authentication+jwt' })).toBeUndefined();
    const untyped = `${encode({ alg: 'HS256' })}.${encode({})}`;
    const withMac = `${untyped}.${createHmac('sha256', secret).update(untyped).digest('base64url')}`;
    expect(reasonOf(withMac)).toBeUndefined();
    expect(reasonOf(withMac, { typ: 'client-authentication+jwt' })).toBe('wrong-type');
  });

  it('N78: a critical header is refused, and what is no JWS as well', () => {
    const input = `${encode({ alg: 'HS256', crit: ['b64'], b64: false })}.${encode({})}`;
    expect(reasonOf(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe(
      'critical-header',
    );
    expect(reasonOf('a.b')).toBe('malformed');
    expect(reasonOf('x'.repeat(16_385))).toBe('too-large');
  });

  it('N34: changing any one character of a token has it refused', () => {
    const token = signHmacJws({ sub: 'x' }, { alg: 'HS256', secret, typ: 'JWT' });
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.stringMatching(/^[A-Za-z0-9_.=+/ -]$/), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(reasonOf(changed) === undefined).toBe(changed === token);
      }),
    );
  });
});

describe('signHmacJws', () => {
  it.each(HMAC_ALGORITHMS)('RFC 7515 §5.1: what it makes with %s is verified, by the same secret only', (alg) => {
    const token = signHmacJws({ sub: 'Ädä' }, { alg, secret, typ: 'JWT', kid: 'k1' });
    expect(verify(token)).toEqual({ ok: true, payload: { sub: 'Ädä' }, header: { alg, kid: 'k1', typ: 'JWT' } });
    expect(reasonOf(token, { secret: `${secret}x` })).toBe('bad-signature');
    expect(verify(token, { secret: Buffer.from(secret) }).ok).toBe(true);
  });

  it('RFC 7515 §4.1.4: leaves kid out when there is none', () => {
    const [header = ''] = signHmacJws({}, { alg: 'HS256', secret, typ: 'JWT' }).split('.');
    expect(Buffer.from(header, 'base64url').toString()).toBe('{"alg":"HS256","typ":"JWT"}');
  });
});
