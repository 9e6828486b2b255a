import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_JWS_LENGTH, parseCompactJws, type VerificationKey, verifyCompactJws } from './jws.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-algorithm.ts';

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const rsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pairs: Readonly<Record<string, Pair>> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
};

function pairOf(alg: SigningAlgorithm): Pair {
  return pairs[alg] ?? rsa;
}

function keyOf(alg: SigningAlgorithm, kid = 'k1'): VerificationKey {
  return { kid, alg, key: pairOf(alg).publicKey };
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function signBytes(alg: SigningAlgorithm, data: Buffer): Buffer {
  const key = pairOf(alg).privateKey;
  if (alg === 'EdDSA') {
    return sign(null, data, key);
  }
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('PS')) {
    return sign(hash, data, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    });
  }
  return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
}

function makeJws(alg: SigningAlgorithm, header: object = {}, payload: unknown = { sub: 'x' }): string {
  const input = `${encode({ alg, kid: 'k1', ...header })}.${encode(payload)}`;
  return `${input}.${signBytes(alg, Buffer.from(input)).toString('base64url')}`;
}

function reasonOf(token: string, keys: readonly VerificationKey[] = [keyOf('ES256')], typ = 'JWT'): string | undefined {
  const outcome = verifyCompactJws(token, { keys, algorithms: SIGNING_ALGORITHMS, typ });
  return outcome.ok ? undefined : outcome.reason;
}

describe('verifyCompactJws', () => {
  it.each(SIGNING_ALGORITHMS)('RFC 7515 §5.2: verifies %s, and refuses a changed payload', (alg) => {
    const token = makeJws(alg, {}, { sub: 'ada', n: 1 });
    const options = { keys: [keyOf(alg)], algorithms: [alg], typ: 'JWT' };
    expect(verifyCompactJws(token, options)).toEqual({
      ok: true,
      payload: { sub: 'ada', n: 1 },
      header: { alg, kid: 'k1' },
    });
    const [header, , signature] = token.split('.');
    const forged = `${header}.${encode({ sub: 'eve', n: 1 })}.${signature}`;
    expect(verifyCompactJws(forged, options)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  it('N34: none is refused, with and without a signature', () => {
    const input = `${encode({ alg: 'none', kid: 'k1' })}.${encode({ sub: 'x' })}`;
    expect(reasonOf(`${input}.`)).toBe('malformed');
    expect(reasonOf(`${input}.AAAA`)).toBe('algorithm-not-allowed');
    expect(reasonOf(makeJws('ES256', { alg: 'None' }))).toBe('algorithm-not-allowed');
  });

  it('N34: an HMAC under a public key is refused', () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const input = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode({ sub: 'x' })}`;
    const token = `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    expect(reasonOf(token, [keyOf('RS256')])).toBe('algorithm-not-allowed');
    const careless = { keys: [keyOf('RS256')], algorithms: ['HS256' as SigningAlgorithm], typ: 'JWT' };
    expect(verifyCompactJws(token, careless)).toEqual({ ok: false, reason: 'algorithm-not-allowed' });
  });

  it('RFC 7518 §3.4: a key of another curve verifies nothing, though it made the signature', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const input = makeJws('ES256').split('.').slice(0, 2).join('.');
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const key: VerificationKey = { kid: 'k1', alg: 'ES256', key: publicKey };
    expect(reasonOf(`${input}.${signature.toString('base64url')}`, [key])).toBe('bad-signature');
  });

  it('N34: a key verifies its own algorithm only', () => {
    expect(reasonOf(makeJws('PS256'), [keyOf('RS256')])).toBe('unknown-key');
    expect(reasonOf(makeJws('RS512'), [keyOf('RS256')])).toBe('unknown-key');
    const mislabelled: VerificationKey = { kid: 'k1', alg: 'RS256', key: pairOf('ES256').publicKey };
    expect(reasonOf(makeJws('RS256'), [mislabelled])).toBe('bad-signature');
    const secret: VerificationKey = { kid: 'k1', alg: 'ES256', key: pairOf('ES256').privateKey };
    expect(reasonOf(makeJws('ES256'), [secret])).toBe('bad-signature');
  });

  it('RFC 8725 §3.1: an algorithm the caller did not allow is refused', () => {
    const options = { keys: [keyOf('ES256')], algorithms: ['RS256' as const], typ: 'JWT' };
    expect(verifyCompactJws(makeJws('ES256'), options)).toEqual({ ok: false, reason: 'algorithm-not-allowed' });
  });

  it('N78: keys and addresses of keys brought by the sender are not used', () => {
    const jwk = pairOf('ES256').publicKey.export({ format: 'jwk' });
    const header = { kid: 'mine', jwk, jku: 'https://evil.example/keys', x5u: 'https://evil.example/x', x5c: ['AAAA'] };
    expect(reasonOf(makeJws('ES256', header))).toBe('unknown-key');
    const token = makeJws('ES256', { ...header, kid: 'k1' });
    const outcome = verifyCompactJws(token, { keys: [keyOf('ES256')], algorithms: ['ES256'], typ: 'JWT' });
    expect(outcome.ok && outcome.header).toEqual({ alg: 'ES256', kid: 'k1' });
  });

  it('N78: a critical header is refused, whatever it lists', () => {
    expect(reasonOf(makeJws('ES256', { crit: ['b64'], b64: false }))).toBe('critical-header');
    expect(reasonOf(makeJws('ES256', { crit: [] }))).toBe('critical-header');
  });

  it('N78: without a kid only a single fitting key is tried', () => {
    const token = makeJws('ES256', { kid: undefined });
    expect(reasonOf(token)).toBeUndefined();
    expect(reasonOf(token, [keyOf('ES256', 'a'), keyOf('ES384', 'b')])).toBeUndefined();
    expect(reasonOf(token, [keyOf('ES256', 'a'), keyOf('ES256', 'b')])).toBe('unknown-key');
  });

  it('N81: the type must be the expected one', () => {
    expect(reasonOf(makeJws('ES256', { typ: 'at+jwt' }), undefined, 'at+jwt')).toBeUndefined();
    expect(reasonOf(makeJws('ES256', { typ: 'application/AT+JWT' }), undefined, 'at+jwt')).toBeUndefined();
    expect(reasonOf(makeJws('ES256', { typ: 'JWT' }))).toBeUndefined();
    expect(reasonOf(makeJws('ES256'), undefined, 'at+jwt')).toBe('wrong-type');
    expect(reasonOf(makeJws('ES256', { typ: 'at+jwt' }))).toBe('wrong-type');
    expect(reasonOf(makeJws('ES256', { typ: 'logout+jwt' }), undefined, 'at+jwt')).toBe('wrong-type');
  });

  it('RFC 7518 §3.4: a signature of ECDSA in ASN.1 is refused', () => {
    const input = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode({ sub: 'x' })}`;
    const der = sign('sha256', Buffer.from(input), pairOf('ES256').privateKey);
    expect(reasonOf(`${input}.${der.toString('base64url')}`)).toBe('bad-signature');
  });

  it('N34: changing any one character of a token has it refused', () => {
    const token = makeJws('ES256');
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.stringMatching(/^[A-Za-z0-9_.=+/ -]$/), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        expect(reasonOf(changed) === undefined).toBe(changed === token);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseCompactJws', () => {
  const header = encode({ alg: 'ES256' });
  const payload = encode({});

  it.each([
    ['no parts', ''],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${header}.${payload}.AAAA.AAAA`],
    ['an empty payload', `${header}..AAAA`],
    ['padding', `${header}.${payload}.AAA=`],
    ['stray bits', `${header}.${payload}.AAB`],
    ['another alphabet', `${header}.${payload}.++++`],
    ['white space', `${header}.${payload}.AAAA\n`],
    ['a header that is no JSON', `${encode('{')}.${payload}.AAAA`],
    ['a header that is a list', `${encode([])}.${payload}.AAAA`],
    ['a header without alg', `${encode({})}.${payload}.AAAA`],
    ['a kid that is no text', `${encode({ alg: 'ES256', kid: 1 })}.${payload}.AAAA`],
    ['a typ that is no text', `${encode({ alg: 'ES256', typ: null })}.${payload}.AAAA`],
    ['a payload that is null', `${header}.${encode('null')}.AAAA`],
    ['a payload that is a text', `${header}.${encode('"x"')}.AAAA`],
    ['a byte order mark', `${header}.${encode('\ufeff{}')}.AAAA`],
    ['a payload that is not UTF-8', `${header}.${Buffer.from('7b2261223a22ff227d', 'hex').toString('base64url')}.AAAA`],
  ])('RFC 7515 §7.1: refuses %s', (_title, token) => {
    expect(parseCompactJws(token)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('N91: a token has a greatest length', () => {
    const start = `${header}.${payload}.`;
    const longest = start + 'A'.repeat(Math.floor((MAX_JWS_LENGTH - start.length) / 4) * 4);
    expect(parseCompactJws(longest).ok).toBe(true);
    expect(parseCompactJws(start + 'A'.repeat(MAX_JWS_LENGTH))).toEqual({ ok: false, reason: 'too-large' });
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.json(), (noise, json) => {
        expect(parseCompactJws(noise).ok).toBe(false);
        expect(typeof parseCompactJws(`${encode(json)}.${encode(json)}.AAAA`).ok).toBe('boolean');
      }),
    );
  });
});
